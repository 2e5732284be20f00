"""The daily comparison with a supplier's own list: an order there that we do not know is an alarm."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from agency.domain.purchasing import SupplierOrder
from agency.domain.said import said
from agency.domain.scope import Scope
from agency.models.catalog import Supplier
from agency.models.purchasing import Purchase
from agency.services.attention import Cause, open_attention

EVERY = timedelta(days=1)  # shop time
LOOK_BACK = timedelta(days=3)


def is_due(supplier: Supplier, now: datetime) -> bool:
    """True once a day of shop time."""
    return supplier.reconciled_at is None or now - supplier.reconciled_at >= EVERY


def record_reconciled(
    scope: Scope, session: Session, supplier_id: int, told: Sequence[SupplierOrder], now: datetime
) -> int:
    """Compares the supplier's orders with our purchases; returns how many are not ours.

    Two live orders under one reference are a double buy, an order with a reference of our form but without a row is one
    that we lost. Orders that a person placed there without our reference are none of our business.
    """
    supplier = session.get_one(Supplier, supplier_id)
    supplier.reconciled_at = now
    live = [order for order in told if order.status != "cancelled" and order.reference.startswith("TS-")]
    query = select(Purchase.reference).where(
        Purchase.supplier_id == supplier_id, Purchase.reference.in_([order.reference for order in live])
    )
    known = set(session.scalars(query))
    strange = 0
    seen: set[str] = set()
    for order in live:
        twice = order.reference in seen
        seen.add(order.reference)
        if order.reference in known and not twice:
            continue
        strange += 1
        what = "twice" if twice else said("without a purchase of ours")
        why = said(
            "{supplier} has order {number} under {reference} {what}. Look it up there and cancel what "
            "was not wanted.",
            supplier=supplier.name,
            number=order.supplier_order_id,
            reference=order.reference,
            what=what,
        )
        open_attention(
            scope,
            session,
            Cause(
                client_id=supplier.client_id,
                kind="strange_purchase",
                key=f"supplier:{supplier_id}:{order.supplier_order_id}",
                why=why,
                action="check_supplier",
                supplier_id=supplier_id,
                loss_minor=order.total.amount if order.total else 0,
                currency=order.total.currency if order.total else supplier.currency,
            ),
        )
    return strange
