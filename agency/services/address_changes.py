"""The buyer's address changed: a purchase that was not sent is planned anew, one that was sent needs a person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from agency.domain.purchasing import PurchaseState
from agency.domain.said import said
from agency.domain.scope import Scope
from agency.models.orders import Order
from agency.models.purchasing import Purchase
from agency.services.attention import open_attention
from agency.services.purchase_causes import purchase_cause
from agency.services.purchase_outcomes import release


def note_address_changes(scope: Scope, session: Session, order_ids: Sequence[int], now: datetime) -> None:
    """Deals with orders whose clear address became another one."""
    for order_id in order_ids:
        order = session.get_one(Order, order_id)
        query = select(Purchase).where(
            Purchase.order_id == order_id, Purchase.state.not_in(PurchaseState.DEAD)
        )
        for purchase in session.scalars(query):
            if purchase.state == PurchaseState.READY:
                release(scope, session, purchase, said("the buyer changed the address"), now)
            elif purchase.state not in (PurchaseState.CLOSED, PurchaseState.CANCELLING):
                _ask(scope, session, order, purchase)


def _ask(scope: Scope, session: Session, order: Order, purchase: Purchase) -> None:
    why = said(
        "The buyer changed the address after the purchase. Ask the supplier to change it, or to "
        "take the order back; TikTok compares the parcel's postcode with the new address."
    )
    open_attention(scope, session, purchase_cause(order, purchase, "address_changed", why, "check_supplier"))
