"""A supplier that has the order but did not take the payment: what waits by itself and what a person must settle."""

from __future__ import annotations

from sqlalchemy.orm import Session

from agency.domain.purchasing import PurchaseState
from agency.domain.said import said
from agency.domain.scope import Scope
from agency.models.catalog import Supplier
from agency.models.orders import Order
from agency.models.purchasing import Purchase
from agency.services.attention import Cause, close_attention, open_attention
from agency.services.purchase_causes import purchase_cause
from agency.services.purchases import move


def record_payment_refused(scope: Scope, session: Session, purchase: Purchase, detail: str) -> None:
    """A clear no to the payment: the purchase goes in front of a person."""
    if purchase.state not in (PurchaseState.PAYING, PurchaseState.PLACED):
        return
    move(session, purchase, PurchaseState.REVIEW, reason=detail[:500])
    order = session.get_one(Order, purchase.order_id)
    why = said(
        "The supplier took the order but not the payment ({detail}). Settle it with the supplier.",
        detail=detail,
    )
    cause = purchase_cause(order, purchase, "purchase_review", why, "review_purchase")
    open_attention(scope, session, cause)


def record_payment_waits(scope: Scope, session: Session, purchase: Purchase) -> None:
    """Nothing was taken (an empty balance, an outage): tried again, and said once per supplier."""
    move(session, purchase, PurchaseState.PLACED)
    name = session.get_one(Supplier, purchase.supplier_id).name
    cause = Cause(
        client_id=purchase.client_id,
        kind="supplier_balance",
        key=f"supplier:{purchase.supplier_id}",
        why=said("{name} did not take a payment. Check the balance there; it is tried again.", name=name),
        action="check_supplier",
        supplier_id=purchase.supplier_id,
    )
    open_attention(scope, session, cause)


def record_payment_works(scope: Scope, session: Session, purchase: Purchase) -> None:
    """A payment went through: whatever was wrong with the balance is over."""
    close_attention(
        scope, session, purchase.client_id, "supplier_balance", f"supplier:{purchase.supplier_id}"
    )
