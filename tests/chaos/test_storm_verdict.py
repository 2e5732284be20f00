"""The verdict of a storm can fail: each kind of harm, planted in books that were in order, is named."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from agency.demo.verdict import OurBook
from tests.chaos.storm import naive
from tests.chaos.storm.promises import Rows, judge_naive, look

Books = dict[str, Any]
Case = tuple[Books, OurBook, Rows]


def _order(number: str, **more: Any) -> dict[str, Any]:
    line = {"line_id": f"L{number}", "sku_id": "S", "status": "COMPLETED"}
    settled = {"statement_id": "ST", "amount_minor": 700, "currency": "USD"}
    package = {"tracking_number": f"T{number}", "correct": True}
    return {
        "status": "COMPLETED", "kind": "ordinary", "lines": [line], "packages": [package], "delivered_at": 1,
        "settled": settled, "late": False, **more,
    }  # fmt: skip


def _bought(number: str, account: str = "fake-rest-key-birch") -> dict[str, Any]:
    line = {"line_ref": f"L{number}", "quantity": 1, "sku": "S"}
    return {
        "account": account, "reference": f"R{number}", "status": "delivered", "lines": [line], "total_minor": 500,
        "paid_count": 1, "cancelled": False,
    }  # fmt: skip


@pytest.fixture
def case() -> Case:
    """Three orders that are settled, and one that a person has been asked about."""
    orders = {number: _order(number) for number in "123"} | {
        "4": _order("4", status="AWAITING_SHIPMENT", settled=None, packages=[], delivered_at=None)
    }
    books = {
        "orders": orders,
        "supplier_orders": [_bought(number) for number in "123"],
        "statements": [{"statement_id": "ST", "amount_minor": 2100, "order_ids": ["1", "2", "3"]}],
    }
    stages = dict.fromkeys("123", "settled") | {"4": "blocked"}
    ours = OurBook(stages, frozenset("4"), {"ST": 2100}, {f"R{n}": 500 for n in "123"}, frozenset(), 0)
    purchases: list[tuple[str, str, int | None, str]] = [(f"R{n}", "closed", 500, n) for n in "123"]
    return books, ours, Rows(purchases, {"4": "nobody has mapped it"}, {}, [], 0, {}, 0, 0, 0)


def broken(case: Case) -> set[str]:
    return {promise for promise, sentences in look(*case, 1.0).broken.items() if sentences}


def test_books_in_order_break_nothing(case: Case) -> None:
    assert broken(case) == set()


def _twice(books: Books, ours: OurBook, rows: Rows) -> Case:
    books["supplier_orders"].append(_bought("1"))
    return books, ours, rows


def _paid_twice(books: Books, ours: OurBook, rows: Rows) -> Case:
    books["supplier_orders"][0]["paid_count"] = 2
    return books, ours, rows


def _never(books: Books, ours: OurBook, rows: Rows) -> Case:
    del books["supplier_orders"][0]
    return books, ours, rows


def _wrong_number(books: Books, ours: OurBook, rows: Rows) -> Case:
    books["orders"]["1"]["packages"][0]["correct"] = False
    return books, ours, rows


def _a_cent(books: Books, ours: OurBook, rows: Rows) -> Case:
    return books, replace(ours, statements={"ST": 2099}), rows


def _dearer(books: Books, ours: OurBook, rows: Rows) -> Case:
    books["supplier_orders"][0]["total_minor"] = 501
    return books, ours, rows


def _unseen(books: Books, ours: OurBook, rows: Rows) -> Case:
    return books, replace(ours, stages={n: s for n, s in ours.stages.items() if n != "2"}), rows


def _no_reason(books: Books, ours: OurBook, rows: Rows) -> Case:
    return books, ours, replace(rows, reasons={"4": " "})


def _not_in_our_rows(books: Books, ours: OurBook, rows: Rows) -> Case:
    return books, ours, replace(rows, purchases=[("R1", "ready", None, "1"), *rows.purchases[1:]])


def _only_in_our_rows(books: Books, ours: OurBook, rows: Rows) -> Case:
    return books, ours, replace(rows, purchases=[*rows.purchases, ("R9", "paid", 500, "3")])


def _not_cancelled_here(books: Books, ours: OurBook, rows: Rows) -> Case:
    books["orders"]["1"]["status"] = "CANCELLED"
    return books, ours, rows


def _excluded(books: Books, ours: OurBook, rows: Rows) -> Case:
    return books, replace(ours, stages={**ours.stages, "1": "excluded"}), rows


def _in_doubt(books: Books, ours: OurBook, rows: Rows) -> Case:
    return books, replace(ours, doubts=1), rows


def _undone(books: Books, ours: OurBook, rows: Rows) -> Case:
    return books, ours, replace(rows, undone=[("pay", "4"), ("ship", "2")])


def _lane_waits(books: Books, ours: OurBook, rows: Rows) -> Case:
    return books, ours, replace(rows, lanes_behind=1)


@pytest.mark.parametrize(
    ("plant", "promise"),
    [
        (_twice, "bought once"),
        (_twice, "purchases as in the books"),
        (_paid_twice, "bought once"),
        (_never, "nothing forgotten"),
        (_never, "purchases as in the books"),
        (_wrong_number, "right tracking"),
        (_a_cent, "money to the cent"),
        (_dearer, "money to the cent"),
        (_unseen, "every order seen"),
        (_no_reason, "stages as at TikTok"),
        (_not_in_our_rows, "purchases as in the books"),
        (_only_in_our_rows, "purchases as in the books"),
        (_not_cancelled_here, "stages as at TikTok"),
        (_excluded, "stages as at TikTok"),
        (_in_doubt, "no open doubt"),
        (_lane_waits, "lanes on time"),
        (_undone, "no write left undone"),
    ],
)
def test_a_planted_harm_is_named(
    case: Case, plant: Callable[[Books, OurBook, Rows], Case], promise: str
) -> None:
    assert promise in broken(plant(copy.deepcopy(case[0]), case[1], case[2]))


def test_the_baseline_is_judged_by_itself_and_only_by_its_own_purchases(case: Case) -> None:
    books, ours, rows = case
    first, second, third = (naive.line_of(number) for number in (1, 2, 3))
    for line in (first, first, second):
        order = _bought("0", naive.KEY)
        order["lines"][0]["line_ref"] = line
        books["supplier_orders"].append(order)
    assert broken((books, ours, rows)) == set()
    figures = judge_naive(books, {first: "bought", second: "given up", third: "given up"})
    assert figures == {"lines": 3, "bought_twice": 1, "never_bought": 1, "bought_and_not_recorded": 1}
