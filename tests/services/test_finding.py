"""Finding anything: by the beginning of a word or by a whole number, and never outside of what one may see."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from agency.domain.scope import Scope
from agency.services.finding import find
from tests.desk import Desk, open_desk
from tests.desk_rows import add_item, add_order

OURS, KITES, THEIRS = "577600000000000001", "577600000000000002", "577600000000000003"


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with open_desk() as opened:
        with opened.session() as session:
            add_order(session, opened.ours, number=OURS)
            add_order(session, opened.ours, client="Kite", number=KITES)
            add_item(session, opened.ours, name="Brightway 100% Pots")
            add_item(session, opened.ours, client="Kite", name="Kiln & Co")
        with opened.session(opened.theirs.scope()) as session:
            add_order(session, opened.theirs, number=THEIRS)
            add_item(session, opened.theirs, name="Brightway Rival")
        yield opened


def _found(desk: Desk, typed: str, scope: Scope | None = None) -> list[tuple[str, str]]:
    scope = scope or desk.ours.scope()
    with desk.session(scope) as session:
        return [(found.kind, found.name) for found in find(scope, session, typed)]


def test_a_word_is_found_by_its_beginning_whatever_the_case(desk: Desk) -> None:
    assert _found(desk, "lUm") == [("shop", "Luma Shop"), ("client", "Luma")]
    assert _found(desk, "pots") == [("supplier", "Brightway 100% Pots")]
    assert _found(desk, "uma") == []


def test_a_sign_of_patterns_means_itself(desk: Desk) -> None:
    assert _found(desk, "100%") == [("supplier", "Brightway 100% Pots")]
    assert _found(desk, "%%") == []
    assert _found(desk, "L_ma") == []


def test_an_order_is_found_by_its_whole_number_only(desk: Desk) -> None:
    assert _found(desk, OURS) == [("order", "Pour-over set")]
    assert _found(desk, OURS[:-1]) == []


@pytest.mark.parametrize("typed", ["", "l"])
def test_one_letter_finds_nothing(desk: Desk, typed: str) -> None:
    assert _found(desk, typed) == []


def test_what_others_have_is_not_there(desk: Desk) -> None:
    assert _found(desk, THEIRS) == []
    assert _found(desk, "Rival") == []
    narrowed = desk.ours.scope(role="operator", client_ids=frozenset({desk.ours.clients["Luma"]}))
    for typed in ("Kite", "Kiln", KITES):
        assert _found(desk, typed)
        assert _found(desk, typed, narrowed) == []
    nobody = desk.ours.scope(role="operator", client_ids=frozenset())
    assert _found(desk, "Luma", nobody) == []
