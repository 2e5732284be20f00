"""The shop owner's own pages, on the portal login: it sees one client, cannot write, and has no grant on suppliers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.domain.errors import Invalid, NotFound
from agency.domain.money import Money
from agency.domain.said import said
from agency.domain.scope import Scope
from agency.services.client_rows import ClientLineRow, ClientOrder, ClientOrderRow, ClientParcelRow
from agency.services.client_words import client_order_row, client_steps
from agency.services.order_search import OPEN
from agency.services.paging import PAGE_SIZE, Page, decode_cursor, encode_cursor

COLUMNS = f"""
    o.id, o.tiktok_order_id, o.title, o.unit_count, o.placed_at, o.stage, o.total_minor, o.currency,
    s.name as shop_name, ({OPEN} and o.due_at < :now) is true as late
"""
STATES = {
    "open": said("On their way"),
    "late": said("Late"),
    "delivered": said("Delivered"),
    "paid": said("Paid"),
    "cancelled": said("Cancelled"),
}
_STATE_SQL = {
    "open": OPEN,
    "late": f"{OPEN} and o.due_at < :now",
    "delivered": "o.stage = 'delivered'",
    "paid": "o.stage = 'settled'",
    "cancelled": "o.stage = 'cancelled'",
}
# Exact matches only: a pattern search cannot use an index under row-level security.
_MATCHES = """
    o.id in (select x.id from orders x where x.tiktok_order_id = :q
      union select p.order_id from parcels p where p.tracking_number = :number
        and p.state in ('pushed', 'in_transit', 'delivered'))
"""
_SUPPLIER = "g.kind in ('supplier_goods', 'supplier_refund')"
_ORDER = text(
    f"""
    select {COLUMNS}, o.rts_at, o.delivered_at, o.settled_at, o.estimate_minor,
      (select coalesce(json_agg(x), '[]') from (
        select l.product_name, l.sku_name, l.sale_price_minor, count(*) as n from order_lines l where l.order_id = o.id
        group by l.product_name, l.sku_name, l.sale_price_minor order by min(l.id)) x) as lines,
      (select coalesce(json_agg(x), '[]') from (
        select p.carrier_text, p.tracking_number, p.pushed_at, p.first_scan_at, p.delivered_at from parcels p
        where p.order_id = o.id and p.state in ('pushed', 'in_transit', 'delivered') order by p.id) x) as parcels,
      (select sum(g.amount_minor)::bigint from ledger_entries g where g.order_id = o.id and not {_SUPPLIER}) as paid,
      (select json_agg(json_build_array(x.currency, x.total)) from (
        select g.currency, sum(g.amount_minor)::bigint as total from ledger_entries g
        where g.order_id = o.id and {_SUPPLIER} group by g.currency) x) as goods
    from orders o join shops s on s.id = o.shop_id where o.tiktok_order_id = :number order by o.id desc limit 1
    """  # noqa: S608 - made of constants
)


@dataclass(frozen=True)
class OwnFilters:
    """What the list is narrowed to: an order's or parcel's number, and a word of `STATES`."""

    q: str = ""
    state: str = ""


def list_client_orders(
    scope: Scope, session: Session, now: datetime, cursor: str = "", filters: OwnFilters | None = None
) -> Page[ClientOrderRow]:
    """A page of 50 orders, newest first. Raises Invalid for an unknown state or a cursor of another list."""
    asked = filters or OwnFilters()
    typed = asked.q.strip()[:100]
    values: dict[str, Any] = {"now": now, "q": typed, "number": typed.upper().replace(" ", "")}
    conditions = ["true"]
    if asked.state:
        if asked.state not in _STATE_SQL:
            raise Invalid("state", "Choose one of the states of the list.")
        conditions.append(_STATE_SQL[asked.state])
    if typed:
        conditions.append(_MATCHES)
    if cursor:
        values["at"], values["id"] = decode_cursor(cursor, (datetime, int))
        conditions.append("(o.placed_at, o.id) < (:at, :id)")
    query = text(
        f"select {COLUMNS} from orders o join shops s on s.id = o.shop_id "  # noqa: S608 - constants
        f"where {' and '.join(conditions)} order by o.placed_at desc, o.id desc limit {PAGE_SIZE + 1}"
    )
    rows = list(session.execute(query, values).mappings())
    last = rows[PAGE_SIZE - 1] if len(rows) > PAGE_SIZE else None
    return Page(
        rows=tuple(client_order_row(row) for row in rows[:PAGE_SIZE]),
        next_cursor=encode_cursor(last["placed_at"], last["id"]) if last else "",
    )


def get_client_order(scope: Scope, session: Session, number: str, now: datetime) -> ClientOrder:
    """One order without supplier, cost or buyer. Raises NotFound alike for unknown and foreign numbers."""
    row = session.execute(_ORDER, {"number": number, "now": now}).mappings().one_or_none()
    if row is None:
        raise NotFound("Order")
    currency, certain = row["currency"], row["settled_at"] is not None
    payout = row["paid"] if certain else row["estimate_minor"]
    goods, profit = _shared(row, payout)
    return ClientOrder(
        order=client_order_row(row),
        lines=tuple(
            ClientLineRow(x["product_name"], x["sku_name"], x["n"], Money(x["sale_price_minor"], currency))
            for x in row["lines"]
        ),
        steps=client_steps(row),
        parcels=tuple(
            ClientParcelRow(
                carrier=x["carrier_text"],
                tracking_number=x["tracking_number"],
                shipped_at=_moment(x["pushed_at"]),
                first_scan_at=_moment(x["first_scan_at"]),
                delivered_at=_moment(x["delivered_at"]),
            )
            for x in row["parcels"]
        ),
        payout=None if payout is None else Money(payout, currency),
        payout_certain=certain,
        goods=goods,
        profit=profit,
    )


def _shared(row: Mapping[Any, Any], payout: int | None) -> tuple[Money | None, Money | None]:
    """What goods cost and what is left; the login sees these rows only where the contract shares them."""
    found = list(row["goods"] or ())
    if len(found) != 1:
        return None, None
    currency, total = found[0]
    same = currency == row["currency"] and payout is not None
    return Money(total, currency), Money((payout or 0) + total, currency) if same else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
