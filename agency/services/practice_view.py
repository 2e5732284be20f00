"""The practice shop as its owner watches it: connected, first order, what it waits for, until it is on its way."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.domain.money import Money
from agency.domain.orders import Stage
from agency.domain.purchasing import PurchaseState
from agency.domain.scope import Scope
from agency.services.wording import stage_text

# The one that goes on; else the newest that ended with a processed order.
_CLIENT = text(
    """
    select c.id, c.public_id, c.name, c.practice, c.left_at,
      exists (select 1 from shops s where s.client_id = c.id) as connected
    from clients c where c.practice <> '' order by (c.left_at is null) desc, c.id desc limit 1
    """
)
_ORDER = text(
    f"""
    select o.tiktok_order_id, o.title, o.status, o.stage, o.collected_at, o.currency, o.total_minor, l.sku_id,
      s.public_id as shop_id,
      exists (select 1 from mappings m where m.shop_id = o.shop_id and m.sku_id = l.sku_id
        and m.superseded_at is null) as mapped,
      (select sum(coalesce(p.actual_minor, p.expected_minor)) from purchases p where p.order_id = o.id
        and p.state in {PurchaseState.BOUGHT}) as cost_minor,
      (select p.tracking_number from parcels p where p.order_id = o.id order by p.id limit 1) as tracking
    from orders o join order_lines l on l.order_id = o.id join shops s on s.id = o.shop_id
    where o.client_id = :client order by o.id, l.id limit 1
    """  # noqa: S608 - made of constants
)
_ITEMS = text(
    """
    select i.public_id, i.title, i.supplier_sku, i.unit_cost_minor, i.currency, p.name from supplier_items i
    join suppliers p on p.id = i.supplier_id where i.client_id = :client order by i.id
    """
)


@dataclass(frozen=True)
class PracticeItem:
    """Something that the practice supplier sells."""

    item_id: str
    supplier: str
    title: str
    cost: Money


@dataclass(frozen=True)
class PracticeOrder:
    """The first order. `mapped`: its sku has a supplier's item. `cost` once bought, `tracking` once sent."""

    number: str
    title: str
    stage: str
    stage_words: str
    shop_id: str
    sku_id: str
    mapped: bool
    value: Money
    cost: Money | None
    tracking: str

    @property
    def processed(self) -> bool:
        """TikTok has the tracking number."""
        return self.stage in Stage.PROCESSED


@dataclass(frozen=True)
class PracticeView:
    """The practice client. `left`: it was let go again."""

    client_id: str
    name: str
    left: bool
    connected: bool
    order: PracticeOrder | None
    items: tuple[PracticeItem, ...]

    @property
    def done(self) -> bool:
        """One order has gone all the way to TikTok."""
        return self.order is not None and self.order.processed


def find_practice(scope: Scope, session: Session) -> PracticeView | None:
    """The agency's practice client, or None where nobody asked for one. Raises Forbidden unless an owner asks."""
    scope.require_owner()
    client = session.execute(_CLIENT).one_or_none()
    if client is None:
        return None
    row = session.execute(_ORDER, {"client": client.id}).one_or_none()
    items = session.execute(_ITEMS, {"client": client.id})
    order = None
    if row is not None:
        order = PracticeOrder(
            number=row.tiktok_order_id,
            title=row.title,
            stage=row.stage,
            stage_words=stage_text(row.stage, row.status, row.collected_at is not None)[0],
            shop_id=str(row.shop_id),
            sku_id=row.sku_id,
            mapped=row.mapped,
            value=Money(row.total_minor, row.currency),
            cost=Money(int(row.cost_minor), row.currency) if row.cost_minor is not None else None,
            tracking=row.tracking or "",
        )
    return PracticeView(
        client_id=str(client.public_id),
        name=client.name,
        left=client.left_at is not None,
        connected=client.connected,
        order=order,
        items=tuple(
            PracticeItem(str(one.public_id), one.name, one.title, Money(one.unit_cost_minor, one.currency))
            for one in items
        ),
    )
