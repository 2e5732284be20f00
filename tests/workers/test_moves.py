"""The database refuses every move that the drawings do not have, whoever asks, and takes every one that they have."""

from __future__ import annotations

from itertools import permutations

import psycopg
import pytest

from agency.domain import effects, purchasing
from agency.domain.effects import EffectState
from agency.domain.purchasing import PurchaseState
from tests.desk import Desk
from tests.portal.scenes import add_purchase
from tests.workers.stand import Stand

EFFECTS = [(old, new, new in effects.MOVES[old]) for old, new in permutations(EffectState.ALL, 2)]
PURCHASES = [(old, new, new in purchasing.MOVES[old]) for old, new in permutations(PurchaseState.ALL, 2)]


def is_refused(desk: Desk, statement: str, **values: object) -> bool:
    """Whether the owner of the tables, whom no policy stops, is refused."""
    with desk.owner() as owner:
        try:
            owner.execute(statement, values)
        except psycopg.errors.CheckViolation:
            return True
    return False


@pytest.mark.parametrize(("old", "new", "drawn"), EFFECTS)
def test_an_effect_moves_along_the_arrows_only(stand: Stand, old: str, new: str, drawn: bool) -> None:
    stand.change(state=old, sent_at="2026-11-25T12:00:00Z")
    more = ", attempts = attempts + 1" if (old, new) == ("intended", "sending") else ""
    move = f"update effects set state = %(new)s{more} where id = %(id)s"
    assert is_refused(stand.desk, move, id=stand.effect_id, new=new) is not drawn
    assert stand.effect().state == (new if drawn else old)


@pytest.mark.parametrize(("old", "new", "drawn"), PURCHASES)
def test_a_purchase_moves_along_the_arrows_only(desk: Desk, old: str, new: str, drawn: bool) -> None:
    with desk.session() as session:
        purchase = add_purchase(session, desk, f"5774{PURCHASES.index((old, new, drawn)):014d}", old)
        row_id = purchase.id
    move = "update purchases set state = %(new)s where id = %(id)s"
    assert is_refused(desk, move, id=row_id, new=new) is not drawn


@pytest.mark.parametrize(
    "change",
    [
        "attempts = attempts + 1",
        "attempts = 0, state = 'confirmed'",
        "state = 'confirmed', key = 'another'",
        "state = 'confirmed', kind = 'pay'",
        "absent_count = absent_count + 2",
    ],
)
def test_what_an_effect_is_about_and_how_often_it_was_sent_cannot_be_rewritten(
    stand: Stand, change: str
) -> None:
    stand.change(state="unknown", attempts=2, sent_at="2026-11-25T12:00:00Z")
    assert is_refused(stand.desk, f"update effects set {change} where id = %(id)s", id=stand.effect_id)


def test_an_absence_is_noted_only_in_doubt(stand: Stand) -> None:
    stand.change(state="sending", attempts=1, sent_at="2026-11-25T12:00:00Z")
    move = "update effects set absent_count = absent_count + 1, state = 'unknown' where id = %(id)s"
    assert is_refused(stand.desk, move, id=stand.effect_id)


@pytest.mark.parametrize(
    "change", ["state = 'paid', supplier_order_id = 'S-2'", "reference = 'TS-OTHER'", "currency = 'GBP'"]
)
def test_what_a_purchase_is_about_never_changes(desk: Desk, change: str) -> None:
    with desk.session() as session:
        number = f"5775{abs(hash(change)) % 10**14:014d}"
        row_id = add_purchase(session, desk, number, "placed", supplier_order_id=f"S-{number}").id
    assert is_refused(desk, f"update purchases set {change} where id = %(id)s", id=row_id)


@pytest.mark.parametrize(
    "change",
    [
        "fence = fence - 1",
        "fence = fence + 2",
        "lease_until = now()",
        "turns = turns + 1",
        "fence = fence + 1, turns = turns + 2",
    ],
)
def test_a_lane_changes_hands_by_a_new_fence_only(desk: Desk, change: str) -> None:
    desk.rewrite("update lanes set fence = 5")
    assert is_refused(desk, f"update lanes set {change}")
