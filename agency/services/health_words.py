"""What figures, states, causes and stretches are called, and what each figure is made of: tables, one home each."""

from __future__ import annotations

from agency.domain.health import State
from agency.domain.metrics import Metric
from agency.domain.said import said

METRICS = {
    Metric.LATE_DISPATCH: said("Late dispatch rate"),
    Metric.SELLER_CANCELLATION: said("Seller-fault cancellations"),
    Metric.VALID_TRACKING: said("Valid tracking"),
    Metric.ON_TIME_DELIVERY: said("On-time delivery"),
}
DEFINITIONS = {
    Metric.LATE_DISPATCH: said(
        "Orders that no carrier had scanned at TikTok's dispatch limit, of the orders that came due."
    ),
    Metric.SELLER_CANCELLATION: said(
        "Orders cancelled by the seller, or by TikTok because the seller was too late, of the orders that came due. "
        "TikTok leaves some reasons out, so its own figure may be lower."
    ),
    Metric.VALID_TRACKING: said(
        "Parcels that a carrier has scanned, of the parcels whose number TikTok has for two days or more."
    ),
    Metric.ON_TIME_DELIVERY: said(
        "Orders delivered within TikTok's delivery limit, of those delivered so far."
    ),
}
# Text, tone and icon.
STATES = {
    State.OVER: (said("Over limit"), "bad", "alert"),
    State.WATCH: (said("Watch"), "warn", "eye"),
    State.FEW: (said("Too few orders"), "", "hourglass"),
    State.NO_LIMIT: (said("No limit known"), "", "info"),
    State.GOOD: (said("Good"), "ok", "check"),
}
UNREAD = (said("Not read"), "bad", "unlink")
REASONS = {
    "not_bought": said("Not bought in time"),
    "no_tracking": said("Waited for the supplier's tracking"),
    "no_scan": said("Waited for the carrier's scan"),
}
STRETCHES = {
    "bought": said("Order to supplier"),
    "supplier_ships": said("Supplier ships"),
    "handed_over": said("Tracking to TikTok"),
    "scanned": said("Carrier's first scan"),
}


def cause_text(reason: str, name: str, orders: int, late: int) -> str:
    """Why most of the late orders were late: "7 of 11 late orders waited for tracking from Eastport." """
    if reason == "no_tracking" and name:
        return said(
            "{orders} of {late} late orders waited for tracking from {name}.",
            orders=orders,
            late=late,
            name=name,
        )
    if reason == "no_tracking":
        return said(
            "{orders} of {late} late orders waited for the supplier's tracking.", orders=orders, late=late
        )
    if reason == "no_scan":
        return said(
            "{orders} of {late} late orders waited for the carrier's first scan.", orders=orders, late=late
        )
    return said("{orders} of {late} late orders were not bought in time.", orders=orders, late=late)
