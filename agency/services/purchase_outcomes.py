"""What a supplier's answer means: placed, paid, refused, in doubt, dearer than agreed, cancelled."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from agency.domain.effects import EffectKind
from agency.domain.errors import RefusalReason
from agency.domain.ledger import EntryKind
from agency.domain.money import Money, format_money
from agency.domain.orders import CANCELLED
from agency.domain.purchasing import Blocker, PurchaseState, SupplierOrder
from agency.domain.said import said
from agency.domain.scope import Scope
from agency.lanes import make_due
from agency.models.catalog import SupplierItem
from agency.models.orders import Order
from agency.models.purchasing import Purchase, PurchaseLine
from agency.services.attention import Cause, close_attention, open_attention
from agency.services.blocked import block_order, plan_again
from agency.services.ledger import Entry, record_entries
from agency.services.purchase_causes import purchase_cause
from agency.services.purchases import TRACKING_DUTY, intend_at_supplier, move, receipt_of
from agency.services.stages import recompute
from agency.services.timeline import record_event

_MAY_BE_SENT = text(
    "select exists (select from effects where purchase_id = :id and state in ('sending', 'unknown', 'review'))"
)
_SOLD_OUT = (RefusalReason.OUT_OF_STOCK, RefusalReason.SKU_GONE)


def record_placed(
    scope: Scope,
    session: Session,
    purchase: Purchase,
    answer: SupplierOrder,
    pays_separately: bool,
    now: datetime,
) -> None:
    """The supplier has the order. A supplier that charges at once makes it paid; else the price is asked first."""
    order = session.get_one(Order, purchase.order_id)
    values = {
        "supplier_order_id": answer.supplier_order_id,
        "receipt": receipt_of(answer.receipt),
        "placed_at": now,
    }
    paid = answer.paid or not pays_separately
    if not move(session, purchase, PurchaseState.PLACED, **values):
        return
    data = {"reference": purchase.reference, "supplier_order_id": answer.supplier_order_id}
    record_event(scope, session, order, "purchase_placed", data, now)
    _close_doubt(scope, session, purchase)
    if answer.needs_attention:
        _stop_for_person(scope, session, order, purchase, answer.needs_attention, now)
    elif paid:
        record_paid(
            scope, session, purchase, answer.total or Money(purchase.expected_minor, purchase.currency), now
        )
        return
    else:
        intend_at_supplier(scope, session, purchase, EffectKind.PAY)
    _after(scope, session, order, now)


def record_paid(scope: Scope, session: Session, purchase: Purchase, total: Money, now: datetime) -> None:
    """Money is spent: booked against the order, and the supplier's duty to name a tracking id begins."""
    order = session.get_one(Order, purchase.order_id)
    values = {"actual_minor": total.amount, "paid_at": now, "tracking_due_at": now + TRACKING_DUTY}
    if not move(session, purchase, PurchaseState.PAID, **values):
        return
    data = {"reference": purchase.reference, "total_minor": total.amount, "currency": total.currency}
    record_event(scope, session, order, "purchase_paid", data, now)
    _book(scope, session, purchase, EntryKind.SUPPLIER_GOODS, -total.amount, "goods", now)
    _close_doubt(scope, session, purchase)
    make_due(session, api="tracking", supplier_id=purchase.supplier_id)
    _after(scope, session, order, now)


def record_refused(
    scope: Scope, session: Session, purchase: Purchase, reason: str, detail: str, now: datetime
) -> None:
    """A clear no. Sold out goes to the next supplier by itself; anything else is a decision for a person."""
    order = session.get_one(Order, purchase.order_id)
    if not move(session, purchase, PurchaseState.REFUSED, reason=f"{reason}: {detail}"[:500]):
        return
    record_event(scope, session, order, "purchase_refused", {"reason": reason, "detail": detail[:300]}, now)
    _close_doubt(scope, session, purchase)
    if reason in _SOLD_OUT:
        session.execute(
            update(SupplierItem)
            .where(
                SupplierItem.id.in_(
                    select(PurchaseLine.supplier_item_id).where(PurchaseLine.purchase_id == purchase.id)
                )
            )
            .values(stock_quantity=0)
        )
        plan_again(scope, session, [order.id], now)
    else:
        sentence = said(
            "The supplier refused ({reason}). Mend the cause, then try again or map another supplier.",
            reason=detail or reason,
        )
        block_order(scope, session, order, [Blocker("supplier_refused", sentence)], now)
    _after(scope, session, order, now)


def record_doubt(scope: Scope, session: Session, purchase: Purchase, detail: str, now: datetime) -> None:
    """The answer was lost: nothing is sent again before proof. The doubt is an open row until it is settled."""
    order = session.get_one(Order, purchase.order_id)
    if purchase.state in (PurchaseState.PLACING, PurchaseState.PAYING):
        move(session, purchase, PurchaseState.UNCONFIRMED, reason=detail[:500])
        record_event(scope, session, order, "purchase_in_doubt", {"detail": detail[:300]}, now)


def record_review(scope: Scope, session: Session, purchase: Purchase, now: datetime) -> None:
    """Nobody can tell by machine whether the supplier has it: a person looks at the supplier's own list."""
    order = session.get_one(Order, purchase.order_id)
    if not move(session, purchase, PurchaseState.REVIEW):
        return
    record_event(scope, session, order, "purchase_review", {"reference": purchase.reference}, now)
    why = said(
        "It is not known whether the supplier took order {reference}. Look it up at the supplier "
        "and say whether it was bought; until then nothing is sent again.",
        reference=purchase.reference,
    )
    if purchase.decision.get("restored") and purchase.reason:
        why = f"{purchase.reason} {why}"
    open_attention(scope, session, _cause(order, purchase, "purchase_review", why, "review_purchase"))
    _after(scope, session, order, now)


def record_dearer(scope: Scope, session: Session, purchase: Purchase, total: Money, now: datetime) -> None:
    """The supplier asks more than the ceiling before payment: a person approves the new price or lets it go."""
    order = session.get_one(Order, purchase.order_id)
    ceiling = format_money(Money(purchase.max_minor, purchase.currency))
    sentence = said(
        "The supplier now asks {total}; up to {ceiling} was planned. Approve the price to pay.",
        total=format_money(total),
        ceiling=ceiling,
    )
    if not move(session, purchase, PurchaseState.APPROVAL, reason=sentence, actual_minor=total.amount):
        return
    block_order(scope, session, order, [Blocker("price_changed", sentence, True)], now)
    _after(scope, session, order, now)


def release(scope: Scope, session: Session, purchase: Purchase, reason: str, now: datetime) -> bool:
    """Lets go of a purchase that was never sent; its lines are planned anew if the order still wants them.

    False for one that may have been sent (a restored backup does not know): what comes of its doubt decides.
    """
    if session.scalar(_MAY_BE_SENT, {"id": purchase.id}):
        return False
    order = session.get_one(Order, purchase.order_id)
    if not move(session, purchase, PurchaseState.CANCELLED, reason=reason[:500]):
        return False
    session.execute(
        text(
            """
            update effects set state = 'refused', reason = :reason, ended_at = now()
            where purchase_id = :id and state = 'intended'
            """
        ),
        {"id": purchase.id, "reason": reason[:500]},
    )
    record_event(scope, session, order, "purchase_released", {"reason": reason}, now)
    if order.status != CANCELLED:
        plan_again(scope, session, [order.id], now)
    _after(scope, session, order, now)
    return True


def record_supplier_cancelled(scope: Scope, session: Session, purchase: Purchase, now: datetime) -> None:
    """The supplier took the order back: the money is expected back, and the lines are free."""
    order = session.get_one(Order, purchase.order_id)
    paid = purchase.paid_at is not None
    if purchase.state != PurchaseState.CANCELLING:
        move(session, purchase, PurchaseState.CANCELLING)
    if not move(session, purchase, PurchaseState.CANCELLED, reason=said("cancelled at the supplier")):
        return
    if paid:
        _book(scope, session, purchase, EntryKind.SUPPLIER_REFUND, purchase.actual_minor or 0, "refund", now)
    record_event(
        scope, session, order, "purchase_cancelled", {"refund_minor": purchase.actual_minor or 0}, now
    )
    close_attention(scope, session, order.client_id, "cancelled_after_purchase", f"purchase:{purchase.id}")
    if order.status != CANCELLED:
        plan_again(scope, session, [order.id], now)
    _after(scope, session, order, now)


def record_cancel_too_late(
    scope: Scope, session: Session, purchase: Purchase, detail: str, now: datetime
) -> None:
    """The supplier will not take it back: the loss stays booked and a person decides about the goods."""
    order = session.get_one(Order, purchase.order_id)
    back = PurchaseState.PAID if purchase.paid_at else PurchaseState.PLACED
    if not move(session, purchase, back, reason=said("cancel refused: {detail}", detail=detail)[:500]):
        return
    record_event(scope, session, order, "cancel_refused", {"detail": detail[:300]}, now)
    lost = format_money(Money(purchase.actual_minor or purchase.expected_minor, purchase.currency))
    why = said(
        "The order was cancelled after {lost} was spent, and the supplier will not take it back. "
        "Ask for a return.",
        lost=lost,
    )
    cause = _cause(order, purchase, "cancelled_after_purchase", why, "look")
    open_attention(scope, session, cause)
    _after(scope, session, order, now)


def _stop_for_person(
    scope: Scope, session: Session, order: Order, purchase: Purchase, detail: str, now: datetime
) -> None:
    move(session, purchase, PurchaseState.REVIEW, reason=detail[:500])
    record_event(scope, session, order, "purchase_stopped", {"detail": detail[:300]}, now)
    why = said(
        "The supplier took the order but stopped it: {detail}. Settle it with the supplier; it is "
        "not paid yet.",
        detail=detail,
    )
    open_attention(scope, session, _cause(order, purchase, "purchase_review", why, "review_purchase"))


def _cause(order: Order, purchase: Purchase, kind: str, why: str, action: str) -> Cause:
    return replace(
        purchase_cause(order, purchase, kind, why, action),
        loss_minor=max(order.total_minor, purchase.actual_minor or purchase.expected_minor),
        data={"purchase": str(purchase.public_id), "reference": purchase.reference},
    )


def _close_doubt(scope: Scope, session: Session, purchase: Purchase) -> None:
    close_attention(scope, session, purchase.client_id, "purchase_review", f"purchase:{purchase.id}")


def _book(
    scope: Scope, session: Session, purchase: Purchase, kind: str, amount: int, word: str, now: datetime
) -> None:
    entry = Entry(
        client_id=purchase.client_id,
        shop_id=purchase.shop_id,
        order_id=purchase.order_id,
        key=f"purchase:{purchase.reference}:{word}",
        kind=kind,
        amount=Money(amount, purchase.currency),
        at=now,
        detail={"reference": purchase.reference},
    )
    record_entries(scope, session, [entry])


def _after(scope: Scope, session: Session, order: Order, now: datetime) -> None:
    session.flush()
    plan_at = recompute(scope, session, [order.id], now)
    if plan_at is not None:
        make_due(session, api="plan", shop_id=order.shop_id)
    session.expire(order)
