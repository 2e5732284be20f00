"""What a worker needs to place, pay or cancel one purchase, read in one transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from agency.domain.consents import needs_consent
from agency.domain.money import Money
from agency.domain.orders import CANCELLED, SHIPPABLE
from agency.domain.purchasing import PurchaseLine as RequestLine
from agency.domain.purchasing import PurchaseRequest, PurchaseState
from agency.domain.said import said
from agency.models.accounts import Agency
from agency.models.catalog import Supplier, SupplierItem
from agency.models.clients import Client
from agency.models.orders import Order, OrderLine
from agency.models.purchasing import Purchase, PurchaseLine
from agency.models.shops import Shop
from agency.services.consents import has_consent
from agency.services.contacts_store import find_contact
from agency.services.found_purchases import ALL_THE_SAME, strange_references
from agency.services.sealing import Keyring


@dataclass(frozen=True)
class PurchaseFacts:
    """A purchase with its order; `hindrance` says why it must not be sent now (empty = it may)."""

    purchase: Purchase
    order: Order
    request: PurchaseRequest | None
    hindrance: str
    stopped: bool
    unit_cancelled: bool = False


def read_purchase(session: Session, keyring: Keyring, purchase_id: int) -> PurchaseFacts:
    """Reads everything; the request is None when there is no clear address to send to."""
    purchase = session.get_one(Purchase, purchase_id)
    order = session.get_one(Order, purchase.order_id)
    stopped = is_stopped(session, purchase)
    contact = find_contact(session, keyring, order.id)
    if contact is None or contact.masked:
        return PurchaseFacts(
            purchase, order, None, said("the buyer's address is not readable any more"), stopped
        )
    request = PurchaseRequest(
        reference=purchase.reference,
        lines=tuple(_request_lines(session, purchase)),
        ship_to=contact.address,
        max_total=Money(purchase.max_minor, purchase.currency),
    )
    cancelled = _has_cancelled_unit(session, purchase)
    hindrance = _hindrance(order) or (said("a unit of it was cancelled") if cancelled else "")
    if not hindrance and purchase.state == PurchaseState.READY and _is_elsewhere(session, order, purchase):
        hindrance = said("a supplier has this order already under another reference")
    if not hindrance and purchase.state == PurchaseState.READY and not may_send_address(session, purchase):
        hindrance = said("the client has not agreed that this supplier gets addresses")
    return PurchaseFacts(purchase, order, request, hindrance, stopped, cancelled)


def is_stopped(session: Session, purchase: Purchase) -> bool:
    """True while a stop switch of supplier, shop, client or agency is on, or the shop catches up after a restore."""
    if session.get_one(Shop, purchase.shop_id).restored_at is not None:
        return True
    holders = (
        session.get_one(Supplier, purchase.supplier_id),
        session.get_one(Shop, purchase.shop_id),
        session.get_one(Client, purchase.client_id),
        session.get_one(Agency, purchase.agency_id),
    )
    return any(holder.buying_stopped_at is not None for holder in holders)


def may_send_address(session: Session, purchase: Purchase) -> bool:
    """True when the supplier gets no addresses, or the client has agreed and not withdrawn."""
    supplier = session.get_one(Supplier, purchase.supplier_id)
    return not needs_consent(supplier.kind) or has_consent(session, supplier.id)


def _is_elsewhere(session: Session, order: Order, purchase: Purchase) -> bool:
    """True when a supplier holds this order under a reference that is not this purchase's, and nobody approved it."""
    if ALL_THE_SAME in order.approved_codes:
        return False
    strange = strange_references(session, order.client_id).get(order.tiktok_order_id, frozenset())
    return bool(strange - {purchase.reference})


def _hindrance(order: Order) -> str:
    if order.status not in SHIPPABLE:
        return said("TikTok says {status} now", status=order.status)
    if order.is_cancel_requested:
        return said("the buyer asked to cancel")
    if order.held_by:
        return said("a person holds the order")
    return ""


def _has_cancelled_unit(session: Session, purchase: Purchase) -> bool:
    query = (
        select(OrderLine.id)
        .join(PurchaseLine, PurchaseLine.order_line_id == OrderLine.id)
        .where(PurchaseLine.purchase_id == purchase.id, OrderLine.display_status == CANCELLED)
        .limit(1)
    )
    return session.scalar(query) is not None


def _request_lines(session: Session, purchase: Purchase) -> Sequence[RequestLine]:
    query = (
        select(PurchaseLine, OrderLine.tiktok_line_id, SupplierItem.supplier_sku)
        .join(OrderLine, OrderLine.id == PurchaseLine.order_line_id)
        .join(SupplierItem, SupplierItem.id == PurchaseLine.supplier_item_id)
        .where(PurchaseLine.purchase_id == purchase.id)
        .order_by(OrderLine.id)
    )
    groups: dict[tuple[str, int], list[tuple[str, int]]] = defaultdict(list)
    for line, line_id, sku in session.execute(query):
        groups[sku, line.unit_cost_minor].append((line_id, line.quantity))
    return [
        RequestLine(
            line_ids=tuple(line_id for line_id, _quantity in members),
            supplier_sku=sku,
            quantity=sum(quantity for _line_id, quantity in members),
            unit_cost=Money(cost, purchase.currency),
        )
        for (sku, cost), members in groups.items()
    ]
