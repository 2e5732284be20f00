"""Handing tracking to TikTok: TikTok's carrier lists, the firewall, the ship effect and what TikTok answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agency.domain.addresses import Address, fingerprint
from agency.domain.effects import EffectKind
from agency.domain.firewall import (
    FirewallFinding,
    NumberUse,
    ParcelClaim,
    ParcelContext,
    carrier_of,
    check_parcel,
    may_push,
    provider_for,
)
from agency.domain.orders import CANCELLED
from agency.domain.parcels import ParcelState, Provider, ShipReceipt, ShipRequest
from agency.domain.said import said
from agency.domain.scope import Scope
from agency.domain.tracking_numbers import normalise
from agency.models.catalog import CarrierOverride
from agency.models.effects import Effect
from agency.models.orders import Order, OrderLine
from agency.models.parcels import Parcel, ParcelLine
from agency.models.purchasing import Purchase
from agency.models.shops import ProviderList, Shop
from agency.services.attention import open_attention
from agency.services.contacts_store import find_contact
from agency.services.effects import EffectRef, intend
from agency.services.parcel_progress import follow_orders
from agency.services.parcels import close_parcel_attention, parcel_cause, tracking_facts
from agency.services.sealing import Keyring
from agency.services.timeline import record_event

LIST_AGE = timedelta(days=1)  # TikTok's lists are kept about a day (facts, section 5.2)


@dataclass(frozen=True)
class NewParcel:
    """A parcel that the firewall has not seen, with its order's delivery option."""

    parcel_id: int
    delivery_option_id: str


def list_new_parcels(session: Session, shop_id: int, limit: int) -> list[NewParcel]:
    """Parcels of a shop that wait for the firewall, the most urgent order first."""
    query = (
        select(Parcel.id, Order.delivery_option_id)
        .join(Order, Order.id == Parcel.order_id)
        .where(Parcel.shop_id == shop_id, Parcel.state == ParcelState.NEW)
        .order_by(Order.due_at.nulls_last(), Parcel.id)
        .limit(limit)
    )
    return [NewParcel(row.id, row.delivery_option_id) for row in session.execute(query)]


def known_providers(session: Session, shop_id: int, now: datetime) -> dict[str, list[tuple[str, str]]]:
    """TikTok's carrier lists that are fresh enough, per delivery option."""
    query = select(ProviderList).where(ProviderList.shop_id == shop_id, ProviderList.read_at > now - LIST_AGE)
    return {row.delivery_option_id: [(p[0], p[1]) for p in row.providers] for row in session.scalars(query)}


def store_providers(
    session: Session, shop: Shop, delivery_option_id: str, providers: Sequence[Provider], now: datetime
) -> None:
    """Keeps TikTok's list for about a day."""
    row = session.get(ProviderList, {"shop_id": shop.id, "delivery_option_id": delivery_option_id})
    value = [[provider.provider_id, provider.name] for provider in providers]
    if row is not None:
        row.providers, row.read_at = value, now
        return
    session.add(
        ProviderList(
            agency_id=shop.agency_id,
            client_id=shop.client_id,
            shop_id=shop.id,
            delivery_option_id=delivery_option_id,
            providers=value,
            read_at=now,
        )
    )


def judge_parcel(
    scope: Scope,
    session: Session,
    keyring: Keyring,
    parcel_id: int,
    providers: Sequence[tuple[str, str]],
    now: datetime,
) -> None:
    """Runs the firewall over a new parcel: it becomes READY with a ship effect, or BLOCKED with all findings.

    A number that TikTok shows on all of its lines already (handed over before a restore) is PUSHED as it is.
    """
    parcel = session.get_one(Parcel, parcel_id, with_for_update=True)
    order = session.get_one(Order, parcel.order_id)
    if parcel.state != ParcelState.NEW:
        return
    if order.status == CANCELLED:
        parcel.state = ParcelState.VOID
        return
    if _is_known_to_tiktok(scope, session, parcel, now):
        return
    shop = session.get_one(Shop, parcel.shop_id)
    contact = find_contact(session, keyring, order.id)
    claim = ParcelClaim(
        parcel.tracking_number, parcel.carrier_text, parcel.postal_code, parcel.supplier_shipped_at
    )
    world = _world(session, shop, order, parcel, contact.address if contact else None, providers, now)
    findings = check_parcel(claim, world)
    parcel.findings = [asdict(finding) for finding in findings]
    parcel.carrier = carrier_of(claim) or ""
    match = provider_for(claim, world)
    parcel.provider_id, parcel.provider_name = match.provider_id, match.name
    if may_push(findings) and match.provider_id:
        parcel.state = ParcelState.READY
        _intend_ship(scope, session, order, parcel)
        return
    _block(scope, session, order, parcel, findings, now)


def _block(
    scope: Scope,
    session: Session,
    order: Order,
    parcel: Parcel,
    findings: Sequence[FirewallFinding],
    now: datetime,
) -> None:
    parcel.state = ParcelState.BLOCKED
    sentences = " ".join(finding.sentence for finding in findings if finding.severity == "block")
    why = sentences or said(
        "TikTok's list has no carrier for {carrier}. Choose one for this supplier.",
        carrier=repr(parcel.carrier_text),
    )
    record_event(
        scope, session, order, "tracking_blocked", {"number": parcel.tracking_number, "why": why}, now
    )
    # One choice of a carrier mends every parcel with this text, so such rows of Today fold.
    if all(finding.code == "carrier_unknown" for finding in findings if finding.severity == "block"):
        cause = parcel_cause(
            order, parcel, "tracking_blocked", why, "choose_carrier", carrier=parcel.carrier_text
        )
    else:
        cause = parcel_cause(order, parcel, "tracking_blocked", why, "add_tracking")
    open_attention(scope, session, cause)


def _is_known_to_tiktok(scope: Scope, session: Session, parcel: Parcel, now: datetime) -> bool:
    """True when every line of the parcel travels under this very number at TikTok already; then it is PUSHED."""
    query = (
        select(OrderLine.tracking_number, OrderLine.package_id)
        .join(ParcelLine, ParcelLine.order_line_id == OrderLine.id)
        .where(ParcelLine.parcel_id == parcel.id)
    )
    lines = session.execute(query).all()
    if not lines or any(normalise(line.tracking_number) != parcel.tracking_number for line in lines):
        return False
    record_shipped(scope, session, parcel.id, ShipReceipt(lines[0].package_id), now)
    session.flush()
    follow_orders(session, [parcel.order_id], now)
    return True


def _world(
    session: Session,
    shop: Shop,
    order: Order,
    parcel: Parcel,
    address: Address | None,
    providers: Sequence[tuple[str, str]],
    now: datetime,
) -> ParcelContext:
    used = (
        select(Order.tiktok_order_id, Order.address_key)
        .join(Parcel, Parcel.order_id == Order.id)
        .where(
            Parcel.tracking_number == parcel.tracking_number,
            Parcel.order_id != order.id,
            Parcel.state != ParcelState.VOID,
        )
    )
    return ParcelContext(
        region=shop.region,
        order_id=order.tiktok_order_id,
        ordered_at=order.placed_at,
        recipient=fingerprint(address) if address else order.address_key,
        postal_code=address.postal_code if address else "",
        providers=providers,
        now=now,
        uses=[NumberUse(row.tiktok_order_id, row.address_key) for row in session.execute(used)],
        provider_override=_override(session, parcel, providers),
        usps_allowed=shop.usps_allowed,
    )


def _override(session: Session, parcel: Parcel, providers: Sequence[tuple[str, str]]) -> str:
    if parcel.purchase_id is None:
        return ""
    supplier_id = session.get_one(Purchase, parcel.purchase_id).supplier_id
    query = select(CarrierOverride.provider_name).where(
        CarrierOverride.supplier_id == supplier_id, CarrierOverride.carrier_text == parcel.carrier_text
    )
    wanted = session.scalars(query).one_or_none()
    return next((provider_id for provider_id, name in providers if name == wanted), "")


def _intend_ship(scope: Scope, session: Session, order: Order, parcel: Parcel) -> None:
    ref = EffectRef(order.client_id, order.shop_id, order.id, parcel_id=parcel.id)
    key = f"{order.tiktok_order_id}:{parcel.tracking_number}"
    refused = session.scalar(
        select(func.count()).where(Effect.parcel_id == parcel.id, Effect.kind == EffectKind.SHIP)
    )
    if refused:  # TikTok said no to this number once; a person mended it, so this is another write
        key = f"{key}:{refused + 1}"
    intend(scope, session, EffectKind.SHIP, key, ref, {"provider_id": parcel.provider_id})


def ship_request(session: Session, parcel: Parcel) -> ShipRequest:
    """What TikTok is told: the lines of the parcel by TikTok's ids."""
    query = (
        select(OrderLine.tiktok_line_id)
        .join(ParcelLine, ParcelLine.order_line_id == OrderLine.id)
        .where(ParcelLine.parcel_id == parcel.id)
        .order_by(OrderLine.id)
    )
    order = session.get_one(Order, parcel.order_id)
    lines = tuple(session.scalars(query))
    return ShipRequest(order.tiktok_order_id, lines, parcel.tracking_number, parcel.provider_id)


def record_shipped(
    scope: Scope, session: Session, parcel_id: int, receipt: ShipReceipt, now: datetime
) -> None:
    """TikTok took the number; a warning is kept and shown."""
    parcel = session.get_one(Parcel, parcel_id)
    order = session.get_one(Order, parcel.order_id)
    parcel.state, parcel.package_id, parcel.warning = ParcelState.PUSHED, receipt.package_id, receipt.warning
    parcel.pushed_at = now
    data = {**tracking_facts(parcel), "package_id": receipt.package_id, "warning": receipt.warning}
    record_event(scope, session, order, "tracking_sent", data, now)
    close_parcel_attention(scope, session, parcel)
    if receipt.warning:
        why = said(
            "TikTok took {number} but warns: {warning}. Check the carrier.",
            number=parcel.tracking_number,
            warning=receipt.warning,
        )
        open_attention(scope, session, parcel_cause(order, parcel, "ship_warning", why, "look"))


def record_ship_refused(scope: Scope, session: Session, parcel_id: int, reason: str, now: datetime) -> None:
    """TikTok refused the number: a person looks, the clock goes on."""
    parcel = session.get_one(Parcel, parcel_id)
    order = session.get_one(Order, parcel.order_id)
    parcel.state = ParcelState.VOID if order.status == CANCELLED else ParcelState.REFUSED
    record_event(scope, session, order, "tracking_refused", {**tracking_facts(parcel), "reason": reason}, now)
    if parcel.state == ParcelState.REFUSED:
        why = said(
            "TikTok refused {number} ({reason}). Ask the supplier, then enter the right number.",
            number=parcel.tracking_number,
            reason=reason,
        )
        open_attention(scope, session, parcel_cause(order, parcel, "tracking_refused", why, "add_tracking"))


def record_ship_review(scope: Scope, session: Session, parcel_id: int) -> None:
    """It cannot be told whether TikTok took the number: a person compares it in Seller Center."""
    parcel = session.get_one(Parcel, parcel_id)
    order = session.get_one(Order, parcel.order_id)
    why = said(
        "It is not known whether TikTok took {number}. Compare the order in Seller Center.",
        number=parcel.tracking_number,
    )
    open_attention(scope, session, parcel_cause(order, parcel, "tracking_refused", why, "look"))
