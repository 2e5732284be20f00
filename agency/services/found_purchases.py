"""Supplier orders under a reference of ours that no purchase of ours carries: taken into the books, or told.

After a restore they are the rule: bought after the backup. The purchase is written down again as a doubt, so that the
supplier is asked for it and nothing is sent; its number, cost, payment and parcels come with the answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from agency.domain.money import Money
from agency.domain.orders import CANCELLED
from agency.domain.purchasing import PurchaseState, SupplierOrder, parse_reference, purchase_reference
from agency.domain.said import said
from agency.domain.scope import Scope
from agency.lanes import make_due
from agency.models.catalog import Mapping as MappingRow
from agency.models.catalog import Supplier, SupplierItem
from agency.models.orders import Order, OrderLine
from agency.models.purchasing import Purchase, PurchaseLine
from agency.models.shops import Shop
from agency.services.blocked import unblock_order
from agency.services.order_search import text_range
from agency.services.purchases import PlannedLine, PlannedPurchase, doubt_purchase, insert_purchase
from agency.services.timeline import record_event

# Lines that no live purchase has, mapped to an item of this supplier.
_LINES = (
    select(OrderLine, MappingRow, SupplierItem)
    .join(MappingRow, (MappingRow.shop_id == OrderLine.shop_id) & (MappingRow.sku_id == OrderLine.sku_id))
    .join(SupplierItem, SupplierItem.id == MappingRow.supplier_item_id)
    .where(MappingRow.superseded_at.is_(None))
)
_OPEN_STRANGE = text(
    """
    select data ->> 'order' as number, data ->> 'reference' as reference from attentions
    where kind = 'strange_purchase' and client_id = :client_id and resolved_at is null and jsonb_exists(data, 'order')
    """
)
_LIST_AGAIN = text(
    """
    update suppliers set reconciled_at = null where id in (select supplier_id from attentions
      where kind = 'strange_purchase' and client_id = :client_id and resolved_at is null
        and data ->> 'order' = :number)
    returning id
    """
)
ALL_THE_SAME = "bought_elsewhere"  # what a person approves who wants it bought although a supplier has it


def find_order(session: Session, supplier: Supplier, reference: str) -> Order | None:
    """The order of the supplier's client that a reference of ours is about."""
    parts = parse_reference(reference)
    if parts is None:
        return None
    turned, end = text_range(parts.order_id[::-1])
    query = select(Order).where(
        Order.client_id == supplier.client_id, Order.number_turned >= turned, Order.number_turned < end
    )
    found = [
        order
        for order in session.scalars(query)
        if parts.is_about(session.get_one(Shop, order.shop_id).code, order.tiktok_order_id)
    ]
    return found[0] if len(found) == 1 else None


def adopt(
    scope: Scope, session: Session, supplier: Supplier, order: Order, told: SupplierOrder, now: datetime
) -> bool:
    """Writes the purchase down again as a doubt.

    False when our mappings do not explain the supplier's order, or explain it in more than one way: the reference names
    its smallest line alone, and a sku that another supplier could have may not be in it.
    """
    parts = parse_reference(told.reference)
    shop = session.get_one(Shop, order.shop_id)
    lines = _explained(_lines(session, supplier, order), shop.code, order, told.reference)
    if parts is None or not lines or _may_be_elsewhere(session, supplier, lines):
        return False
    cost = told.total or Money(
        sum(line.item.unit_cost_minor * line.mapping.quantity for line in lines), supplier.currency
    )
    plan = PlannedPurchase(supplier, tuple(lines), cost, cost)
    purchase = insert_purchase(session, shop, order, plan, parts.attempt, now)
    purchase.decision = {**purchase.decision, "rule": "found-at-supplier", "restored": True}
    data = {"reference": told.reference, "supplier_order_id": told.supplier_order_id}
    record_event(scope, session, order, "purchase_found", data, now)
    reason = said(
        "{supplier} lists it as {number}, which this restored database had forgotten.",
        supplier=supplier.name,
        number=told.supplier_order_id,
    )
    doubt_purchase(scope, session, purchase, reason)
    unblock_order(scope, session, order)
    return True


def list_again(session: Session, order: Order) -> None:
    """Has the lists that hold a strange purchase of this order read again: its lines may be free by now."""
    values = {"client_id": order.client_id, "number": order.tiktok_order_id}
    for row in session.execute(_LIST_AGAIN, values).all():
        make_due(session, api="tracking", supplier_id=row.id)


def strange_references(session: Session, client_id: int) -> Mapping[str, frozenset[str]]:
    """By TikTok order id, the references under which suppliers hold orders that are in nobody's book yet."""
    found: dict[str, frozenset[str]] = {}
    for row in session.execute(_OPEN_STRANGE, {"client_id": client_id}):
        found[row.number] = found.get(row.number, frozenset()) | {row.reference}
    return found


def _explained(
    lines: Sequence[PlannedLine], shop_code: str, order: Order, reference: str
) -> Sequence[PlannedLine]:
    """Those lines under which we would have sent this reference; none when our mappings were others by then."""
    parts = parse_reference(reference)
    wanted = [line for line in lines if line.line.display_status != CANCELLED]
    for chosen in (wanted, lines):
        ids = [line.line.tiktok_line_id for line in chosen]
        if parts and ids:
            ours = purchase_reference(shop_code, order.tiktok_order_id, ids, parts.attempt)
            if ours == reference:
                return chosen
    return []


def _may_be_elsewhere(session: Session, supplier: Supplier, lines: Sequence[PlannedLine]) -> bool:
    """True when another supplier could have a sku of these lines that the reference does not name."""
    named = min(lines, key=lambda line: line.line.tiktok_line_id).line
    others = {line.line.sku_id for line in lines} - {named.sku_id}
    query = (
        select(MappingRow.id)
        .join(SupplierItem, SupplierItem.id == MappingRow.supplier_item_id)
        .where(
            MappingRow.shop_id == named.shop_id,
            MappingRow.sku_id.in_(others),
            MappingRow.superseded_at.is_(None),
            SupplierItem.supplier_id != supplier.id,
        )
    )
    return bool(others) and session.scalar(query.limit(1)) is not None


def _lines(session: Session, supplier: Supplier, order: Order) -> list[PlannedLine]:
    bought = (
        select(PurchaseLine.order_line_id)
        .join(Purchase, Purchase.id == PurchaseLine.purchase_id)
        .where(Purchase.order_id == order.id, Purchase.state.not_in(PurchaseState.DEAD))
    )
    query = _LINES.where(
        OrderLine.order_id == order.id,
        SupplierItem.supplier_id == supplier.id,
        OrderLine.id.not_in(bought),
    )
    chosen: dict[int, PlannedLine] = {}
    for line, mapping, item in session.execute(query.order_by(OrderLine.id, MappingRow.rank)):
        chosen.setdefault(line.id, PlannedLine(line, mapping, item))
    return list(chosen.values())
