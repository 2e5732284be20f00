"""Settling by hand what no machine could tell: was it bought at the supplier or not."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.effects import EffectState
from agency.domain.errors import Conflict, Invalid
from agency.domain.money import Money
from agency.domain.purchasing import PurchaseState
from agency.domain.said import said
from agency.domain.scope import Scope
from agency.models.effects import Effect
from agency.models.orders import Order
from agency.services.attention import close_attention
from agency.services.audit import Act, record_act
from agency.services.effects import end_attempt
from agency.services.handwork import get_purchase
from agency.services.purchase_outcomes import record_paid, release
from agency.services.purchases import move
from agency.services.timeline import record_event

OUTCOMES = ("bought", "not_bought")


def settle_review(
    scope: Scope,
    session: Session,
    purchase_public_id: str,
    outcome: str,
    supplier_order_id: str,
    cost_minor: int | None,
    now: datetime,
) -> None:
    """A person looked at the supplier's own list. "bought" needs the number and cost; "not_bought" plans anew.

    Raises Conflict unless the purchase is in review, and Invalid naming the field that is missing.
    """
    scope.require_write()
    if outcome not in OUTCOMES:
        raise Invalid("outcome", "Say whether it was bought or not bought.")
    purchase = get_purchase(scope, session, purchase_public_id)
    if purchase.state != PurchaseState.REVIEW:
        raise Conflict("This purchase does not wait for a review. Open the order to see where it stands.")
    order = session.get_one(Order, purchase.order_id)
    record_event(
        scope, session, order, "review_settled", {"outcome": outcome, "number": supplier_order_id}, now
    )
    _end_effects(session, purchase.id, outcome)
    close_attention(scope, session, order.client_id, "purchase_review", f"purchase:{purchase.id}")
    details = {"outcome": outcome}
    act = Act("purchase.reviewed", "purchase", str(purchase.public_id), purchase.client_id, details)
    if outcome == "not_bought":
        release(scope, session, purchase, said("a person found that it was not bought"), now)
        record_act(scope, session, act)
        return
    number = supplier_order_id.strip() or purchase.supplier_order_id
    if not number:
        raise Invalid("supplier_order_id", "Enter the supplier's order number.")
    if cost_minor is None or cost_minor < 0:
        raise Invalid("cost", "Enter what the supplier charged in all.")
    move(
        session, purchase, PurchaseState.PLACED, supplier_order_id=number, placed_at=purchase.placed_at or now
    )
    record_paid(scope, session, purchase, Money(cost_minor, purchase.currency), now)
    record_act(scope, session, act)


def _end_effects(session: Session, purchase_id: int, outcome: str) -> None:
    """The person's word ends the effects that were in doubt, so that nothing is sent for them again."""
    query = select(Effect).where(
        Effect.purchase_id == purchase_id,
        Effect.state.in_((EffectState.REVIEW, EffectState.UNKNOWN, EffectState.INTENDED)),
    )
    for effect in session.scalars(query):
        if effect.state == EffectState.UNKNOWN:
            end_attempt(session, effect, EffectState.REVIEW)
            session.refresh(effect)
        state = EffectState.CONFIRMED if outcome == "bought" else EffectState.REFUSED
        if effect.state == EffectState.INTENDED:
            state = EffectState.REFUSED
        end_attempt(
            session,
            effect,
            state,
            reason=said("a person said: {outcome}", outcome=outcome),
            retry_at=machine_now(),
        )
