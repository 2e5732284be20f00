"""Where an order stands in one headline and one sentence, and its six steps. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from agency.domain.orders import ON_HOLD, UNPAID, Stage
from agency.services.order_page_rows import DecisionRow, ParcelRow, PurchaseRow, StepRow
from agency.services.wording import kind_text

Json = Mapping[Any, Any]

_STORIES = {
    Stage.TO_BUY: ("Being ordered", "The purchase is planned and placed by itself within minutes."),
    Stage.BLOCKED: ("Needs a decision", "Nothing is bought until a person decides."),
    Stage.BOUGHT: (
        "Waiting for a tracking number",
        "The supplier has the order and is asked again by itself.",
    ),
    Stage.DELIVERED: ("Delivered", "TikTok pays out after its settlement period."),
    Stage.SETTLED: ("Paid out", "TikTok has settled this order."),
    Stage.EXCLUDED: (
        "Shipped by TikTok",
        "TikTok or its warehouse ships this order, so nothing is bought for it.",
    ),
}
_SOURCES = {"tiktok": "TikTok said so for this order.", "": ""}


def story(order: Json, decisions: Sequence[DecisionRow], parcels: Sequence[ParcelRow]) -> tuple[str, str]:
    """Headline and sentence; an open decision speaks first."""
    stage = order["stage"]
    if stage == Stage.CANCELLED:
        by = f" by {order['cancelled_by'].lower()}" if order["cancelled_by"] else ""
        return "Cancelled", f"Cancelled{by}. {order['cancel_reason']}".strip()
    if decisions:
        return kind_text(decisions[0].kind)[0], decisions[0].why
    if stage == Stage.HELD:
        return _held(order)
    if stage == Stage.SHIPPED:
        if order["collected_at"]:
            return "On its way", "The carrier has it."
        carrier = next((parcel.carrier_text for parcel in parcels if parcel.pushed_at), "the carrier")
        return "Tracking added, no scan yet", f"The clock stops at the first scan by {carrier}."
    return _STORIES.get(stage, (stage, ""))


def due_why(order: Json) -> str:
    """Where the deadline that counts comes from."""
    source = order["due_source"]
    if source in _SOURCES:
        return _SOURCES[source]
    kind, _, name = source.partition(":")
    if kind == "promise":
        return f"Your own promise ({name}) is stricter than TikTok's rule."
    return f"TikTok gave no time, so the dated rule {name} was used."


def flags(order: Json) -> tuple[str, ...]:
    """What is unusual about the order, in words."""
    named = (
        (order["is_sample"], "Sample"),
        (order["is_replacement"], "Replacement"),
        (order["is_cancel_requested"], "Buyer asked to cancel"),
        (bool(order["held_by"]), "Held by a person"),
        (order["order_type"] not in ("NORMAL", ""), order["order_type"].replace("_", " ").capitalize()),
        (bool(order["unknown_codes"]), "Unknown code from TikTok"),
    )
    return tuple(word for applies, word in named if applies)


def steps(order: Json, purchases: Sequence[PurchaseRow], parcels: Sequence[ParcelRow]) -> tuple[StepRow, ...]:
    """Received, ordered, tracking, scanned, delivered, paid; times as far as they happened."""
    bought = max((at for p in purchases if (at := p.paid_at or p.placed_at)), default=None)
    pushed = min((p.pushed_at for p in parcels if p.pushed_at), default=None) or order["rts_at"]
    scanned = order["collected_at"] or min(
        (p.first_scan_at for p in parcels if p.first_scan_at), default=None
    )
    supplier = purchases[-1].supplier_name if purchases else ""
    times: tuple[tuple[str, str, datetime | None, str], ...] = (
        ("received", "Received", order["placed_at"], "TikTok Shop"),
        ("bought", "Supplier ordered", bought, supplier),
        ("tracking", "Tracking", pushed, parcels[0].tracking_number if parcels else ""),
        ("scanned", "Carrier scan", scanned, parcels[0].carrier_text if parcels else ""),
        ("delivered", "Delivered", order["delivered_at"], ""),
        ("settled", "Paid", order["settled_at"], ""),
    )
    reached = max((index for index, (_key, _label, at, _source) in enumerate(times) if at), default=0)
    ended = order["stage"] == Stage.CANCELLED
    return tuple(
        StepRow(key, label, _state(index, reached, at, ended), at, source)
        for index, (key, label, at, source) in enumerate(times)
    )


def _state(index: int, reached: int, at: datetime | None, ended: bool) -> str:
    if at is not None or index < reached:
        return "done"
    if ended:
        return "stopped"
    return "now" if index == reached + 1 else "next"


def _held(order: Json) -> tuple[str, str]:
    if order["held_by"]:
        return "On hold", "A person holds this order; nothing is bought until the hold ends."
    if order["status"] == UNPAID:
        return "Not paid yet", "The buyer has not paid; nothing is bought before."
    if order["status"] == ON_HOLD:
        return (
            "On hold at TikTok",
            "TikTok gives the buyer about an hour to change their mind; it is bought after that.",
        )
    return "Waiting before it is bought", "The shop's own delay before buying has not passed yet."
