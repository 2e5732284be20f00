"""A buyer's request to cancel has its own clock: shown until TikTok says that it is answered."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from agency.domain.orders import CancellationRequest
from agency.domain.scope import Scope
from agency.models.orders import Order
from agency.models.shops import Shop
from agency.services.attention import Cause, close_attention, open_attention

_PENDING = "CANCELLATION_REQUEST_PENDING"


def record_cancel_requests(
    scope: Scope, session: Session, shop: Shop, requests: Sequence[CancellationRequest]
) -> None:
    """Opens a decision with TikTok's own deadline per pending request, and closes those that are answered."""
    numbers = sorted({request.order_id for request in requests})
    query = select(Order).where(Order.shop_id == shop.id, Order.tiktok_order_id.in_(numbers))
    orders = {order.tiktok_order_id: order for order in session.scalars(query)}
    for request in requests:
        order = orders.get(request.order_id)
        if order is None:
            continue
        key = f"cancel:{request.cancel_id}"
        if request.status != _PENDING:
            close_attention(scope, session, order.client_id, "cancel_request", key)
            continue
        why = (
            f"The buyer asks to cancel ({request.reason or 'no reason given'}). Answer in TikTok; "
            "in the US shipping the order rejects the request."
        )
        open_attention(
            scope,
            session,
            Cause(
                client_id=order.client_id,
                kind="cancel_request",
                key=key,
                why=why,
                action="look",
                shop_id=shop.id,
                order_id=order.id,
                due_at=request.deadline or order.due_at,
                loss_minor=order.total_minor,
                currency=order.currency,
            ),
        )
