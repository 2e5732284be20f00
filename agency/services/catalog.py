"""Where things can be bought: suppliers, their items, and the versioned mapping of a shop's sku to an item."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.errors import Conflict, Invalid, NotFound
from agency.domain.money import exponent_of
from agency.domain.outbound import NOTHING_MORE, Allowance, check_typed_address
from agency.domain.scope import Scope
from agency.lanes import add_lane, make_due
from agency.models.catalog import SUPPLIER_KINDS, Sku, Supplier, SupplierItem
from agency.models.catalog import Mapping as SkuMapping
from agency.models.clients import Client
from agency.models.shops import Shop
from agency.services.attention import close_attention
from agency.services.blocked import plan_again, plan_blocked_again
from agency.services.client_status import require_present, require_present_id
from agency.services.public_ids import as_public_id
from agency.services.sealing import Keyring
from agency.services.suppliers import open_supplier, store_credentials
from agency.services.visibility import get_visible

SUPPLIER_LANES = ("purchase", "tracking")
_NEEDS_KEY = {"rest": ("api_key",), "cj": ("api_key",)}


@dataclass(frozen=True)
class NewSupplier:
    """A supplier to connect. `credentials` are sealed at once; kinds rest and cj need an `api_key`."""

    client_id: str
    kind: str
    name: str
    currency: str
    base_url: str = ""
    website: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class NewSupplierItem:
    """Something that a supplier sells; costs in minor units of the supplier's currency, per supplier unit."""

    supplier_id: str
    supplier_sku: str
    title: str
    unit_cost_minor: int
    shipping_minor: int = 0
    url: str = ""
    stock_quantity: int | None = None


@dataclass(frozen=True)
class NewMapping:
    """Buy `quantity` units of the item for each unit of the sku sold. `price_cap_minor` is per supplier unit."""

    shop_id: str
    sku_id: str
    supplier_item_id: str
    quantity: int = 1
    rank: int = 1
    price_cap_minor: int | None = None


def add_supplier(
    scope: Scope,
    session: Session,
    keyring: Keyring,
    new: NewSupplier,
    allowance: Allowance = NOTHING_MORE,
) -> str:
    """Connects a supplier to a client and returns its public id.

    Raises Forbidden, NotFound for the client, and Invalid for a kind, currency, address or key that cannot be used.
    `allowance` is the operator's OUTBOUND_ALLOW: an address that would never be called is refused here already.
    """
    scope.require_write()
    _check_supplier(new, allowance)
    client = get_visible(
        scope, session, Client, "Client", Client.public_id == as_public_id(new.client_id, "Client")
    )
    require_present(client)
    supplier = Supplier(
        agency_id=scope.agency_id,
        client_id=client.id,
        kind=new.kind,
        name=new.name.strip(),
        currency=new.currency,
        base_url=new.base_url.strip().rstrip("/"),
        website=new.website.strip(),
        settings=dict(new.settings),
    )
    session.add(supplier)
    session.flush()
    if new.credentials:
        store_credentials(scope, session, keyring, supplier, new.credentials)
    now = machine_now()
    for api in SUPPLIER_LANES if new.kind in _NEEDS_KEY else ():
        add_lane(
            session,
            agency_id=scope.agency_id,
            client_id=client.id,
            api=api,
            supplier_id=supplier.id,
            due_at=now,
        )
    return str(supplier.public_id)


def replace_credentials(
    scope: Scope,
    session: Session,
    keyring: Keyring,
    supplier_public_id: str,
    credentials: Mapping[str, str],
    now: datetime,
) -> None:
    """Seals a new key in place of the former one and lets the supplier's purchases go on. `now` is shop time.

    A webhook secret that is not given again is kept; a login made with the former key is not. Raises Forbidden,
    NotFound, Invalid naming the missing key, and Conflict for a supplier that is used without one.
    """
    scope.require_write()
    wanted = as_public_id(supplier_public_id, "Supplier")
    supplier = get_visible(scope, session, Supplier, "Supplier", Supplier.public_id == wanted)
    session.refresh(supplier, with_for_update=True)
    require_present_id(session, supplier.client_id)
    if not takes_key(supplier.kind):
        raise Conflict(f"{supplier.name} is used without a key, so there is none to replace.")
    _check_key(supplier.kind, credentials)
    former = open_supplier(session, keyring, supplier.id).credentials
    kept = {name: key for name, key in former.items() if name == "webhook_secret"}
    given = {name: key for name, key in credentials.items() if key}
    store_credentials(scope, session, keyring, supplier, {**kept, **given})
    supplier.state, supplier.problem = "active", ""
    session.flush()
    for kind in ("supplier_credentials", "change_key"):
        close_attention(scope, session, supplier.client_id, kind, f"supplier:{supplier.id}")
    for api in SUPPLIER_LANES:
        make_due(session, api=api, supplier_id=supplier.id)
    plan_blocked_again(scope, session, ("supplier_credentials",), now, client_id=supplier.client_id)


def takes_key(kind: str) -> bool:
    """True for kinds of suppliers that are reached with a key."""
    return kind in _NEEDS_KEY


def add_supplier_item(scope: Scope, session: Session, new: NewSupplierItem) -> str:
    """Adds an item and returns its public id. Raises Conflict when the supplier has that sku already."""
    scope.require_write()
    wanted = as_public_id(new.supplier_id, "Supplier")
    supplier = get_visible(scope, session, Supplier, "Supplier", Supplier.public_id == wanted)
    if supplier.kind == "stock" and new.stock_quantity is None:
        raise Invalid("stock_quantity", "Say how many lie on your shelf; 0 is fine.")
    item = SupplierItem(
        agency_id=scope.agency_id,
        client_id=supplier.client_id,
        supplier_id=supplier.id,
        supplier_sku=new.supplier_sku.strip(),
        title=new.title.strip(),
        url=new.url.strip(),
        unit_cost_minor=new.unit_cost_minor,
        shipping_minor=new.shipping_minor,
        currency=supplier.currency,
        stock_quantity=new.stock_quantity,
    )
    try:
        with session.begin_nested():
            session.add(item)
    except IntegrityError:
        raise Conflict(
            f"{supplier.name} has an item {item.supplier_sku} already. Choose it in the list."
        ) from None
    return str(item.public_id)


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
    mapping = SkuMapping(
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
    return str(mapping.public_id)


def unmap_sku(scope: Scope, session: Session, shop_id: str, sku_id: str, rank: int) -> None:
    """Closes the live mapping of that rank; orders that come later find no supplier there. Raises NotFound."""
    scope.require_write()
    shop = get_visible(scope, session, Shop, "Shop", Shop.public_id == as_public_id(shop_id, "Shop"))
    live = _find_live(session, shop, sku_id, rank)
    if live is None:
        raise NotFound("Mapping")
    live.superseded_at = machine_now()


def _check_supplier(new: NewSupplier, allowance: Allowance) -> None:
    if new.kind not in SUPPLIER_KINDS:
        raise Invalid("kind", f"Choose one of {', '.join(SUPPLIER_KINDS)}.")
    if not new.name.strip():
        raise Invalid("name", "Give the supplier a name.")
    exponent_of(new.currency)  # raises Invalid for a currency that nobody could calculate with
    if new.kind == "rest" or new.base_url.strip():
        check_typed_address("base_url", new.base_url.strip(), allowance)
    _check_key(new.kind, new.credentials)


def _check_key(kind: str, credentials: Mapping[str, str]) -> None:
    for name in _NEEDS_KEY.get(kind, ()):
        if not credentials.get(name):
            raise Invalid(name, "Enter the key that the supplier gave you.")


def _lock_sku(session: Session, shop: Shop, sku_id: str) -> None:
    """Two people mapping one sku at once wait for each other. Raises NotFound for a sku that the shop never sold."""
    query = select(Sku.id).where(Sku.shop_id == shop.id, Sku.sku_id == sku_id).with_for_update()
    if session.scalar(query) is None:
        raise NotFound("Sku")


def _find_live(session: Session, shop: Shop, sku_id: str, rank: int) -> SkuMapping | None:
    query = select(SkuMapping).where(
        SkuMapping.shop_id == shop.id,
        SkuMapping.sku_id == sku_id,
        SkuMapping.rank == rank,
        SkuMapping.superseded_at.is_(None),
    )
    return session.scalars(query).one_or_none()


def _says_the_same(live: SkuMapping, item: SupplierItem, new: NewMapping) -> bool:
    return (live.supplier_item_id, live.quantity, live.price_cap_minor) == (
        item.id,
        new.quantity,
        new.price_cap_minor,
    )


def _next_version(session: Session, shop: Shop, sku_id: str) -> int:
    highest = select(func.max(SkuMapping.version)).where(
        SkuMapping.shop_id == shop.id, SkuMapping.sku_id == sku_id
    )
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
