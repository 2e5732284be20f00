"""Parcels: what suppliers say they shipped, the firewall's verdict, and what TikTok was told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from agency.domain.orders import CANCELLED
from agency.domain.parcels import ParcelState
from agency.domain.purchasing import Package, PurchaseState, SupplierOrder
from agency.domain.said import said
from agency.domain.scope import Scope
from agency.domain.tracking_numbers import normalise
from agency.lanes import make_due
from agency.models.orders import Order, OrderLine
from agency.models.parcels import Parcel, ParcelLine
from agency.models.purchasing import Purchase, PurchaseLine
from agency.services.attention import Cause, close_attention, open_attention
from agency.services.purchase_outcomes import record_supplier_cancelled
from agency.services.purchases import move
from agency.services.timeline import record_event

UNPUSHED = (ParcelState.NEW, ParcelState.BLOCKED, ParcelState.READY, ParcelState.REFUSED)


def record_supplier_order(
    scope: Scope, session: Session, purchase_id: int, told: SupplierOrder, now: datetime
) -> None:
    """Stores what a supplier tells of its order: packages, a cancellation, a word that we do not know."""
    purchase = session.get_one(Purchase, purchase_id, with_for_update=True)
    order = session.get_one(Order, purchase.order_id)
    if told.status == "cancelled" and purchase.state in (PurchaseState.PAID, PurchaseState.PLACED):
        record_supplier_cancelled(scope, session, purchase, now)
        return
    if told.status == "unknown":
        _flag_status(scope, session, order, purchase, told)
    for package in told.packages:
        record_package(scope, session, order, purchase, package, now)
    session.flush()
    if told.packages and purchase.state == PurchaseState.PAID and _all_lines_travel(session, purchase):
        move(session, purchase, PurchaseState.SHIPPED, shipped_at=now)
        close_attention(scope, session, order.client_id, "tracking_late", f"purchase:{purchase.id}")


def record_package(
    scope: Scope, session: Session, order: Order, purchase: Purchase | None, package: Package, now: datetime
) -> Parcel | None:
    """One package as a parcel; a number that is known already changes nothing, a corrected one replaces the old."""
    number = normalise(package.tracking_number) or package.tracking_number.strip()
    if not number or order.status == CANCELLED:
        return None
    known = session.scalars(
        select(Parcel).where(Parcel.order_id == order.id, Parcel.tracking_number == number)
    ).one_or_none()
    if known is not None:
        return _told_again(session, known, package)
    lines = _lines_of(session, order, purchase, package)
    if not lines:
        return None
    _replace_unpushed(scope, session, order, [line.id for line in lines], number, now)
    tenant: dict[str, Any] = {
        "agency_id": order.agency_id,
        "client_id": order.client_id,
        "shop_id": order.shop_id,
    }
    parcel = Parcel(
        **tenant,
        order_id=order.id,
        purchase_id=purchase.id if purchase else None,
        state=ParcelState.NEW,
        tracking_number=number,
        carrier_text=package.carrier,
        postal_code=package.postal_code,
        supplier_shipped_at=package.shipped_at,
    )
    session.add(parcel)
    session.flush()
    for line in lines:
        session.add(ParcelLine(**tenant, parcel_id=parcel.id, order_line_id=line.id))
    data = {"number": number, "carrier": package.carrier, "units": len(lines)}
    record_event(scope, session, order, "tracking_received", data, now)
    make_due(session, api="ship", shop_id=order.shop_id)
    return parcel


def correct_carrier(
    scope: Scope, session: Session, order: Order, tracking_number: str, carrier: str, now: datetime
) -> Parcel | None:
    """A person names another carrier for a number that was stopped or refused: it goes through the firewall again."""
    parcel = session.scalars(
        select(Parcel).where(
            Parcel.order_id == order.id,
            Parcel.tracking_number == normalise(tracking_number),
            Parcel.state.in_((ParcelState.BLOCKED, ParcelState.REFUSED)),
            Parcel.carrier_text != carrier,
        )
    ).one_or_none()
    if parcel is None:
        return None
    data = {"number": parcel.tracking_number, "old": parcel.carrier_text, "carrier": carrier}
    record_event(scope, session, order, "carrier_corrected", data, now)
    parcel.carrier_text, parcel.state, parcel.findings = carrier, ParcelState.NEW, []
    close_parcel_attention(scope, session, parcel)
    make_due(session, api="ship", shop_id=order.shop_id)
    return parcel


def _told_again(session: Session, parcel: Parcel, package: Package) -> Parcel | None:
    """The same number with another carrier: looked at anew while TikTok does not have it."""
    if parcel.state not in UNPUSHED or parcel.carrier_text == package.carrier:
        return None
    parcel.carrier_text, parcel.state = package.carrier, ParcelState.NEW
    session.flush()
    make_due(session, api="ship", shop_id=parcel.shop_id)
    return parcel


def _lines_of(
    session: Session, order: Order, purchase: Purchase | None, package: Package
) -> Sequence[OrderLine]:
    """The order lines in a package: those it names, else all of the purchase that travel in no other parcel."""
    query = select(OrderLine).where(OrderLine.order_id == order.id, OrderLine.display_status != CANCELLED)
    if purchase is not None:
        bought = select(PurchaseLine.order_line_id).where(PurchaseLine.purchase_id == purchase.id)
        query = query.where(OrderLine.id.in_(bought))
    lines = list(session.scalars(query.order_by(OrderLine.id)))
    if package.line_refs:
        return [line for line in lines if line.tiktok_line_id in package.line_refs]
    travelling = set(
        session.scalars(
            select(ParcelLine.order_line_id)
            .join(Parcel, Parcel.id == ParcelLine.parcel_id)
            .where(Parcel.order_id == order.id, Parcel.state.in_(ParcelState.WITH_TIKTOK))
        )
    )
    return [line for line in lines if line.id not in travelling]


def _replace_unpushed(
    scope: Scope, session: Session, order: Order, line_ids: Sequence[int], number: str, now: datetime
) -> None:
    """A second number for the same lines: one that TikTok does not have yet is replaced, else a person corrects it."""
    query = (
        select(Parcel)
        .join(ParcelLine, ParcelLine.parcel_id == Parcel.id)
        .where(
            Parcel.order_id == order.id,
            ParcelLine.order_line_id.in_(line_ids),
            Parcel.state != ParcelState.VOID,
        )
        .distinct()
    )
    for old in session.scalars(query):
        if old.state in UNPUSHED:
            old.state = ParcelState.VOID
            close_parcel_attention(scope, session, old)
            record_event(
                scope, session, order, "tracking_replaced", {"old": old.tracking_number, "new": number}, now
            )
        else:
            why = said(
                "The supplier now names {number} for a parcel that TikTok knows as {former}. Correct it "
                "in the order while TikTok still allows that (once, within 72 hours).",
                number=number,
                former=old.tracking_number,
            )
            open_attention(scope, session, parcel_cause(order, old, "tracking_changed", why, "add_tracking"))
    session.flush()


def _all_lines_travel(session: Session, purchase: Purchase) -> bool:
    missing = session.execute(
        text(
            """
            select 1 from purchase_lines pl where pl.purchase_id = :id and not exists (
              select 1 from parcel_lines l join parcels p on p.id = l.parcel_id
              where l.order_line_id = pl.order_line_id and p.state <> 'void') limit 1
            """
        ),
        {"id": purchase.id},
    ).first()
    return missing is None


def _flag_status(
    scope: Scope, session: Session, order: Order, purchase: Purchase, told: SupplierOrder
) -> None:
    why = said(
        "The supplier reports a state that Shopfleet does not know ({state}). Look at the order there.",
        state=repr(told.raw_status),
    )
    open_attention(
        scope,
        session,
        Cause(
            client_id=order.client_id,
            kind="unknown_code",
            key=f"supplier:{purchase.supplier_id}:{told.raw_status[:60]}",
            why=why,
            action="check_supplier",
            shop_id=order.shop_id,
            order_id=order.id,
            supplier_id=purchase.supplier_id,
            due_at=order.due_at,
            loss_minor=order.total_minor,
            currency=order.currency,
        ),
    )


def parcel_cause(order: Order, parcel: Parcel, kind: str, why: str, action: str, **more: str) -> Cause:
    """A decision about one parcel; `more` says what else the list must know about it."""
    return Cause(
        client_id=order.client_id,
        kind=kind,
        key=f"parcel:{parcel.id}",
        why=why,
        action=action,
        shop_id=order.shop_id,
        order_id=order.id,
        due_at=order.due_at,
        loss_minor=order.total_minor,
        currency=order.currency,
        data={"parcel": str(parcel.public_id), "number": parcel.tracking_number, **more},
    )


PARCEL_KINDS = ("tracking_blocked", "tracking_refused", "tracking_changed", "ship_warning", "no_first_scan")


def close_parcel_attention(
    scope: Scope, session: Session, parcel: Parcel, kinds: Sequence[str] = PARCEL_KINDS
) -> None:
    """Closes the open decisions about a parcel."""
    for kind in kinds:
        close_attention(scope, session, parcel.client_id, kind, f"parcel:{parcel.id}")


def tracking_facts(parcel: Parcel) -> Mapping[str, str]:
    """A parcel's number and carrier for events and answers."""
    return {"number": parcel.tracking_number, "carrier": parcel.carrier or parcel.carrier_text}
