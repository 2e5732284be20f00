"""The shop owner's first page, on the portal login: it sees one client, cannot write, and has no grant on suppliers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.errors import NotFound
from agency.domain.money import Money
from agency.domain.said import said
from agency.domain.scope import Scope
from agency.services.client_figures import (
    dispatch_target,
    four_numbers,
    health_rows,
    main_currency,
    read_days,
    read_figures,
)
from agency.services.client_proof import read_proof
from agency.services.client_requests import list_open_requests
from agency.services.client_rows import ClientNumber, ClientOverview, OwnShop, Payout
from agency.services.client_view import COLUMNS
from agency.services.client_words import client_order_row, overview_sentence, shop_needs
from agency.services.order_search import OPEN
from agency.services.totals import UNREAD_AFTER
from agency.services.zones import zone_named

DAYS = 28
_HEAD = text(
    f"""
    select c.name, c.time_zone, c.currency, c.share_costs,
      (select count(*) from orders o where {OPEN}) as open,
      (select count(*) from orders o where {OPEN} and o.due_at < :now) as late,
      (select json_agg(json_build_array(x.currency, x.n, x.total)) from (
        select o.currency, count(*) as n, sum(o.estimate_minor)::bigint as total from orders o
        where o.settled_at is null and o.estimate_minor is not null and o.stage in ('shipped', 'delivered')
        group by o.currency order by o.currency) x) as payouts,
      (select json_build_array(t.settlement_minor, t.currency, t.at) from statements t
        order by t.at desc, t.id desc limit 1) as last_payout
    from clients c
    """  # noqa: S608 - made of constants
)
_SHOPS = text(
    "select s.name, s.region, s.last_read_at, s.paused_at, s.access_lost, s.access_ends_at from shops s "
    "order by s.name, s.id"
)
_ON_THEIR_WAY = text(
    f"""
    select {COLUMNS} from orders o join shops s on s.id = o.shop_id
    where o.stage in ('to_buy', 'blocked', 'bought', 'shipped') order by o.placed_at desc, o.id desc limit 7
    """  # noqa: S608 - made of constants
)


def get_overview(scope: Scope, session: Session, now: datetime) -> ClientOverview:
    """The first page over the last 28 days; `now` is shop time. Raises NotFound outside a client's scope."""
    row = session.execute(_HEAD, {"now": now}).mappings().one_or_none() if scope.login == "portal" else None
    if row is None:
        raise NotFound("Client")
    zone, since = zone_named(row["time_zone"]), now - timedelta(days=DAYS)
    found = session.execute(_SHOPS).mappings().all()
    shops = tuple(_shop(shop) for shop in found)
    regions = {shop["region"] for shop in found}
    region = regions.pop() if len(regions) == 1 else ""
    figures = read_figures(session, since, now, now)
    before = read_figures(session, since - timedelta(days=DAYS), since, now)
    needs, requests = shop_needs(shops, machine_now()), list_open_requests(session)
    unread = sum(1 for shop in shops if shop.unread)
    headline, sentence, tone = overview_sentence(row["open"], row["late"], unread, len(needs) + len(requests))
    health, health_word, health_tone = health_rows(figures, region, now.date())
    last = row["last_payout"]
    return ClientOverview(
        client_name=row["name"],
        time_zone=row["time_zone"],
        headline=headline,
        sentence=sentence,
        tone=tone,
        numbers=four_numbers(figures, before, _fourth(row), dispatch_target(region, now.date())),
        on_their_way=tuple(
            client_order_row(order) for order in session.execute(_ON_THEIR_WAY, {"now": now}).mappings()
        ),
        payouts=tuple(
            Payout(Money(total, currency), orders) for currency, orders, total in row["payouts"] or ()
        ),
        last_payout=Money(last[0], last[1]) if last else None,
        last_payout_at=datetime.fromisoformat(last[2]) if last else None,
        days=DAYS,
        read_at=min((shop.read_at for shop in shops if shop.read_at and not shop.paused), default=None),
        sales=read_days(session, since, now, zone, main_currency(figures, row["currency"])),
        proof=read_proof(session, day_begins(now, zone), now),
        health=health,
        health_word=health_word,
        health_tone=health_tone,
        shops=shops,
        needs=needs,
        requests=requests,
    )


def count_unread_shops(session: Session) -> int:
    """How many of the client's shops nobody could read lately or completely: an empty list says nothing then."""
    query = text(
        "select count(*) from shops where paused_at is null "
        "and (last_read_at is null or last_read_at < :limit or read_failed_at is not null)"
    )
    return int(session.scalar(query, {"limit": machine_now() - UNREAD_AFTER}) or 0)


def day_begins(now: datetime, zone: ZoneInfo) -> datetime:
    """The first moment of the day in that zone."""
    return now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)


def _fourth(row: Mapping[Any, Any]) -> ClientNumber | None:
    """What is under way, unless the contract shares what is left after costs: then that is the fourth number."""
    if row["share_costs"]:
        return None
    note = said("{number} late", number=row["late"]) if row["late"] else said("none late")
    return ClientNumber(said("On their way"), row["open"], (), None, note)


def _shop(row: Mapping[Any, Any]) -> OwnShop:
    read_at, paused = row["last_read_at"], row["paused_at"] is not None
    unread = not paused and (read_at is None or read_at < machine_now() - UNREAD_AFTER)
    return OwnShop(row["name"], read_at, unread, paused, row["access_lost"], row["access_ends_at"])
