"""The versioned mapping of a shop's sku to what is bought for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.errors import Invalid, NotFound
from agency.domain.scope import Scope
from agency.models.catalog import Mapping, Sku, SupplierItem
from agency.models.shops import Shop
from agency.services.audit import Act, record_act
from agency.services.blocked import plan_again
from agency.services.public_ids import as_public_id
from agency.services.visibility import get_visible


@dataclass(frozen=True)
class NewMapping:
    """Buy `quantity` units of the item for each unit of the sku sold. `price_cap_minor` is per supplier unit."""

    shop_id: str
    sku_id: str
    supplier_item_id: str
    quantity: int = 1
    rank: int = 1
    price_cap_minor: int | None = None


def map_sku(scope: Scope, session: Session, new: NewMapping, now: datetime) -> str:
    """Closes the live mapping of that rank, writes the next version, and has blocked orders planned anew.

    Returns the mapping's public id; the same mapping again keeps the live one. `now` is shop time.
    Raises Forbidden, NotFound, and Invalid for an item of another client.
    """
    scope.require_write()
    shop = get_visible(scope, session, Shop, "Shop", Shop.public_id == as_public_id(new.shop_id, "Shop"))
    wanted = as_public_id(new.supplier_item_id, "Supplier item")
    item = get_visible(scope, session, SupplierItem, "Supplier item", SupplierItem.public_id == wanted)
    if item.client_id != shop.client_id:
        raise Invalid(
            "supplier_item_id", "This item belongs to another client's supplier. Choose one of this client."
        )
    _lock_sku(session, shop, new.sku_id)
    live = _find_live(session, shop, new.sku_id, new.rank)
    if live is not None and _says_the_same(live, item, new):
        return str(live.public_id)
    if live is not None:
        live.superseded_at = machine_now()
        session.flush()
    mapping = Mapping(
        agency_id=scope.agency_id,
        client_id=shop.client_id,
        shop_id=shop.id,
        sku_id=new.sku_id,
        version=_next_version(session, shop, new.sku_id),
        rank=new.rank,
        supplier_item_id=item.id,
        quantity=new.quantity,
        price_cap_minor=new.price_cap_minor,
        created_by=scope.actor,
    )
    session.add(mapping)
    session.flush()
    _plan_orders_of(scope, session, shop, new.sku_id, now)
    record_act(scope, session, Act("mapping.saved", "sku", new.sku_id, shop.client_id))
    return str(mapping.public_id)


def unmap_sku(scope: Scope, session: Session, shop_id: str, sku_id: str, rank: int) -> None:
    """Closes the live mapping of that rank; orders that come later find no supplier there. Raises NotFound."""
    scope.require_write()
    shop = get_visible(scope, session, Shop, "Shop", Shop.public_id == as_public_id(shop_id, "Shop"))
    live = _find_live(session, shop, sku_id, rank)
    if live is None:
        raise NotFound("Mapping")
    live.superseded_at = machine_now()
    record_act(scope, session, Act("mapping.ended", "sku", sku_id, shop.client_id))


def _lock_sku(session: Session, shop: Shop, sku_id: str) -> None:
    """Two people mapping one sku at once wait for each other. Raises NotFound for a sku that the shop never sold."""
    query = select(Sku.id).where(Sku.shop_id == shop.id, Sku.sku_id == sku_id).with_for_update()
    if session.scalar(query) is None:
        raise NotFound("Sku")


def _find_live(session: Session, shop: Shop, sku_id: str, rank: int) -> Mapping | None:
    query = select(Mapping).where(
        Mapping.shop_id == shop.id,
        Mapping.sku_id == sku_id,
        Mapping.rank == rank,
        Mapping.superseded_at.is_(None),
    )
    return session.scalars(query).one_or_none()


def _says_the_same(live: Mapping, item: SupplierItem, new: NewMapping) -> bool:
    return (live.supplier_item_id, live.quantity, live.price_cap_minor) == (
        item.id,
        new.quantity,
        new.price_cap_minor,
    )


def _next_version(session: Session, shop: Shop, sku_id: str) -> int:
    highest = select(func.max(Mapping.version)).where(Mapping.shop_id == shop.id, Mapping.sku_id == sku_id)
    return (session.scalar(highest) or 0) + 1


def _plan_orders_of(scope: Scope, session: Session, shop: Shop, sku_id: str, now: datetime) -> None:
    ids = session.scalars(
        text(
            """
            select distinct o.id from orders o join order_lines l on l.order_id = o.id and l.shop_id = o.shop_id
            where l.shop_id = :shop_id and l.sku_id = :sku_id and o.stage = 'blocked'
            """
        ),
        {"shop_id": shop.id, "sku_id": sku_id},
    )
    plan_again(scope, session, list(ids), now)
