"""The list of orders: newest or nearest deadline first, by cursor, in one statement."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.domain.errors import Invalid
from agency.domain.money import Money
from agency.domain.orders import Stage
from agency.domain.said import said
from agency.domain.scope import Scope
from agency.services.list_rows import OrderFilters, OrderRow
from agency.services.order_filters import DEADLINE
from agency.services.order_search import OPEN, conditions
from agency.services.paging import PAGE_SIZE, Page, decode_cursor, encode_cursor
from agency.services.wording import deadline_label, kind_text, stage_text

COLUMNS = """
    o.id, o.tiktok_order_id, o.title, o.unit_count, o.status, o.stage, o.collected_at, o.placed_at, o.due_at,
    o.due_kind, o.due_source, o.currency, o.total_minor, o.profit_minor, s.public_id as shop_public_id,
    s.name as shop_name, s.region, s.time_zone, c.name as client_name,
    (select a.kind from attentions a where a.order_id = o.id and a.resolved_at is null
      order by a.loss_minor desc, a.id limit 1) as decision
"""
_FROM = "from orders o join shops s on s.id = o.shop_id join clients c on c.id = o.client_id"
# The two orders of the list. By deadline, orders whose clock has stopped follow all others, the newest first.
_TICKING = f"({OPEN} and o.due_at is not null)"


def list_orders(
    scope: Scope, session: Session, filters: OrderFilters, cursor: str = "", size: int = PAGE_SIZE
) -> Page[OrderRow]:
    """A page of `size`. Raises Invalid for an unknown stage or a cursor of another list."""
    if filters.stage and filters.stage not in Stage.ALL:
        raise Invalid("stage", said("Choose one of {choices}.", choices=", ".join(Stage.ALL)))
    key = _key(filters, cursor)
    rows = _rows(scope, session, filters, key, size + 1)
    last = rows[size - 1] if len(rows) > size else None
    return Page(
        rows=tuple(order_row(row) for row in rows[:size]),
        next_cursor=encode_cursor(*_key_of(filters, last)) if last else "",
    )


def count_stages(scope: Scope, session: Session, filters: OrderFilters) -> Mapping[str, int]:
    """How many orders each stage has under the other filters."""
    condition, values = conditions(scope, filters, but="stage")
    query = text(f"select o.stage, count(*) as n from orders o where {condition} group by o.stage")  # noqa: S608
    found = {row.stage: int(row.n) for row in session.execute(query, values)}
    return {stage: found.get(stage, 0) for stage in Stage.ALL}


def find_beside(
    scope: Scope, session: Session, filters: OrderFilters, place: Mapping[Any, Any]
) -> tuple[str, str]:
    """The numbers before and after an order in such a list, empty at its ends.

    `place` has the order's id, placed_at, due_at and stage.
    """
    key = _key_of(filters, place)
    after = _rows(scope, session, filters, key, 1)
    before = _rows(scope, session, filters, key, 1, back=True)
    return (
        before[0]["tiktok_order_id"] if before else "",
        after[0]["tiktok_order_id"] if after else "",
    )


def _key(filters: OrderFilters, cursor: str) -> tuple[Any, ...]:
    if not cursor:
        return ()
    kinds = (int, datetime, int) if filters.sort == DEADLINE else (datetime, int)
    return decode_cursor(cursor, kinds)


def _key_of(filters: OrderFilters, row: Mapping[Any, Any]) -> tuple[Any, ...]:
    if filters.sort != DEADLINE:
        return row["placed_at"], row["id"]
    ticking = row["stage"] in Stage.OPEN and row["due_at"] is not None
    return (1, row["due_at"], row["id"]) if ticking else (0, row["placed_at"], row["id"])


def _rows(
    scope: Scope,
    session: Session,
    filters: OrderFilters,
    key: tuple[Any, ...],
    limit: int,
    back: bool = False,
) -> list[Mapping[Any, Any]]:
    """Up to `limit` rows behind the key, or before it when going back (then the nearest comes first)."""
    if filters.sort != DEADLINE:
        return _part(scope, session, filters, ("true", "o.placed_at", not back), key, limit)
    parts = [(_TICKING, "o.due_at", back), (f"not {_TICKING}", "o.placed_at", not back)]
    if back:
        parts.reverse()
    if key and key[0] == int(back):  # the key lies in the second of the two parts
        return _part(scope, session, filters, parts[1], key[1:], limit)
    rows = _part(scope, session, filters, parts[0], key[1:], limit)
    return rows + (
        _part(scope, session, filters, parts[1], (), limit - len(rows)) if len(rows) < limit else []
    )


def _part(
    scope: Scope,
    session: Session,
    filters: OrderFilters,
    part: tuple[str, str, bool],
    key: tuple[Any, ...],
    limit: int,
) -> list[Mapping[Any, Any]]:
    """Rows of one part of the list: its own condition, the column it is sorted by, and whether downwards."""
    own, column, down = part
    condition, values = conditions(scope, filters)
    goes_on = f"and ({column}, o.id) {'<' if down else '>'} (:at, :id)" if key else ""
    if key:
        values["at"], values["id"] = key
    way = "desc" if down else "asc"
    query = text(
        f"select {COLUMNS} {_FROM} where {condition} and {own} {goes_on} "
        f"order by {column} {way}, o.id {way} limit {int(limit)}"
    )
    return list(session.execute(query, values).mappings())


def order_row(row: Mapping[Any, Any]) -> OrderRow:
    """One row of a statement with `COLUMNS`."""
    status_text, tone = stage_text(row["stage"], row["status"], row["collected_at"] is not None)
    if row["decision"]:
        status_text, tone = kind_text(row["decision"])
    return OrderRow(
        number=row["tiktok_order_id"],
        title=row["title"],
        quantity=row["unit_count"],
        shop_id=str(row["shop_public_id"]),
        shop_name=row["shop_name"],
        client_name=row["client_name"],
        region=row["region"],
        shop_time_zone=row["time_zone"],
        tiktok_status=row["status"],
        stage=row["stage"],
        status_text=status_text,
        tone=tone,
        placed_at=row["placed_at"],
        due_at=row["due_at"],
        due_kind=row["due_kind"],
        due_label=deadline_label(row["due_kind"]),
        due_source=row["due_source"],
        value=Money(row["total_minor"], row["currency"]),
        profit=None if row["profit_minor"] is None else Money(row["profit_minor"], row["currency"]),
        problem=row["decision"] or "",
    )
