"""The verdict sees each way in which our rows can differ from a supplier's books."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.chaos.verdict import OurPurchase, compare

OURS = OurPurchase("R1", "577", "paid", "SO-1", 1200, {"place": "confirmed"}, has_reason=False)
THEIRS: dict[str, Any] = {
    "reference": "R1",
    "supplier_order_id": "SO-1",
    "total_minor": 1200,
    "paid_count": 1,
    "cancelled": False,
}


def test_equal_rows_are_no_news() -> None:
    assert compare({"supplier_orders": [THEIRS]}, [OURS]) == []
    assert compare({"supplier_orders": []}, [replace(OURS, state="ready", supplier_order_id="")]) == []


@pytest.mark.parametrize(
    ("theirs", "ours", "word"),
    [
        ([THEIRS, {**THEIRS, "supplier_order_id": "SO-2"}], [OURS], "holds 2 orders"),
        ([], [OURS], "holds nothing"),
        ([], [replace(OURS, state="cancelled")], "the supplier has none"),
        ([{**THEIRS, "supplier_order_id": "SO-2"}], [OURS], "our number 'SO-1', theirs 'SO-2'"),
        ([{**THEIRS, "paid_count": 2}], [OURS], "paid 2 times"),
        ([{**THEIRS, "total_minor": 1201}], [OURS], "we paid 1200, they took 1201"),
        ([{**THEIRS, "cancelled": True}], [OURS], "theirs is cancelled"),
        ([THEIRS], [replace(OURS, state="cancelled")], "theirs lives and is paid"),
        ([THEIRS], [replace(OURS, effects={"place": "unknown"})], "the effect of placing is unknown"),
        ([THEIRS], [], "in the books and not in ours"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_difference_is_told(theirs: list[dict[str, Any]], ours: list[OurPurchase], word: str) -> None:
    told = compare({"supplier_orders": theirs}, ours)
    assert any(word in sentence for sentence in told), told


def test_a_purchase_that_a_person_judges_may_stand_in_any_relation() -> None:
    assert compare({"supplier_orders": [THEIRS]}, [replace(OURS, state="review", supplier_order_id="")]) == []


def test_a_forgotten_purchase_is_in_order_only_where_a_person_was_told() -> None:
    books = {"supplier_orders": [THEIRS, {**THEIRS, "reference": "R2"}]}
    assert compare(books, [], ["R1"]) == [
        "R2 is in the books and not in ours (1 live, 0 cancelled, paid 1 times)"
    ]
