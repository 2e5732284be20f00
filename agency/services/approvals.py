"""A person's yes or no to an order that the machine will not buy by itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from agency.domain.effects import EffectKind
from agency.domain.errors import Conflict, Invalid
from agency.domain.orders import Stage
from agency.domain.purchasing import PurchaseState
from agency.domain.said import said
from agency.domain.scope import Scope
from agency.lanes import make_due
from agency.models.orders import Order
from agency.models.purchasing import Purchase
from agency.services.audit import Act, record_act
from agency.services.blocked import plan_again, unblock_order
from agency.services.purchase_outcomes import release
from agency.services.purchases import intend_at_supplier, move
from agency.services.stages import recompute
from agency.services.timeline import record_event
from agency.services.undo_steps import Step
from agency.services.visibility import get_visible

MOST_AT_ONCE = 50  # orders; what one page of the list shows


def get_order(scope: Scope, session: Session, number: str) -> Order:
    """The order with TikTok's number, locked; NotFound alike for unknown and foreign ones."""
    order = get_visible(scope, session, Order, "Order", Order.tiktok_order_id == number)
    session.refresh(order, with_for_update={"key_share": True})
    return order


def approve(scope: Scope, session: Session, number: str, codes: Sequence[str] | None, now: datetime) -> None:
    """Waves the approvable blockers through (all of them, or those named) and has the order bought.

    Raises Conflict when there is nothing to approve.
    """
    scope.require_write()
    order = get_order(scope, session, number)
    approvable = [blocker["code"] for blocker in order.blockers if blocker["approvable"]]
    wanted = [code for code in approvable if codes is None or code in codes]
    if not wanted:
        raise Conflict(
            "Nothing of this order waits for an approval now. Open the order to see where it stands."
        )
    record_event(scope, session, order, "approved", {"codes": wanted}, now)
    if "price_changed" in wanted:
        _pay_the_new_price(scope, session, order)
        unblock_order(scope, session, order)
    else:
        order.approved_codes = sorted({*order.approved_codes, *wanted})
        plan_again(scope, session, [order.id], now)
    session.flush()
    recompute(scope, session, [order.id], now)
    record_act(scope, session, Act("order.approved", "order", number, order.client_id, {"reasons": wanted}))


def approve_many(scope: Scope, session: Session, numbers: Sequence[str], now: datetime) -> dict[str, str]:
    """Approves each order on its own; returns why some were not, by number.

    Raises NotFound as soon as one is not the reader's (then none is approved), Invalid for none or too many.
    """
    scope.require_write()
    wanted = list(dict.fromkeys(numbers))
    if not wanted or len(wanted) > MOST_AT_ONCE:
        raise Invalid("numbers", said("Choose 1 to {most} orders.", most=MOST_AT_ONCE))
    refused: dict[str, str] = {}
    for number in wanted:
        try:
            with session.begin_nested():
                approve(scope, session, number, None, now)
        except Conflict as refusal:
            refused[number] = str(refusal)
    return refused


def decline(scope: Scope, session: Session, number: str, reason: str, now: datetime) -> None:
    """Says no: the order is held by this person until somebody releases it or cancels it in TikTok."""
    scope.require_write()
    order = get_order(scope, session, number)
    if order.stage not in Stage.BEFORE_BUYING:
        raise Conflict(
            said(
                "The order is {stage}; it can be declined only before it is bought.",
                stage=order.stage.replace("_", " "),
            )
        )
    order.held_by, order.plan_at = scope.actor, None
    unblock_order(scope, session, order)
    for purchase in session.scalars(
        select(Purchase).where(Purchase.order_id == order.id, Purchase.state == PurchaseState.APPROVAL)
    ):
        move(
            session, purchase, PurchaseState.CANCELLED, reason=said("declined: {reason}", reason=reason)[:500]
        )
    record_event(scope, session, order, "declined", {"reason": reason}, now)
    session.flush()
    recompute(scope, session, [order.id], now)
    record_act(scope, session, Act("order.declined", "order", number, order.client_id))


def hold(scope: Scope, session: Session, number: str, now: datetime) -> tuple[Step, ...]:
    """Keeps the machine away from an order; purchases that were not sent yet are let go.

    Returns what undoes it; nothing when somebody held it before, whose hold would end with that.
    """
    scope.require_write()
    order = get_order(scope, session, number)
    undone_by = () if order.held_by else (Step("hold", (number,)),)
    order.held_by = scope.actor
    record_event(scope, session, order, "held", {}, now)
    query = select(Purchase).where(Purchase.order_id == order.id, Purchase.state == PurchaseState.READY)
    for purchase in session.scalars(query):
        release(scope, session, purchase, said("held by a person"), now)
    session.flush()
    recompute(scope, session, [order.id], now)
    record_act(scope, session, Act("order.held", "order", number, order.client_id))
    return undone_by


def release_hold(scope: Scope, session: Session, number: str, now: datetime) -> tuple[Step, ...]:
    """Ends a hold; the order is planned again at once. Returns what undoes it, nothing when nobody held it."""
    scope.require_write()
    order = get_order(scope, session, number)
    undone_by = (Step("release", (number,)),) if order.held_by else ()
    order.held_by = ""
    record_event(scope, session, order, "released", {}, now)
    session.flush()
    plan_again(scope, session, [order.id], now)
    session.expire(order)
    recompute(scope, session, [order.id], now)
    record_act(scope, session, Act("order.released", "order", number, order.client_id))
    return undone_by


def try_again(scope: Scope, session: Session, number: str, now: datetime) -> None:
    """Plans a blocked order anew after its cause was mended."""
    scope.require_write()
    order = get_order(scope, session, number)
    record_event(scope, session, order, "try_again", {}, now)
    session.flush()
    plan_again(scope, session, [order.id], now)


def _pay_the_new_price(scope: Scope, session: Session, order: Order) -> None:
    query = select(Purchase).where(Purchase.order_id == order.id, Purchase.state == PurchaseState.APPROVAL)
    for purchase in session.scalars(query):
        values = {
            "max_minor": max(purchase.actual_minor or 0, purchase.max_minor),
            "approved_by": scope.actor,
        }
        if purchase.supplier_order_id:
            move(session, purchase, PurchaseState.READY, **values)
            move(session, purchase, PurchaseState.PLACED)
            intend_at_supplier(scope, session, purchase, EffectKind.PAY, ":approved")
        else:
            move(session, purchase, PurchaseState.READY, **values)
            make_due(session, api="purchase", supplier_id=purchase.supplier_id, planned_for=order.shop_id)
