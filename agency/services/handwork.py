"""Work that people do: buying on a supplier's website under a claim, packing from the shelf, entering tracking."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.errors import Conflict, Invalid
from agency.domain.money import Money
from agency.domain.orders import CANCELLED
from agency.domain.purchasing import Package, PurchaseState
from agency.domain.said import said
from agency.domain.scope import Scope
from agency.domain.tracking_numbers import format_problem, normalise
from agency.models.catalog import Supplier
from agency.models.orders import Order
from agency.models.purchasing import Purchase
from agency.services.approvals import get_order
from agency.services.attention import close_attention
from agency.services.audit import Act, record_act
from agency.services.consents import require_consent
from agency.services.parcels import correct_carrier, record_package
from agency.services.public_ids import as_public_id
from agency.services.purchase_outcomes import record_paid
from agency.services.purchases import move
from agency.services.timeline import record_event
from agency.services.visibility import get_visible

CLAIM_LIFE = timedelta(minutes=15)  # machine time in which only the claimer may buy


def get_purchase(scope: Scope, session: Session, public_id: str) -> Purchase:
    """The purchase, locked; NotFound alike for unknown and foreign ones."""
    key = as_public_id(public_id, "Purchase")
    purchase = get_visible(scope, session, Purchase, "Purchase", Purchase.public_id == key)
    session.refresh(purchase, with_for_update=True)
    return purchase


def claim_purchase(scope: Scope, session: Session, purchase_public_id: str, now: datetime) -> None:
    """Takes a purchase for fifteen minutes, so that two people cannot buy it.

    Raises Conflict when it is taken, or while the client's consent for the supplier is missing.
    """
    scope.require_write()
    purchase = get_purchase(scope, session, purchase_public_id)
    require_consent(session, session.get_one(Supplier, purchase.supplier_id))
    moment = machine_now()
    taken = session.execute(
        update(Purchase)
        .where(
            Purchase.id == purchase.id,
            Purchase.state == PurchaseState.READY,
            (Purchase.claimed_by == scope.actor)
            | (Purchase.claimed_until.is_(None))
            | (Purchase.claimed_until < moment),
        )
        .values(claimed_by=scope.actor, claimed_until=moment + CLAIM_LIFE)
        .execution_options(synchronize_session=False)
    )
    if not taken.rowcount:  # type: ignore[attr-defined]
        raise Conflict(
            "Somebody else is buying this order, or it was bought already. Open the order to see who."
        )
    record_event(scope, session, session.get_one(Order, purchase.order_id), "claimed", {}, now)
    act = Act("purchase.claimed", "purchase", str(purchase.public_id), purchase.client_id)
    record_act(scope, session, act)


def release_claim(scope: Scope, session: Session, purchase_public_id: str) -> None:
    """Gives a claimed purchase back before its fifteen minutes are over."""
    scope.require_write()
    purchase = get_purchase(scope, session, purchase_public_id)
    if purchase.claimed_by == scope.actor:
        purchase.claimed_by, purchase.claimed_until = "", None


def record_bought(
    scope: Scope,
    session: Session,
    purchase_public_id: str,
    supplier_order_id: str,
    cost_minor: int,
    now: datetime,
) -> None:
    """What a person bought on the website: the supplier's order number and what it cost, shipping included.

    Raises Conflict when the purchase was not claimed by this person, and Invalid for a number that was used already
    (the sign of a double buy).
    """
    scope.require_write()
    purchase = get_purchase(scope, session, purchase_public_id)
    number = supplier_order_id.strip()
    if not number or len(number) > 80:
        raise Invalid(
            "supplier_order_id", "Enter the supplier's order number as it stands in its confirmation."
        )
    if cost_minor < 0:
        raise Invalid("cost", "Enter what it cost in all, without a minus sign.")
    if purchase.state != PurchaseState.READY or purchase.claimed_by != scope.actor:
        raise Conflict("Claim the purchase first; then only you can buy it.")
    order = session.get_one(Order, purchase.order_id)
    try:
        with session.begin_nested():
            move(session, purchase, PurchaseState.PLACED, supplier_order_id=number, placed_at=now)
    except IntegrityError as error:
        raise Invalid(
            "supplier_order_id",
            said(
                "Order number {number} is entered for another purchase. Check for a double buy.",
                number=number,
            ),
        ) from error
    record_event(scope, session, order, "bought_by_hand", {"supplier_order_id": number}, now)
    record_paid(scope, session, purchase, Money(cost_minor, purchase.currency), now)
    close_attention(scope, session, order.client_id, "buy_by_hand", f"purchase:{purchase.id}")
    act = Act("purchase.bought_by_hand", "purchase", str(purchase.public_id), purchase.client_id)
    record_act(scope, session, act)


def record_tracking(
    scope: Scope,
    session: Session,
    number: str,
    carrier: str,
    tracking_number: str,
    line_ids: Sequence[str],
    now: datetime,
) -> None:
    """A tracking number entered by a person, for all bought lines of an order or for those named.

    It goes through the same firewall as a supplier's. Raises Invalid naming the field, Conflict for the wrong moment.
    """
    scope.require_write()
    order = get_order(scope, session, number)
    problem = format_problem(normalise(tracking_number))
    if problem:
        raise Invalid("tracking_number", problem)
    if not carrier.strip():
        raise Invalid("carrier", "Say which carrier has the parcel.")
    if order.status == CANCELLED:
        raise Conflict("The order is cancelled; TikTok takes no tracking for it any more.")
    purchases = list(
        session.scalars(
            select(Purchase).where(
                Purchase.order_id == order.id, Purchase.state.in_((PurchaseState.PAID, PurchaseState.SHIPPED))
            )
        )
    )
    if not purchases:
        raise Conflict("Nothing of this order is bought yet. Enter the purchase first.")
    refs = dict.fromkeys(line_ids, 1)
    package = Package("", carrier.strip(), tracking_number, now, refs)
    parcel = correct_carrier(scope, session, order, tracking_number, carrier.strip(), now) or record_package(
        scope, session, order, None if refs else purchases[0], package, now
    )
    if parcel is None:
        raise Invalid("tracking_number", "This number is entered for this order already.")
    for purchase in purchases:
        close_attention(scope, session, order.client_id, "pack", f"purchase:{purchase.id}")
        if purchase.state == PurchaseState.PAID:
            move(session, purchase, PurchaseState.SHIPPED, shipped_at=now)
    record_act(scope, session, Act("tracking.typed", "order", number, order.client_id))
