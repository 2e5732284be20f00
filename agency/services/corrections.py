"""Correcting a tracking number that TikTok has: once, and in the US within 72 hours of shipping (changelog, 2025)."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from agency.domain.carriers import match_provider, normalise_carrier
from agency.domain.effects import EffectKind, EffectState
from agency.domain.errors import Conflict, Invalid
from agency.domain.parcels import ParcelState, ShipReceipt
from agency.domain.said import said
from agency.domain.scope import Scope
from agency.domain.tracking_numbers import format_problem, normalise
from agency.lanes import make_due
from agency.models.effects import Effect
from agency.models.orders import Order
from agency.models.parcels import Parcel
from agency.models.shops import ProviderList
from agency.services.attention import open_attention
from agency.services.audit import Act, record_act
from agency.services.effects import EffectRef, intend
from agency.services.order_page_rows import ParcelRow
from agency.services.parcels import close_parcel_attention, parcel_cause
from agency.services.public_ids import as_public_id
from agency.services.timeline import record_event
from agency.services.visibility import get_visible

WINDOW = timedelta(hours=72)
CORRECTIONS = 1


def corrections_left(parcel: Parcel | ParcelRow, now: datetime) -> int:
    """How often the number may still be corrected; 0 once it was, or once the window is over."""
    if parcel.state not in (ParcelState.PUSHED, ParcelState.IN_TRANSIT) or parcel.pushed_at is None:
        return 0
    return max(CORRECTIONS - parcel.corrections, 0) if now - parcel.pushed_at <= WINDOW else 0


def request_correction(
    scope: Scope, session: Session, parcel_public_id: str, carrier: str, tracking_number: str, now: datetime
) -> None:
    """Has a parcel's number or carrier corrected at TikTok.

    Raises Conflict when TikTok would not take a correction any more, Invalid naming the field otherwise.
    """
    scope.require_write()
    key = as_public_id(parcel_public_id, "Parcel")
    parcel = get_visible(scope, session, Parcel, "Parcel", Parcel.public_id == key)
    session.refresh(parcel, with_for_update=True)
    order = session.get_one(Order, parcel.order_id)
    if not corrections_left(parcel, now) or _is_under_way(session, parcel):
        raise Conflict("TikTok takes one correction within 72 hours of shipping; this parcel has none left.")
    number = normalise(tracking_number)
    problem = format_problem(number)
    if problem:
        raise Invalid("tracking_number", problem)
    provider_id, provider_name = _provider(session, order, carrier)
    if (number, provider_id) == (parcel.tracking_number, parcel.provider_id):
        raise Invalid("tracking_number", "This is what TikTok has already. Change the number or the carrier.")
    payload = {
        "number": number,
        "provider_id": provider_id,
        "provider_name": provider_name,
        "carrier": carrier,
    }
    ref = EffectRef(order.client_id, order.shop_id, order.id, parcel_id=parcel.id)
    intend(scope, session, EffectKind.CORRECT, f"{parcel.public_id}:{parcel.corrections + 1}", ref, payload)
    record_event(
        scope, session, order, "correction_requested", {"old": parcel.tracking_number, "new": number}, now
    )
    make_due(session, api="ship", shop_id=order.shop_id)
    act = Act("tracking.corrected", "parcel", str(parcel.public_id), parcel.client_id)
    record_act(scope, session, act)


def record_corrected(
    scope: Scope,
    session: Session,
    parcel_id: int,
    payload: dict[str, str],
    receipt: ShipReceipt,
    now: datetime,
) -> None:
    """TikTok took the correction."""
    parcel = session.get_one(Parcel, parcel_id)
    order = session.get_one(Order, parcel.order_id)
    old = parcel.tracking_number
    parcel.tracking_number, parcel.provider_id = payload["number"], payload["provider_id"]
    parcel.provider_name, parcel.carrier_text = payload["provider_name"], payload["carrier"]
    parcel.carrier = normalise_carrier(payload["carrier"]) or ""
    parcel.corrections += 1
    parcel.warning = receipt.warning
    close_parcel_attention(scope, session, parcel)
    record_event(
        scope, session, order, "tracking_corrected", {"old": old, "new": parcel.tracking_number}, now
    )


def record_correction_refused(
    scope: Scope, session: Session, parcel_id: int, reason: str, now: datetime
) -> None:
    """TikTok refused the correction; the old number stays there, and a person writes to TikTok."""
    parcel = session.get_one(Parcel, parcel_id)
    order = session.get_one(Order, parcel.order_id)
    record_event(scope, session, order, "correction_refused", {"reason": reason}, now)
    why = said(
        "TikTok did not take the correction of {number} ({reason}). Write to TikTok's support "
        "within 30 days of the order.",
        number=parcel.tracking_number,
        reason=reason,
    )
    open_attention(scope, session, parcel_cause(order, parcel, "tracking_refused", why, "look"))


def _is_under_way(session: Session, parcel: Parcel) -> bool:
    query = select(Effect.id).where(
        Effect.parcel_id == parcel.id,
        Effect.kind == EffectKind.CORRECT,
        Effect.state.in_((*EffectState.OPEN, EffectState.REVIEW)),
    )
    return session.scalar(query.limit(1)) is not None


def _provider(session: Session, order: Order, carrier: str) -> tuple[str, str]:
    row = session.get(
        ProviderList, {"shop_id": order.shop_id, "delivery_option_id": order.delivery_option_id}
    )
    providers = [(p[0], p[1]) for p in row.providers] if row else []
    for provider_id, name in providers:
        if name.lower() == carrier.strip().lower():
            return provider_id, name
    match = match_provider(normalise_carrier(carrier) or "", providers)
    if not match.found:
        known = ", ".join(name for _id, name in providers) or said("none yet")
        raise Invalid(
            "carrier",
            said(
                "TikTok does not list {carrier} for this order. It lists: {known}.",
                carrier=repr(carrier),
                known=known,
            ),
        )
    return match.provider_id, match.name
