"""Shops with freshness, counts and authorisation, clients with their limits, and where buying is stopped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.errors import NotFound
from agency.domain.money import Money
from agency.domain.orders import Stage
from agency.domain.said import said
from agency.domain.scope import Scope
from agency.services.list_rows import ClientRow, ShopList, ShopRow
from agency.services.public_ids import as_public_id
from agency.services.totals import missing_orders, unread_reason
from agency.services.visibility import visible_sql

_SHOPS = """
    select s.public_id, s.tiktok_shop_id, s.name, s.code, s.region, s.currency, s.time_zone, s.last_read_at,
      s.last_order_at, s.read_error, s.count_tiktok, s.count_ours, s.counted_at, s.paused_at, s.buying_stopped_at,
      s.buying_stopped_by, c.public_id as client_public_id, c.name as client_name, a.state as authorization_state,
      a.access_expires_at, a.refresh_expires_at, a.seller_name, a.problem, c.left_at as client_left_at,
      coalesce(n.open_orders, 0) as open_orders, coalesce(n.late_orders, 0) as late_orders
    from shops s join clients c on c.id = s.client_id join authorizations a on a.id = s.authorization_id
"""
# For one shop by its own orders; for all shops in one pass, since no index leads from a shop to its open orders.
_OPEN = f"o.stage in {Stage.OPEN}"
_COUNT_ONE = f"""
    left join lateral (select count(*) as open_orders, 0 as late_orders
      from orders o where o.shop_id = s.id and {_OPEN}) n on true
"""  # noqa: S608 - made of constants
_COUNT_ALL = f"""
    left join (select o.shop_id, count(*) as open_orders, {{late}} as late_orders
      from orders o where {_OPEN} group by o.shop_id) n on n.shop_id = s.id
"""  # noqa: S608 - made of constants
_LATE = "count(*) filter (where o.due_at < :now)"
_CLIENTS = """
    select c.public_id, c.name, c.currency, c.time_zone, c.approval_above_minor, c.daily_budget_minor,
      c.margin_floor_bp, c.share_costs, c.buying_stopped_at, c.buying_stopped_by, c.left_at, c.practice,
      (select count(*) from shops s where s.client_id = c.id) as shops
    from clients c
"""
_LEFT = ("left", said("Client left"), "", said("Nothing is read or bought here any more; the books stay."))
_AGENCY = text("select buying_stopped_at, buying_stopped_by from agencies")


def list_shops(scope: Scope, session: Session) -> ShopList:
    """All shops and clients that the reader sees, by client and name. An agency has tens of them: no pages."""
    return _list(scope, session, _read(scope, session))


def list_late_shops(scope: Scope, session: Session, now: datetime) -> tuple[ShopList, Mapping[str, int]]:
    """`list_shops`, and by public id how many open orders are past their deadline at `now` (shop time)."""
    rows = _read(scope, session, now)
    return _list(scope, session, rows), {str(row["public_id"]): row["late_orders"] for row in rows}


def list_clients(scope: Scope, session: Session, *, present: bool = False) -> tuple[ClientRow, ...]:
    """The clients that the reader sees, by name; `present` leaves out those that have left."""
    still = "c.left_at is null" if present else "true"
    query = text(f"{_CLIENTS} where {visible_sql(scope, 'c.id')} and {still} order by c.name, c.id")
    return tuple(_client(row, scope) for row in session.execute(query).mappings())


def _read(scope: Scope, session: Session, now: datetime | None = None) -> Sequence[Mapping[Any, Any]]:
    """The rows of all shops; `late_orders` are counted when a shop time is given."""
    count = _COUNT_ALL.format(late=_LATE if now else "0")
    seen = visible_sql(scope, "s.client_id")
    query = text(f"{_SHOPS} {count} where {seen} order by c.name, s.name, s.id")
    return session.execute(query, {"now": now} if now else {}).mappings().all()


def _list(scope: Scope, session: Session, rows: Sequence[Mapping[Any, Any]]) -> ShopList:
    now, agency = machine_now(), session.execute(_AGENCY).one()
    return ShopList(
        shops=tuple(_shop(row, scope, now) for row in rows),
        clients=list_clients(scope, session),
        agency_stopped_at=agency.buying_stopped_at,
        agency_stopped_by=who(agency.buying_stopped_by, scope),
    )


def get_shop(scope: Scope, session: Session, shop_id: str) -> ShopRow:
    """One shop by its public id. Raises NotFound."""
    query = text(
        f"{_SHOPS} {_COUNT_ONE} where s.public_id = :shop_id and {visible_sql(scope, 's.client_id')}"
    )
    row = session.execute(query, {"shop_id": as_public_id(shop_id, "Shop")}).mappings().one_or_none()
    if row is None:
        raise NotFound("Shop")
    return _shop(row, scope, machine_now())


def who(actor: str | None, scope: Scope) -> str:
    """An actor for this reader: people's names are not known on a tenant's login."""
    if not actor:
        return ""
    if actor == scope.actor:
        return "you"
    return said("a team member") if actor.startswith("user:") else actor.removeprefix("rule:")


def _state(row: Mapping[Any, Any], now: datetime) -> tuple[str, str, str, str]:
    if row["authorization_state"] in ("rejected", "revoked"):
        why = row["problem"] or said("TikTok no longer accepts the authorisation.")
        remedy = said("Ask the shop's owner to connect it again.")
        return "reconnect", said("Connection lost"), "bad", f"{why} {remedy}"
    if row["paused_at"]:
        return "paused", said("Paused"), "", said("Nothing is read or written until somebody resumes it.")
    if row["authorization_state"] == "pending":
        return (
            "pending",
            said("Connecting"),
            "warn",
            said("TikTok's answer is being exchanged; this takes a few seconds."),
        )
    if reason := unread_reason(row, now):
        return "unread", said("Not read"), "bad", reason
    if missing_orders(row["count_tiktok"], row["count_ours"]):
        return (
            "active",
            said("Orders missing"),
            "bad",
            said("TikTok counts more orders than we hold; the window is read again."),
        )
    return "active", said("In sync"), "", ""


def _shop(row: Mapping[Any, Any], scope: Scope, now: datetime) -> ShopRow:
    state, state_text, tone, why = _LEFT if row["client_left_at"] else _state(row, now)
    return ShopRow(
        shop_id=str(row["public_id"]),
        tiktok_shop_id=row["tiktok_shop_id"],
        name=row["name"],
        code=row["code"],
        client_id=str(row["client_public_id"]),
        client_name=row["client_name"],
        region=row["region"],
        currency=row["currency"],
        time_zone=row["time_zone"],
        state=state,
        state_text=state_text,
        tone=tone,
        why=why,
        last_read_at=row["last_read_at"],
        last_order_at=row["last_order_at"],
        read_error=row["read_error"],
        count_tiktok=row["count_tiktok"],
        count_ours=row["count_ours"],
        counted_at=row["counted_at"],
        open_orders=row["open_orders"],
        paused_at=row["paused_at"],
        buying_stopped_at=row["buying_stopped_at"],
        buying_stopped_by=who(row["buying_stopped_by"], scope),
        authorization_state=row["authorization_state"],
        access_expires_at=row["access_expires_at"],
        refresh_expires_at=row["refresh_expires_at"],
        seller_name=row["seller_name"],
    )


def _client(row: Mapping[Any, Any], scope: Scope) -> ClientRow:
    return ClientRow(
        client_id=str(row["public_id"]),
        name=row["name"],
        currency=row["currency"],
        time_zone=row["time_zone"],
        approval_above=Money(row["approval_above_minor"], row["currency"]),
        daily_budget=Money(row["daily_budget_minor"], row["currency"]),
        margin_floor_bp=row["margin_floor_bp"],
        shops=row["shops"],
        buying_stopped_at=row["buying_stopped_at"],
        buying_stopped_by=who(row["buying_stopped_by"], scope),
        left_at=row["left_at"],
        practice=row["practice"] != "",
        share_costs=row["share_costs"],
    )
