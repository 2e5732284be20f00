"""A decision about one purchase: its keys, clock and loss, the same wherever it is opened."""

from __future__ import annotations

from dataclasses import replace

from agency.models.orders import Order
from agency.models.purchasing import Purchase
from agency.services.attention import Cause


def purchase_cause(order: Order, purchase: Purchase, kind: str, why: str, action: str) -> Cause:
    """The order's clock runs and its whole sale is at stake; `dataclasses.replace` says otherwise where that is so."""
    return Cause(
        client_id=order.client_id,
        kind=kind,
        key=f"purchase:{purchase.id}",
        why=why,
        action=action,
        shop_id=order.shop_id,
        order_id=order.id,
        supplier_id=purchase.supplier_id,
        due_at=order.due_at,
        loss_minor=order.total_minor,
        currency=order.currency,
        data={"purchase": str(purchase.public_id)},
    )


def spent_cause(order: Order, purchase: Purchase, why: str) -> Cause:
    """Money that was spent for an order (or a part of it) that is cancelled: no clock, the purchase is the loss."""
    return replace(
        purchase_cause(order, purchase, "cancelled_after_purchase", why, "look"),
        due_at=None,
        loss_minor=purchase.actual_minor or purchase.expected_minor,
        currency=purchase.currency,
    )
