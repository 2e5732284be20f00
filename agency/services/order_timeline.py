"""An order's timeline as a reader asks for it: one kind of doer, or notes only, page by page, the newest first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.domain.said import said
from agency.domain.scope import Scope
from agency.services.event_wording import event_by, event_detail, event_title
from agency.services.order_page_rows import EventRow

EVENTS_A_PAGE = 25
MOST_EVENTS = 200
DOERS = {
    "people": said("People"),
    "machine": said("Machine"),
    "marketplace": said("TikTok"),
    "supplier": said("Supplier"),
    "notes": said("Notes"),
}
_DONE_BY = {
    "people": "(e.actor like 'user:%' or e.actor like 'token:%')",
    "machine": "not (e.actor like 'user:%' or e.actor like 'token:%' or e.actor in ('marketplace', 'supplier'))",
    "marketplace": "e.actor = 'marketplace'",
    "supplier": "e.actor = 'supplier'",
    "notes": "e.kind = 'note'",
}


@dataclass(frozen=True)
class TimelineAsked:
    """`by` is a word of DOERS, empty = everything; `before` goes on below that event, 0 = from the newest.

    `until` leaves out what came after that moment (shop time).
    """

    by: str = ""
    before: int = 0
    size: int = MOST_EVENTS
    until: datetime | None = None


EVERYTHING = TimelineAsked()


def read_events(
    scope: Scope, session: Session, order_id: int, asked: TimelineAsked, names: Mapping[str, str]
) -> tuple[tuple[EventRow, ...], int]:
    """The events of a visible order, and where the next page begins (0 = there is none)."""
    done_by = f"and {_DONE_BY[asked.by]}" if asked.by in _DONE_BY else ""
    goes_on = "and e.seq < :before" if asked.before else ""
    by_then = "and e.at <= :until" if asked.until else ""
    query = text(
        "select e.seq, e.at, e.kind, e.actor, e.data from order_events e "  # noqa: S608 - made of constants
        f"where e.order_id = :id {done_by} {goes_on} {by_then} order by e.seq desc limit {int(asked.size) + 1}"
    )
    values = {"id": order_id, "before": asked.before, "until": asked.until}
    rows = session.execute(query, values).mappings().all()
    shown = tuple(_event(row, scope.actor, names) for row in rows[: asked.size])
    return shown, shown[-1].seq if len(rows) > asked.size else 0


def _event(row: Mapping[Any, Any], own_actor: str, names: Mapping[str, str]) -> EventRow:
    by, words = event_by(row["actor"], own_actor, names)
    title, detail = event_title(row["kind"]), event_detail(row["kind"], row["data"])
    return EventRow(row["seq"], row["at"], row["kind"], by, words, title, detail, row["data"])
