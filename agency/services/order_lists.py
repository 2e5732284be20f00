"""The list of orders: newest first, by cursor, in one statement."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from agency.domain.errors import Invalid
from agency.domain.money import Money
from agency.domain.orders import Stage
from agency.domain.said import said
from agency.domain.scope import Scope
from agency.services.list_rows import OrderFilters, OrderRow
from agency.services.paging import PAGE_SIZE, Page, decode_cursor, encode_cursor
from agency.services.visibility import visible_sql
from agency.services.wording import deadline_label, stage_text

COLUMNS = """
    o.id, o.tiktok_order_id, o.title, o.unit_count, o.status, o.stage, o.collected_at, o.placed_at, o.due_at,
    o.due_kind, o.due_source, o.currency, o.total_minor, o.profit_minor, s.public_id as shop_public_id,
    s.name as shop_name, s.region, s.time_zone, c.name as client_name
"""
_FROM = "from orders o join shops s on s.id = o.shop_id join clients c on c.id = o.client_id"

# Exact matches only: a pattern search cannot use an index under row-level security (tenancy facts, 1.9).
_MATCHES = """
    o.id in (
      select x.id from orders x where x.tiktok_order_id = :q
      union select p.order_id from parcels p where p.tracking_number = :number
      union select b.order_id from purchases b where b.supplier_order_id = :q or b.reference = :q
      union (select l.order_id from order_lines l where l.seller_sku = :q order by l.order_id desc limit 500)
    )
"""


def list_orders(
    scope: Scope, session: Session, filters: OrderFilters, cursor: str = "", size: int = PAGE_SIZE
) -> Page[OrderRow]:
    """A page of `size`, newest first. Raises Invalid for an unknown stage or a cursor of another list."""
    if filters.stage and filters.stage not in Stage.ALL:
        raise Invalid("stage", said("Choose one of {choices}.", choices=", ".join(Stage.ALL)))
    asked = filters.q.strip()[:100]
    values: dict[str, Any] = {"stage": filters.stage, "shop": filters.shop, "q": asked}
    values["number"] = asked.upper().replace(" ", "")
    if cursor:
        values["at"], values["id"] = decode_cursor(cursor, (datetime, int))
    rows = list(session.execute(_statement(scope, filters, asked, bool(cursor), size), values).mappings())
    last = rows[size - 1] if len(rows) > size else None
    return Page(
        rows=tuple(order_row(row) for row in rows[:size]),
        next_cursor=encode_cursor(last["placed_at"], last["id"]) if last else "",
    )


def _statement(scope: Scope, filters: OrderFilters, asked: str, goes_on: bool, size: int) -> TextClause:
    """Only the conditions that are asked for, so that each combination gets the plan that fits it."""
    conditions = [visible_sql(scope, "o.client_id")]
    if filters.stage:
        conditions.append("o.stage = :stage")
    if filters.shop:
        conditions.append("o.shop_id = (select id from shops where public_id::text = :shop)")
    if asked:
        conditions.append(_MATCHES)
    if goes_on:
        conditions.append("(o.placed_at, o.id) < (:at, :id)")
    return text(
        f"select {COLUMNS} {_FROM} where {' and '.join(conditions)} "
        f"order by o.placed_at desc, o.id desc limit {int(size) + 1}"
    )


def order_row(row: Mapping[Any, Any]) -> OrderRow:
    """One row of a statement with `COLUMNS`."""
    status_text, tone = stage_text(row["stage"], row["status"], row["collected_at"] is not None)
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
    )
