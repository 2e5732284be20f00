"""What the order list may be narrowed to: from the words of an address to filters, and what there is to choose from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.domain.said import said
from agency.domain.scope import Scope
from agency.services.list_rows import OrderFilters
from agency.services.visibility import visible_sql
from agency.services.wording import KINDS

ANY = "any"
NEWEST, DEADLINE = "newest", "deadline"
SORTS = {NEWEST: said("Newest first"), DEADLINE: said("Deadline first")}
# Decisions that belong to one order; the others are about a shop or a supplier.
PROBLEMS = (
    "approval", "unmapped", "blocked", "buy_by_hand", "pack", "purchase_review", "cancelled_after_purchase",
    "cancel_request", "no_first_scan", "tracking_late", "tracking_blocked", "tracking_refused", "ship_warning",
    "tracking_changed", "address_changed", "unknown_code", "money_mismatch",
)  # fmt: skip


def order_filters(asked: Mapping[str, Any], zone: str, now: datetime) -> OrderFilters:
    """The filters of one read: days are the reader's, in `zone`; `now` is shop time."""
    since, until = asked.get("since"), asked.get("until")
    names = ("stage", "shop", "q", "client", "supplier", "region", "problem", "sort")
    return OrderFilters(
        **{name: str(asked.get(name) or "").strip() for name in names},
        placed_since=_start(since, zone) if since else None,
        placed_before=_start(until + timedelta(days=1), zone) if until else None,
        late_at=now if asked.get("late") else None,
    )


def _start(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone or "UTC"))


@dataclass(frozen=True)
class Choice:
    """One thing to choose: its word in the address, and what people call it."""

    value: str
    label: str


@dataclass(frozen=True)
class OrderChoices:
    """What a reader may narrow the list to."""

    shops: tuple[Choice, ...]
    clients: tuple[Choice, ...]
    suppliers: tuple[Choice, ...]
    regions: tuple[Choice, ...]
    problems: tuple[Choice, ...]


def list_choices(scope: Scope, session: Session) -> OrderChoices:
    """The names to choose from, in one statement; an agency has hundreds at most, so there are no pages."""
    rows = session.execute(
        text(
            f"""
            select 'shop' as what, public_id::text as value, name as label from shops
            where {visible_sql(scope, "client_id")}
            union all select 'client', public_id::text, name from clients where {visible_sql(scope, "id")}
            union all select 'supplier', p.public_id::text, p.name || ' (' || c.name || ')' from suppliers p
              join clients c on c.id = p.client_id where {visible_sql(scope, "p.client_id")}
            union all select distinct 'region', region, region from shops where {visible_sql(scope, "client_id")}
            order by 1, 3
            """  # noqa: S608 - conditions made of our own integers
        )
    ).all()
    found = {
        what: tuple(Choice(row.value, row.label) for row in rows if row.what == what)
        for what in ("shop", "client", "supplier", "region")
    }
    problems = (Choice(ANY, said("Any open decision")), *(Choice(kind, KINDS[kind][0]) for kind in PROBLEMS))
    return OrderChoices(found["shop"], found["client"], found["supplier"], found["region"], problems)
