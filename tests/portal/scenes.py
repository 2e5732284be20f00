"""Orders in the states on which people work: blocked, ready to be bought by hand, in doubt, paid; with an address."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from agency.domain.addresses import Address
from agency.models.orders import Order, OrderContact, OrderLine
from agency.models.purchasing import Purchase, PurchaseLine
from agency.services.contacts_store import place_of
from agency.services.sealing import Keyring
from tests.databases import MASTER_KEY
from tests.desk import NOW, Desk
from tests.desk_rows import add_item, add_order

BUYER = Address(
    name="Fake Buyer",
    phone="+15550100",
    line1="1 Fake Street",
    city="Portland",
    state="OR",
    postal_code="97201",
    country="US",
)
OVER_LIMIT = {
    "code": "cost_over_limit",
    "sentence": "It would cost $41.20, above $25.00.",
    "approvable": True,
}


def add_purchase(
    session: Session, desk: Desk, number: str, state: str, kind: str = "manual", **changes: Any
) -> Purchase:
    """An order of one unit with one purchase in `state` at a supplier of its own."""
    stage = "bought" if state in ("paid", "placed") else "to_buy"
    order = add_order(session, desk.ours, number=number, stage=stage)
    item = add_item(session, desk.ours, kind=kind, name=f"Supplier of {number}")
    keys = {"agency_id": order.agency_id, "client_id": order.client_id, "shop_id": order.shop_id}
    purchase = Purchase(
        **keys,
        order_id=order.id,
        supplier_id=item.supplier_id,
        reference=f"TS-FAKE-{number}-1",
        state=state,
        currency="USD",
        expected_minor=500,
        max_minor=800,
        **changes,
    )
    session.add(purchase)
    session.flush()
    line = session.scalars(select(OrderLine).where(OrderLine.order_id == order.id)).one()
    session.add(
        PurchaseLine(
            **keys,
            purchase_id=purchase.id,
            order_line_id=line.id,
            supplier_item_id=item.id,
            quantity=1,
            unit_cost_minor=500,
        )
    )
    session.flush()
    session.refresh(purchase)
    return purchase


def add_buyer(session: Session, desk: Desk, order: Order) -> None:
    """Seals the buyer's address as intake does."""
    value = json.dumps(vars(BUYER)).encode()
    sealed = Keyring(MASTER_KEY).seal(desk.ours.scope(), session, order.client_id, place_of(order.id), value)
    session.add(
        OrderContact(
            agency_id=order.agency_id,
            client_id=order.client_id,
            shop_id=order.shop_id,
            order_id=order.id,
            sealed_address=sealed,
            masked=False,
            seen_at=NOW,
        )
    )
    session.flush()


def purchase_of(session: Session, number: str) -> Purchase:
    """The purchase of an order, as it stands now."""
    return session.scalars(
        select(Purchase).join(Order, Order.id == Purchase.order_id).where(Order.tiktok_order_id == number)
    ).one()
