"""The shop owner's own pages, on the portal login: it sees one client, cannot write, and has no grant on suppliers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.errors import NotFound
from agency.domain.money import Money
from agency.domain.said import said
from agency.domain.scope import Scope
from agency.services.client_rows import (
    ClientLineRow,
    ClientNumber,
    ClientOrder,
    ClientOrderRow,
    ClientOverview,
    ClientParcelRow,
    Payout,
)
from agency.services.client_words import client_order_row, client_steps, overview_sentence
from agency.services.paging import PAGE_SIZE, Page, decode_cursor, encode_cursor
from agency.services.totals import UNREAD_AFTER

DAYS = 28
_OPEN = "o.stage in ('held', 'to_buy', 'blocked', 'bought', 'shipped')"
_COLUMNS = f"""
    o.id, o.tiktok_order_id, o.title, o.unit_count, o.placed_at, o.stage, o.total_minor, o.currency,
    s.name as shop_name, ({_OPEN} and o.due_at < :now) is true as late
"""
# No supplier's cost ever leaves through this door, whatever the ledger holds.
_NOT_OURS = "g.kind not in ('supplier_goods', 'supplier_refund')"
_OVERVIEW = text(
    f"""
    select c.name, c.time_zone,
      (select count(*) from orders o where {_OPEN}) as open,
      (select count(*) from orders o where {_OPEN} and o.due_at < :now) as late,
      (select count(*) from shops s where s.paused_at is null
        and (s.last_read_at is null or s.last_read_at < :unread_before)) as unread,
      (select min(s.last_read_at) from shops s where s.paused_at is null) as read_at,
      (select json_agg(json_build_array(x.currency, x.n, x.total)) from (
        select o.currency, count(*) as n, sum(o.total_minor)::bigint as total from orders o
        where o.placed_at >= :since and o.stage <> 'cancelled' group by o.currency order by o.currency) x) as sales,
      (select json_build_array(count(*) filter (where o.collected_at <= o.tts_sla_at), count(*)) from orders o
        where o.placed_at >= :since and o.tts_sla_at is not null and o.stage not in ('cancelled', 'excluded')
          and (o.collected_at is not null or o.tts_sla_at < :now)) as dispatched,
      (select json_agg(json_build_array(x.currency, x.n, x.total)) from (
        select o.currency, count(*) as n, sum(o.estimate_minor)::bigint as total from orders o
        where o.settled_at is null and o.estimate_minor is not null and o.stage in ('shipped', 'delivered')
        group by o.currency order by o.currency) x) as payouts,
      (select json_build_array(t.settlement_minor, t.currency, t.at) from statements t
        order by t.at desc, t.id desc limit 1) as last_payout
    from clients c
    """  # noqa: S608 - made of constants
)
_ON_THEIR_WAY = text(
    f"""
    select {_COLUMNS} from orders o join shops s on s.id = o.shop_id
    where o.stage in ('to_buy', 'blocked', 'bought', 'shipped') order by o.placed_at desc, o.id desc limit 7
    """  # noqa: S608 - made of constants
)
_ORDER = text(
    f"""
    select {_COLUMNS}, o.rts_at, o.delivered_at, o.settled_at, o.estimate_minor,
      (select coalesce(json_agg(x), '[]') from (
        select l.product_name, l.sku_name, l.sale_price_minor, count(*) as n from order_lines l where l.order_id = o.id
        group by l.product_name, l.sku_name, l.sale_price_minor order by min(l.id)) x) as lines,
      (select coalesce(json_agg(x), '[]') from (
        select p.carrier_text, p.tracking_number, p.pushed_at, p.first_scan_at, p.delivered_at from parcels p
        where p.order_id = o.id and p.state in ('pushed', 'in_transit', 'delivered') order by p.id) x) as parcels,
      (select sum(g.amount_minor)::bigint from ledger_entries g where g.order_id = o.id and {_NOT_OURS}) as paid
    from orders o join shops s on s.id = o.shop_id where o.tiktok_order_id = :number order by o.id desc limit 1
    """  # noqa: S608 - made of constants
)


def get_overview(scope: Scope, session: Session, now: datetime) -> ClientOverview:
    """The first page over the last 28 days; `now` is shop time. Raises NotFound outside a client's scope."""
    since = now - timedelta(days=DAYS)
    values = {"now": now, "since": since, "unread_before": machine_now() - UNREAD_AFTER}
    row = session.execute(_OVERVIEW, values).mappings().one_or_none() if scope.login == "portal" else None
    if row is None:
        raise NotFound("Client")
    headline, sentence, tone = overview_sentence(row["open"], row["late"], row["unread"])
    last = row["last_payout"]
    return ClientOverview(
        client_name=row["name"],
        time_zone=row["time_zone"],
        headline=headline,
        sentence=sentence,
        tone=tone,
        numbers=_numbers(row),
        on_their_way=tuple(
            client_order_row(order) for order in session.execute(_ON_THEIR_WAY, {"now": now}).mappings()
        ),
        payouts=tuple(
            Payout(Money(total, currency), orders) for currency, orders, total in row["payouts"] or ()
        ),
        last_payout=Money(last[0], last[1]) if last else None,
        last_payout_at=datetime.fromisoformat(last[2]) if last else None,
        days=DAYS,
        read_at=row["read_at"],
    )


def list_client_orders(
    scope: Scope, session: Session, now: datetime, cursor: str = ""
) -> Page[ClientOrderRow]:
    """A page of 50 orders, newest first. Raises Invalid for a cursor of another list."""
    values: dict[str, Any] = {"now": now}
    goes_on = ""
    if cursor:
        values["at"], values["id"] = decode_cursor(cursor, (datetime, int))
        goes_on = "where (o.placed_at, o.id) < (:at, :id)"
    query = text(
        f"select {_COLUMNS} from orders o join shops s on s.id = o.shop_id {goes_on} "  # noqa: S608 - constants
        f"order by o.placed_at desc, o.id desc limit {PAGE_SIZE + 1}"
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
    )


def _numbers(row: Mapping[Any, Any]) -> tuple[ClientNumber, ...]:
    sales = row["sales"] or ()
    on_time, asked = row["dispatched"]
    return (
        ClientNumber(
            said("Sales"),
            None,
            tuple(Money(total, currency) for currency, _n, total in sales),
            None,
            said("28 days"),
        ),
        ClientNumber(
            said("Orders"),
            sum(n for _currency, n, _total in sales),
            (),
            None,
            said("28 days, without cancelled ones"),
        ),
        ClientNumber(
            said("On their way"),
            row["open"],
            (),
            None,
            said("{count} late", count=row["late"]) if row["late"] else said("none late"),
        ),
        ClientNumber(
            said("Dispatched on time"),
            None,
            (),
            on_time * 1000 // asked if asked else None,
            said("carrier's first scan"),
        ),
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
