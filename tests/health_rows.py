"""Orders with known figures, for tests of Health: how many came due, how many were late, and what they waited for."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from agency.models.catalog import Supplier
from agency.models.orders import Order
from tests.desk import NOW, Side
from tests.desk_rows import add_order, add_parcel, add_purchase

DAY = timedelta(days=1)


def add_due(
    session: Session, side: Side, client: str, ago: float, late: float | None = 0.0, **changes: object
) -> Order:
    """An order whose dispatch limit was `ago` days before NOW and that a carrier took `late` days after it.

    `late` below zero is in time; None = no carrier has it.
    """
    limit = NOW - timedelta(days=ago)
    taken = None if late is None else limit + timedelta(days=late)
    values = {
        "stage": "shipped" if taken else "bought",
        "status": "IN_TRANSIT" if taken else "AWAITING_SHIPMENT",
        "placed_at": limit - 3 * DAY,
        "paid_at": limit - 3 * DAY,
        "awaiting_shipment_at": limit - 2 * DAY,
        "tts_sla_at": limit,
        "collected_at": taken,
        **changes,
    }
    return add_order(session, side, client, **values)


def add_waited_for(
    session: Session, side: Side, client: str, ago: float, late: float | None, supplier: str
) -> Order:
    """A late order that was bought in time and whose supplier was late with the tracking."""
    order = add_due(session, side, client, ago, late)
    purchase = add_purchase(
        session,
        side,
        order,
        client,
        placed_at=order.awaiting_shipment_at + timedelta(hours=1),  # type: ignore[operator]
    )
    found = session.scalars(select(Supplier).where(Supplier.id == purchase.supplier_id)).one()
    found.name = supplier
    if order.collected_at is not None:
        purchase.shipped_at = order.tts_sla_at + timedelta(hours=1)  # type: ignore[operator]
        add_parcel(
            session, order, purchase, state="in_transit", pushed_at=order.tts_sla_at + timedelta(hours=2),  # type: ignore[operator]
            first_scan_at=order.collected_at,
        )  # fmt: skip
    session.flush()
    return order


def fill_health(session: Session, side: Side) -> None:
    """Luma: 40 due, 3 late (7.5%): two waited for Eastport, one for the scan. Kite: 12 due, none late (0%)."""
    for place in range(37):
        add_due(session, side, "Luma", 1 + place / 2, late=-0.5)
    add_waited_for(session, side, "Luma", 5, 1.0, "Eastport")
    add_waited_for(session, side, "Luma", 4, None, "Eastport")
    scan = add_due(session, side, "Luma", 2, 0.5)
    purchase = add_purchase(session, side, scan, placed_at=scan.awaiting_shipment_at)
    add_parcel(
        session, scan, purchase, state="in_transit", pushed_at=scan.tts_sla_at - timedelta(hours=5),  # type: ignore[operator]
        first_scan_at=scan.collected_at,
    )  # fmt: skip
    for place in range(12):
        add_due(session, side, "Kite", 1 + place, late=-1.0)
    session.flush()
