"""A cancelled order freezes its purchases: what was not sent is let go, what was bought is asked back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from agency.domain.effects import EffectKind, EffectState
from agency.domain.money import Money, format_money
from agency.domain.purchasing import PurchaseState
from agency.domain.said import said
from agency.domain.scope import Scope
from agency.models.catalog import Supplier, SupplierItem
from agency.models.effects import Effect
from agency.models.orders import Order
from agency.models.purchasing import Purchase, PurchaseLine
from agency.services.attention import close_order_attentions, open_attention
from agency.services.purchase_causes import spent_cause
from agency.services.purchase_outcomes import record_supplier_cancelled, release
from agency.services.purchases import intend_at_supplier, move
from agency.services.timeline import record_event

_NEVER_SENT = (PurchaseState.PLANNED, PurchaseState.APPROVAL, PurchaseState.READY)
_WITH_SUPPLIER = (PurchaseState.PLACED, PurchaseState.PAID)


def freeze_cancelled(scope: Scope, session: Session, order_ids: Sequence[int], now: datetime) -> None:
    """Deals with the purchases of orders that TikTok says are cancelled. Safe to repeat."""
    for order_id in order_ids:
        order = session.get_one(Order, order_id)
        close_order_attentions(scope, session, order_id, keep=("purchase_review", "cancelled_after_purchase"))
        order.blockers, order.plan_at = [], None
        query = select(Purchase).where(
            Purchase.order_id == order_id, Purchase.state.not_in(PurchaseState.DEAD)
        )
        for purchase in session.scalars(query):
            freeze_purchase(scope, session, order, purchase, now)
        _void_parcels(session, order_id)


_CANCELLED_UNITS = text(
    """
    select p.id, count(*) as units from purchases p
    join purchase_lines pl on pl.purchase_id = p.id and pl.live
    join order_lines ol on ol.id = pl.order_line_id and ol.display_status = 'CANCELLED'
    join orders o on o.id = p.order_id and o.status <> 'CANCELLED'
    where p.order_id = any(:ids) and p.state in ('placed', 'paying', 'unconfirmed', 'paid', 'shipped', 'review')
    group by p.id
    """
)


def note_cancelled_units(scope: Scope, session: Session, order_ids: Sequence[int]) -> None:
    """Units of a living order that were cancelled after the purchase: a person asks the supplier to leave them out."""
    for row in session.execute(_CANCELLED_UNITS, {"ids": list(order_ids)}).all():
        purchase = session.get_one(Purchase, row.id)
        order, supplier = (
            session.get_one(Order, purchase.order_id),
            session.get_one(Supplier, purchase.supplier_id),
        )
        why = said(
            "{units} of the units bought at {supplier} were cancelled since. Ask to have them left out.",
            units=row.units,
            supplier=supplier.name,
        )
        open_attention(scope, session, spent_cause(order, purchase, why))


def freeze_purchase(scope: Scope, session: Session, order: Order, purchase: Purchase, now: datetime) -> None:
    """One purchase of a cancelled order. A purchase in the air (placing, paying, in doubt) is frozen once it lands."""
    supplier = session.get_one(Supplier, purchase.supplier_id)
    if purchase.state == PurchaseState.APPROVAL and purchase.supplier_order_id:
        move(session, purchase, PurchaseState.CANCELLED, reason=said("order cancelled before payment"))
    elif purchase.state in _NEVER_SENT:
        release(scope, session, purchase, said("the order was cancelled"), now)
    elif purchase.state in _WITH_SUPPLIER and supplier.kind == "stock":
        _back_on_shelf(session, purchase)
        record_supplier_cancelled(scope, session, purchase, now)
    elif purchase.state in _WITH_SUPPLIER and purchase.reason[:6] != "cancel":
        _ask_back(scope, session, order, purchase, supplier, now)


def _ask_back(
    scope: Scope, session: Session, order: Order, purchase: Purchase, supplier: Supplier, now: datetime
) -> None:
    if supplier.kind != "manual":
        move(session, purchase, PurchaseState.CANCELLING)
        intend_at_supplier(scope, session, purchase, EffectKind.CANCEL)
    spent = format_money(Money(purchase.actual_minor or purchase.expected_minor, purchase.currency))
    record_event(scope, session, order, "cancelled_after_purchase", {"spent": spent}, now)
    why = said(
        "The order was cancelled after {spent} was spent at {supplier}. The supplier is asked to "
        "take it back.",
        spent=spent,
        supplier=supplier.name,
    )
    if supplier.kind == "manual":
        why = said(
            "The order was cancelled after {spent} was spent. Ask {supplier} to take it back.",
            spent=spent,
            supplier=supplier.name,
        )
    open_attention(scope, session, spent_cause(order, purchase, why))


def _back_on_shelf(session: Session, purchase: Purchase) -> None:
    for line in session.scalars(select(PurchaseLine).where(PurchaseLine.purchase_id == purchase.id)):
        item = session.get_one(SupplierItem, line.supplier_item_id)
        if item.stock_quantity is not None:
            item.stock_quantity += line.quantity


def _void_parcels(session: Session, order_id: int) -> None:
    """Tracking that was not handed to TikTok yet is not handed over any more."""
    query = select(Effect).where(
        Effect.order_id == order_id, Effect.kind == EffectKind.SHIP, Effect.state == EffectState.INTENDED
    )
    for effect in session.scalars(query):
        effect.state, effect.reason = EffectState.REFUSED, said("the order was cancelled")
