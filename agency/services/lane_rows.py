"""The lanes of one shop or supplier in words: what is done there, when the next turn comes, and what was in the way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.said import said

_WORK = {
    "auth": said("Keeping the authorisation alive"),
    "orders": said("Reading orders"),
    "plan": said("Planning purchases"),
    "purchase": said("Buying"),
    "tracking": said("Reading tracking, stock and price"),
    "ship": said("Sending tracking to TikTok, reading scans"),
    "finance": said("Reading statements"),
    "sweep": said("Looking for orders that got stuck"),
}
_ORDER = tuple(_WORK)
_OF_SHOP = text(
    """
    select l.api, l.due_at, l.lease_until, l.last_turn_at, l.failures, l.problem
    from lanes l join shops s on s.id = :id where l.shop_id = s.id or l.authorization_id = s.authorization_id
    """
)
_OF_SUPPLIER = text(
    "select api, due_at, lease_until, last_turn_at, failures, problem from lanes where supplier_id = :id"
)


@dataclass(frozen=True)
class LaneRow:
    """One lane. `state` is working, waiting (next turn at `due_at`), due or asleep; all times are machine time."""

    api: str
    work: str
    state: str
    due_at: datetime | None
    last_turn_at: datetime | None
    failures: int
    problem: str


def list_shop_lanes(session: Session, shop_id: int) -> tuple[LaneRow, ...]:
    """The lanes of a shop (internal id) and of its authorisation, in the order in which an order travels."""
    return _rows(session, _OF_SHOP, shop_id)


def list_supplier_lanes(session: Session, supplier_id: int) -> tuple[LaneRow, ...]:
    """The lanes of a supplier (internal id); none for one without an API."""
    return _rows(session, _OF_SUPPLIER, supplier_id)


def _rows(session: Session, query: Any, subject_id: int) -> tuple[LaneRow, ...]:
    now = machine_now()
    found = [_row(row, now) for row in session.execute(query, {"id": subject_id})]
    return tuple(sorted(found, key=lambda row: _ORDER.index(row.api)))


def _row(row: Any, now: datetime) -> LaneRow:
    if row.lease_until is not None:
        state = "working"
    elif row.due_at is None:
        state = "asleep"
    else:
        state = "due" if row.due_at <= now else "waiting"
    return LaneRow(
        row.api, _WORK[row.api], state, row.due_at, row.last_turn_at, row.failures, row.problem or ""
    )
