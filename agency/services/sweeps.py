"""Rows that should have moved on and did not: found, said, and woken."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.parcels import ParcelState
from agency.domain.purchasing import PurchaseState
from agency.domain.said import said
from agency.domain.scope import Scope
from agency.lanes import make_due
from agency.models.orders import Order
from agency.models.parcels import Parcel
from agency.models.purchasing import Purchase
from agency.models.shops import Shop
from agency.services.attention import open_attention
from agency.services.parcels import parcel_cause
from agency.services.purchase_causes import purchase_cause
from agency.services.shop_reads import record_read_failure

UNREAD_AFTER = timedelta(hours=2)  # shop time; twice the longest poll
NO_SCAN_AFTER = timedelta(hours=36)


def find_unread(scope: Scope, session: Session, shop: Shop, unread_after: timedelta) -> None:
    """A shop that was not read completely for too long says so, even if nothing failed loudly. Machine time."""
    if shop.paused_at is not None:
        return
    since = shop.last_read_at or shop.created_at
    if machine_now() - since > unread_after and not shop.read_error:
        record_read_failure(scope, session, shop, said("no complete read for too long"), loud=True)
        make_due(session, api="orders", shop_id=shop.id)


def find_late_tracking(scope: Scope, session: Session, shop: Shop, now: datetime) -> None:
    """Purchases whose supplier owes a tracking id."""
    query = (
        select(Purchase, Order)
        .join(Order, Order.id == Purchase.order_id)
        .where(
            Purchase.shop_id == shop.id, Purchase.state == PurchaseState.PAID, Purchase.tracking_due_at < now
        )
    )
    for purchase, order in session.execute(query):
        why = said(
            "The supplier has not named a tracking id since {moment} UTC. Ask the supplier.",
            moment=f"{purchase.paid_at:%d %b %H:%M}",
        )
        open_attention(
            scope, session, purchase_cause(order, purchase, "tracking_late", why, "check_supplier")
        )


def find_unscanned(scope: Scope, session: Session, shop: Shop, now: datetime) -> None:
    """Tracking that TikTok has but no carrier has scanned: the dispatch clock is still running."""
    query = (
        select(Parcel, Order)
        .join(Order, Order.id == Parcel.order_id)
        .where(
            Parcel.shop_id == shop.id,
            Parcel.state == ParcelState.PUSHED,
            Parcel.pushed_at < now - NO_SCAN_AFTER,
        )
    )
    for parcel, order in session.execute(query):
        why = said(
            "No carrier has scanned {number} yet; the dispatch clock stops at the scan. Chase it.",
            number=parcel.tracking_number,
        )
        cause = parcel_cause(order, parcel, "no_first_scan", why, "chase_carrier")
        # Several parcels of one order are one call to make.
        open_attention(scope, session, replace(cause, key=f"order:{order.id}"))


def wake_stuck(session: Session, shop: Shop, now: datetime) -> None:
    """Wakes lanes of work that is due and asleep; a lane that is awake loses nothing by it."""
    stuck = session.execute(
        text("select 1 from orders where shop_id = :id and plan_at < :before limit 1"),
        {"id": shop.id, "before": now},
    ).first()
    if stuck:
        make_due(session, api="plan", shop_id=shop.id)
    suppliers = session.execute(
        text(
            """
            select distinct supplier_id from effects
            where shop_id = :id and supplier_id is not null and state in ('intended', 'sending', 'unknown')
              and next_at < now()
            """
        ),
        {"id": shop.id},
    )
    for row in suppliers.all():
        make_due(session, api="purchase", supplier_id=row.supplier_id)
