"""One shop's page: what was read and counted, who connected it, its rules, the limits that apply, what waits there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.domain.money import Money
from agency.domain.orders import Stage
from agency.domain.scope import Scope
from agency.models.accounts import Agency
from agency.models.clients import Client
from agency.models.shops import Authorization, Shop
from agency.services.audit_words import words_of
from agency.services.lane_rows import list_shop_lanes
from agency.services.list_rows import ShopRow
from agency.services.meter import ShopMeter, read_shop_meter
from agency.services.public_ids import as_public_id
from agency.services.shop_lists import get_shop, who
from agency.services.shop_rules import ShopRules, rules_of
from agency.services.shop_search import standing_of
from agency.services.spending import spent_today
from agency.services.visibility import get_visible
from agency.services.wording import kind_text
from agency.services.work_rows import LaneRow

ACTS = 8
_STAGES = text(
    f"""
    select stage, count(*) as n, count(*) filter (where due_at < :now
      and stage in {Stage.OPEN}) as late
    from orders where shop_id = :id group by stage
    """  # noqa: S608 - made of constants
)
_SKUS = text(
    """
    select count(*) as skus, count(*) filter (where not exists (
      select from mappings m where m.shop_id = k.shop_id and m.sku_id = k.sku_id and m.superseded_at is null
    )) as unmapped
    from skus k where k.shop_id = :id
    """
)
_CONNECTED = text(
    """
    select at, actor from audit_entries
    where client_id = :client_id and action = 'shop.connected' and object_id = :authorization
    order by number desc limit 1
    """
)
_ACTS = text(
    f"""
    select e.at, e.actor, e.action, e.object_kind, e.object_id from audit_entries e
    where e.client_id = :client_id and (
      (e.object_kind = 'shop' and e.object_id = :shop)
      or (e.object_kind = 'client' and e.action like 'buying.%')
      or (e.object_kind = 'sku' and exists (select from skus k where k.shop_id = :id and k.sku_id = e.object_id))
      or (e.object_kind = 'order' and e.action <> 'contact.revealed'
        and exists (select from orders o where o.shop_id = :id and o.tiktok_order_id = e.object_id)))
    order by e.number desc limit {ACTS}
    """  # noqa: S608 - a number of ours
)
_DECISIONS = text(
    """
    select kind, count(*) as n from attentions
    where shop_id = :id and resolved_at is null group by kind order by n desc, kind
    """
)


@dataclass(frozen=True)
class Connection:
    """The grant behind a shop; times are machine time. `by` is empty when nobody wrote it down."""

    state: str
    by: str
    at: datetime | None
    seller_name: str
    scopes: tuple[str, ...]
    access_expires_at: datetime | None
    refresh_expires_at: datetime | None


@dataclass(frozen=True)
class Limits:
    """What the client's limits leave for today; `left` never goes below zero."""

    approval_above: Money
    margin_floor_bp: int
    daily_budget: Money
    used: Money
    left: Money


@dataclass(frozen=True)
class Stop:
    """One stop switch over the shop: `subject` and `id` as the switch takes them. Machine time; None = it buys."""

    subject: str
    id: str
    name: str
    stopped_at: datetime | None
    stopped_by: str


@dataclass(frozen=True)
class ActRow:
    """One recent act of a person, newest first; machine time."""

    at: datetime
    who: str
    sentence: str
    order_number: str


@dataclass(frozen=True)
class DecisionCount:
    """Open decisions of one kind at the shop."""

    text: str
    tone: str
    count: int


@dataclass(frozen=True)
class ShopView:
    """Everything on the page. `stages` add up to `orders`."""

    shop: ShopRow
    standing: str
    stages: Mapping[str, int]
    orders: int
    late: int
    skus: int
    unmapped: int
    connection: Connection
    connected_at: datetime | None
    rules: ShopRules
    limits: Limits
    stops: tuple[Stop, ...]
    lanes: tuple[LaneRow, ...]
    decisions: tuple[DecisionCount, ...]
    acts: tuple[ActRow, ...]
    meter: ShopMeter


def get_shop_view(scope: Scope, session: Session, shop_public_id: str, now: datetime) -> ShopView:
    """The page of one shop; `now` is shop time. Raises NotFound."""
    row = get_shop(scope, session, shop_public_id)
    shop = get_visible(scope, session, Shop, "Shop", Shop.public_id == as_public_id(shop_public_id, "Shop"))
    client = session.get_one(Client, shop.client_id)
    counts = {found.stage: found for found in session.execute(_STAGES, {"id": shop.id, "now": now})}
    skus = session.execute(_SKUS, {"id": shop.id}).one()
    return ShopView(
        shop=row,
        standing=standing_of(row, client.buying_stopped_at is not None),
        stages={stage: counts[stage].n if stage in counts else 0 for stage in Stage.ALL},
        orders=sum(found.n for found in counts.values()),
        late=sum(found.late for found in counts.values()),
        skus=skus.skus,
        unmapped=skus.unmapped,
        connection=_connection(scope, session, shop),
        connected_at=shop.connected_at,
        rules=rules_of(shop),
        limits=_limits(session, client, now),
        stops=_stops(scope, session, client, row),
        lanes=list_shop_lanes(session, shop.id),
        decisions=tuple(_decision(found) for found in session.execute(_DECISIONS, {"id": shop.id})),
        acts=_acts(scope, session, shop),
        meter=read_shop_meter(session, shop.id),
    )


def _connection(scope: Scope, session: Session, shop: Shop) -> Connection:
    grant = session.get_one(Authorization, shop.authorization_id)
    values = {"client_id": shop.client_id, "authorization": str(grant.public_id)}
    act = session.execute(_CONNECTED, values).one_or_none()
    return Connection(
        state=grant.state,
        by=who(act.actor, scope) if act else "",
        at=act.at if act else None,
        seller_name=grant.seller_name,
        scopes=tuple(str(word) for word in grant.scopes),
        access_expires_at=grant.access_expires_at,
        refresh_expires_at=grant.refresh_expires_at,
    )


def _limits(session: Session, client: Client, now: datetime) -> Limits:
    used = spent_today(session, client.id, now)
    return Limits(
        approval_above=Money(client.approval_above_minor, client.currency),
        margin_floor_bp=client.margin_floor_bp,
        daily_budget=Money(client.daily_budget_minor, client.currency),
        used=Money(used, client.currency),
        left=Money(max(client.daily_budget_minor - used, 0), client.currency),
    )


def _stops(scope: Scope, session: Session, client: Client, shop: ShopRow) -> tuple[Stop, ...]:
    agency = session.get_one(Agency, scope.agency_id)
    return (
        Stop("shop", shop.shop_id, shop.name, shop.buying_stopped_at, shop.buying_stopped_by),
        _stop(scope, "client", client),
        _stop(scope, "agency", agency),
    )


def _stop(scope: Scope, subject: str, row: Any) -> Stop:
    public_id = "" if subject == "agency" else str(row.public_id)
    return Stop(subject, public_id, row.name, row.buying_stopped_at, who(row.buying_stopped_by, scope))


def _acts(scope: Scope, session: Session, shop: Shop) -> tuple[ActRow, ...]:
    values = {"client_id": shop.client_id, "id": shop.id, "shop": str(shop.public_id)}
    return tuple(
        ActRow(
            at=row.at,
            who=who(row.actor, scope),
            sentence=words_of(row.action, row.object_kind, row.object_id),
            order_number=row.object_id if row.object_kind == "order" else "",
        )
        for row in session.execute(_ACTS, values)
    )


def _decision(row: Any) -> DecisionCount:
    words, tone = kind_text(row.kind)
    return DecisionCount(words, tone, row.n)
