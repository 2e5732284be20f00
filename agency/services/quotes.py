"""Stock and price of what is mapped: asking the supplier's lane for a fresh quote, and what the last one would mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.consents import needs_consent
from agency.domain.errors import Conflict
from agency.domain.money import Money
from agency.domain.profit import margin_before_tax
from agency.domain.said import said
from agency.domain.scope import Scope
from agency.lanes import make_due
from agency.models.catalog import Mapping, Supplier, SupplierItem
from agency.models.clients import Client
from agency.models.shops import Shop
from agency.services.catalog import takes_key
from agency.services.consents import has_consent
from agency.services.order_page_rows import MappingRow
from agency.services.public_ids import as_public_id
from agency.services.visibility import get_visible

_SALE = text(
    """
    select l.sale_price_minor + l.platform_discount_minor as price, o.currency
    from order_lines l join orders o on o.id = l.order_id
    where l.shop_id = :shop_id and l.sku_id = :sku_id order by l.id desc limit 1
    """
)


@dataclass(frozen=True)
class QuoteRow:
    """One choice of a sku as it would be bought now, for one unit sold.

    `sale` is what the last buyer and TikTok paid for the unit, `left` what would stay after TikTok's fee; None when
    unknown. `asks_itself` False: nobody but a person knows stock and price. `quoted_at` is shop time, `wanted_at`
    machine time and set while an answer is awaited. `verdict` says what would happen; `tone` "" = it would be bought.
    """

    mapping: MappingRow
    goods: Money
    shipping: Money
    sale: Money | None
    left: Money | None
    left_bp: int | None
    stock: int | None
    asks_itself: bool
    quoted_at: datetime | None
    wanted_at: datetime | None
    problem: str
    verdict: tuple[str, ...]
    tone: str


def request_quotes(scope: Scope, session: Session, shop_id: str, sku_id: str) -> int:
    """Wakes the suppliers of a sku to tell stock and price. Returns how many items are asked; Conflict for none."""
    scope.require_write()
    shop = get_visible(scope, session, Shop, "Shop", Shop.public_id == as_public_id(shop_id, "Shop"))
    query = _items_mapped(Mapping.shop_id == shop.id, Mapping.sku_id == sku_id)
    return _ask(session, list(session.execute(query)))


def request_supplier_quotes(scope: Scope, session: Session, supplier_id: str) -> int:
    """The same for all mapped items of one supplier."""
    scope.require_write()
    wanted = as_public_id(supplier_id, "Supplier")
    supplier = get_visible(scope, session, Supplier, "Supplier", Supplier.public_id == wanted)
    return _ask(session, list(session.execute(_items_mapped().where(Supplier.id == supplier.id))))


def _items_mapped(*conditions: Any) -> Any:
    live = select(Mapping.id).where(
        Mapping.supplier_item_id == SupplierItem.id, Mapping.superseded_at.is_(None), *conditions
    )
    return (
        select(SupplierItem, Supplier)
        .join(Supplier, Supplier.id == SupplierItem.supplier_id)
        .where(live.exists())
        .order_by(SupplierItem.id)
    )


def _ask(session: Session, found: Sequence[tuple[SupplierItem, Supplier]]) -> int:
    """Only workers talk to the outside: this marks the items and makes their supplier's lane due."""
    asked = [(item, supplier) for item, supplier in found if takes_key(supplier.kind)]
    if not asked:
        raise Conflict(
            "No supplier with an API is mapped here, so there is nobody to ask for stock and price."
        )
    if all(supplier.state != "active" for _item, supplier in asked):
        raise Conflict(
            said(
                "{supplier} refuses our key. Enter a new one on its page, then ask again.",
                supplier=asked[0][1].name,
            )
        )
    for item, _supplier in asked:
        item.quote_wanted_at = item.quote_wanted_at or machine_now()
    session.flush()
    for supplier_id in sorted({supplier.id for _item, supplier in asked}):
        make_due(session, api="tracking", supplier_id=supplier_id)
    return len(asked)


def list_quotes(
    scope: Scope, session: Session, shop_id: str, sku_id: str, mappings: Sequence[MappingRow], now: datetime
) -> tuple[QuoteRow, ...]:
    """What the live mappings of a sku would mean now, best choice first; `now` is shop time."""
    shop = get_visible(scope, session, Shop, "Shop", Shop.public_id == as_public_id(shop_id, "Shop"))
    client = session.get_one(Client, shop.client_id)
    sold = session.execute(_SALE, {"shop_id": shop.id, "sku_id": sku_id}).one_or_none()
    sale = Money(sold.price, sold.currency) if sold else None
    rows = []
    for mapping in mappings:
        item_id = as_public_id(mapping.supplier_item_id, "Supplier item")
        item = session.scalars(select(SupplierItem).where(SupplierItem.public_id == item_id)).one()
        supplier = session.get_one(Supplier, item.supplier_id)
        left = _left(shop, sale, mapping, now)
        stops = _stops(session, supplier, mapping)
        asks = [] if stops else _asks(client, sale, left, mapping)
        rows.append(_quote(mapping, item, supplier, sale, left, stops, asks))
    return tuple(rows)


def _quote(
    mapping: MappingRow,
    item: SupplierItem,
    supplier: Supplier,
    sale: Money | None,
    left: Money | None,
    stops: list[str],
    asks: list[str],
) -> QuoteRow:
    share = left.amount * 10_000 // sale.amount if left is not None and sale and sale.amount else None
    return QuoteRow(
        mapping=mapping,
        goods=mapping.unit_cost * mapping.quantity,
        shipping=mapping.shipping,
        sale=sale,
        left=left,
        left_bp=share,
        stock=item.stock_quantity,
        asks_itself=takes_key(supplier.kind),
        quoted_at=item.quoted_at,
        wanted_at=item.quote_wanted_at,
        problem=supplier.problem or supplier.tracking_error,
        verdict=tuple(stops or asks or [said("An order of one unit would be bought by itself.")]),
        tone="bad" if stops else "ask" if asks else "",
    )


def _left(shop: Shop, sale: Money | None, mapping: MappingRow, now: datetime) -> Money | None:
    """What the planner would expect to stay, for one unit; None when sale or cost cannot be compared."""
    cost = mapping.unit_cost * mapping.quantity + mapping.shipping
    return None if sale is None else margin_before_tax(sale, cost, shop.region, now.date())


def _stops(session: Session, supplier: Supplier, mapping: MappingRow) -> list[str]:
    """Why nothing would be bought here, as the planner sees it."""
    found = []
    if supplier.buying_stopped_at is not None:
        found.append(said("Buying is stopped for {supplier}.", supplier=supplier.name))
    if supplier.state != "active":
        found.append(said("{supplier} refuses our key. Enter a new one.", supplier=supplier.name))
    if needs_consent(supplier.kind) and not has_consent(session, supplier.id):
        found.append(
            said("The client has not agreed that {supplier} gets addresses.", supplier=supplier.name)
        )
    if mapping.stock_quantity is not None and mapping.stock_quantity < mapping.quantity:
        found.append(said("Too few in stock: the next choice is tried."))
    if mapping.price_cap is not None and mapping.unit_cost > mapping.price_cap:
        found.append(
            said(
                "Dearer than the highest unit cost of {cap}: the next choice is tried.", cap=mapping.price_cap
            )
        )
    return found


def _asks(client: Client, sale: Money | None, left: Money | None, mapping: MappingRow) -> list[str]:
    """Why a person would be asked first, by the client's limits."""
    cost, found = mapping.unit_cost * mapping.quantity + mapping.shipping, []
    if cost.currency != client.currency or (sale is not None and sale.currency != client.currency):
        return [said("Cost and sale are in different currencies, so a person is asked.")]
    if cost.amount > client.approval_above_minor:
        limit = Money(client.approval_above_minor, client.currency)
        found.append(said("Above the client's limit of {limit}, so a person is asked.", limit=limit))
    if sale is not None and left is not None and left.amount < sale.amount * client.margin_floor_bp // 10_000:
        floor = f"{client.margin_floor_bp / 100:g}"
        found.append(said("Below the client's margin floor of {floor} %, so a person is asked.", floor=floor))
    return found
