"""The fingerprint of what a reader sees: the same while nothing changes, another one as soon as anything does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.domain.scope import Scope
from agency.services.live import fingerprint
from agency.services.timeline import Happening, OrderRef, record_events
from tests.desk import NOW, Desk
from tests.desk_rows import add_attention, add_order


def _mark(desk: Desk, scope: Scope | None = None, now: Any = NOW) -> str:
    scope = scope or desk.ours.scope()
    with desk.session(scope) as session:
        return fingerprint(scope, session, now)


def _event(session: Session, order: Any, kind: str = "note") -> None:
    ref = OrderRef(order.id, order.shop_id, order.client_id)
    record_events(Scope("staff", order.agency_id, "user:1", "owner"), session,
                  [Happening(ref, kind, {}, NOW, "user:1")])  # fmt: skip


def _change_shop(session: Session, desk: Desk, column: str) -> None:
    session.execute(text(f"update shops set {column} where id = :id"), {"id": desk.ours.shops["Luma"]})


CHANGES: dict[str, Callable[[Session, Desk], object]] = {
    "a new decision": lambda session, desk: add_attention(session, desk.ours),
    "a decision's reason": lambda session, desk: session.execute(
        text("update attentions set why = 'Other.'")
    ),
    "a decision's next check": lambda session, desk: session.execute(
        text("update attentions set next_check_at = :at"), {"at": NOW}
    ),
    "who has a decision": lambda session, desk: session.execute(
        text("update attentions set owner = 'user:1'")
    ),
    "a decision that is closed": lambda session, desk: session.execute(
        text("update attentions set resolved_at = now()")
    ),
    "a shop that cannot be read": lambda session, desk: _change_shop(
        session, desk, "read_error = 'no answer'"
    ),
    "a paused shop": lambda session, desk: _change_shop(session, desk, "paused_at = now()"),
    "TikTok's count": lambda session, desk: _change_shop(session, desk, "count_tiktok = 7"),
    "buying stopped for a client": lambda session, desk: session.execute(
        text("update clients set buying_stopped_at = now()")
    ),
    "buying stopped everywhere": lambda session, desk: session.execute(
        text("update agencies set buying_stopped_at = now()")
    ),
    "a lane that fails": lambda session, desk: session.execute(
        text("update lanes set failures = 5, problem = 'x'")
    ),
}


@pytest.mark.parametrize("name", list(CHANGES))
def test_it_changes_with(desk: Desk, name: str) -> None:
    with desk.session() as session:
        add_attention(session, desk.ours)
    before = _mark(desk)
    assert _mark(desk) == before
    with desk.session() as session:
        CHANGES[name](session, desk)
    assert _mark(desk) != before


def test_what_happens_to_an_order_changes_it(desk: Desk) -> None:
    with desk.session() as session:
        order = add_order(session, desk.ours)
    before = _mark(desk)
    with desk.session() as session:
        _event(session, order)
    assert _mark(desk) != before


def test_a_late_commit_with_a_smaller_id_is_noticed(desk: Desk) -> None:
    with desk.session() as session:
        first, second = add_order(session, desk.ours), add_order(session, desk.ours)
    with desk.session() as slow:
        _event(slow, first)
        with desk.session() as quick:
            _event(quick, second)
        between = _mark(desk)
    assert _mark(desk) != between


def test_reading_a_shop_once_more_is_no_change_and_a_minute_is_one(desk: Desk) -> None:
    before = _mark(desk)
    with desk.session() as session:
        _change_shop(session, desk, "last_read_at = now()")
    assert _mark(desk) == before
    assert _mark(desk, now=NOW + timedelta(seconds=61)) != before


def test_another_agency_and_another_client_change_nothing(desk: Desk) -> None:
    narrowed = desk.ours.scope(role="operator", client_ids=frozenset({desk.ours.clients["Luma"]}))
    member = desk.ours.client_scope("Luma")
    before = [_mark(desk, scope) for scope in (narrowed, member)]
    ours = _mark(desk)
    with desk.session() as session:
        order = add_order(session, desk.ours, client="Kite")
        _event(session, order)
        add_attention(session, desk.ours, client="Kite")
    assert [_mark(desk, scope) for scope in (narrowed, member)] == before
    assert _mark(desk) != ours

    ours = _mark(desk)
    with desk.session(desk.theirs.scope()) as session:
        _event(session, add_order(session, desk.theirs))
        add_attention(session, desk.theirs)
    assert _mark(desk) == ours


def test_a_client_notices_each_step_of_an_order(desk: Desk) -> None:
    member = desk.ours.client_scope("Luma")
    with desk.session() as session:
        add_order(session, desk.ours)
    before = _mark(desk, member)
    with desk.session() as session:
        session.execute(text("update orders set stage = 'shipped', stage_at = :at"), {"at": NOW})
        session.execute(text("update orders set stage_at = stage_at + interval '1 minute'"))
    assert _mark(desk, member) != before
