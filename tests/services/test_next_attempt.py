"""The attempt in a purchase's reference: one that was never used for the order, whatever the book has forgotten."""

from __future__ import annotations

from sqlalchemy import select

from agency.domain.money import Money
from agency.domain.purchasing import PurchaseState, purchase_reference
from agency.models.catalog import Mapping, Supplier
from agency.models.orders import Order, OrderLine
from agency.models.purchasing import Purchase
from agency.models.shops import Shop
from agency.services.purchases import PlannedLine, PlannedPurchase, create_purchases, insert_purchase, move
from tests.desk import NOW, Desk
from tests.desk_rows import add_item, add_mapping, add_order


def test_the_attempt_after_a_found_second_one_is_the_third(desk: Desk) -> None:
    """After a restore attempt 2 is found at the supplier, of an order whose attempt 1 is in no book any more."""
    with desk.session() as session:
        order = add_order(session, desk.ours)
        item = add_item(session, desk.ours)
        add_mapping(session, desk.ours, item)
        line = session.scalars(select(OrderLine).where(OrderLine.order_id == order.id)).one()
        mapping = session.scalars(select(Mapping)).one()
        cost = Money(500, "USD")
        supplier = session.get_one(Supplier, item.supplier_id)
        plan = PlannedPurchase(supplier, (PlannedLine(line, mapping, item),), cost, cost)
        shop = session.get_one(Shop, order.shop_id)
        found = insert_purchase(session, shop, order, plan, 2, NOW)
        assert move(session, found, PurchaseState.CANCELLED)
        create_purchases(desk.ours.scope(), session, shop, order, [plan], NOW)
        references = session.scalars(select(Purchase.reference).order_by(Purchase.id)).all()
    assert list(references) == [_reference(shop, order, line, attempt) for attempt in (2, 3)]


def _reference(shop: Shop, order: Order, line: OrderLine, attempt: int) -> str:
    return purchase_reference(shop.code, order.tiktok_order_id, [line.tiktok_line_id], attempt)
