"""Where an order stands in one headline and one sentence, and its six steps. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from agency.domain.orders import ON_HOLD, UNPAID, Stage
from agency.domain.said import said
from agency.services.order_page_rows import DecisionRow, ParcelRow, StepRow
from agency.services.order_purchase_rows import PurchaseRow
from agency.services.wording import kind_text

Json = Mapping[Any, Any]

_STORIES = {
    Stage.TO_BUY: (
        said("Being ordered"),
        said("The purchase is planned and placed by itself within minutes."),
    ),
    Stage.BLOCKED: (said("Needs a decision"), said("Nothing is bought until a person decides.")),
    Stage.BOUGHT: (
        said("Waiting for a tracking number"),
        said("The supplier has the order and is asked again by itself."),
    ),
    Stage.DELIVERED: (said("Delivered"), said("TikTok pays out after its settlement period.")),
    Stage.SETTLED: (said("Paid out"), said("TikTok has settled this order.")),
    Stage.EXCLUDED: (
        said("Shipped by TikTok"),
        said("TikTok or its warehouse ships this order, so nothing is bought for it."),
    ),
}
# TikTok's words for who cancelled an order, written down for the translators.
CANCELLERS = frozenset({said("buyer"), said("seller"), said("system"), said("operator")})
_SOURCES = {"tiktok": said("TikTok said so for this order."), "": ""}


def story(order: Json, decisions: Sequence[DecisionRow], parcels: Sequence[ParcelRow]) -> tuple[str, str]:
    """Headline and sentence; an open decision speaks first."""
    stage = order["stage"]
    if stage == Stage.CANCELLED:
        who = order["cancelled_by"].lower()
        ended = said("Cancelled by {who}.", who=who) if who else said("Cancelled.")
        return said("Cancelled"), f"{ended} {order['cancel_reason']}".strip()
    if decisions:
        return kind_text(decisions[0].kind)[0], decisions[0].why
    if stage == Stage.HELD:
        return _held(order)
    if stage == Stage.SHIPPED:
        if order["collected_at"]:
            return said("On its way"), said("The carrier has it.")
        carrier = next((parcel.carrier_text for parcel in parcels if parcel.pushed_at), said("the carrier"))
        return said("Tracking added, no scan yet"), said(
            "The clock stops at the first scan by {carrier}.", carrier=carrier
        )
    return _STORIES.get(stage, (stage, ""))


def due_why(order: Json) -> str:
    """Where the deadline that counts comes from."""
    source = order["due_source"]
    if source in _SOURCES:
        return _SOURCES[source]
    kind, _, name = source.partition(":")
    if kind == "promise":
        return said("Your own promise ({name}) is stricter than TikTok's rule.", name=name)
    return said("TikTok gave no time, so the dated rule {name} was used.", name=name)


def flags(order: Json) -> tuple[str, ...]:
    """What is unusual about the order, in words."""
    named = (
        (order["is_sample"], said("Sample")),
        (order["is_replacement"], said("Replacement")),
        (order["is_cancel_requested"], said("Buyer asked to cancel")),
        (bool(order["held_by"]), said("Held by a person")),
        (order["order_type"] not in ("NORMAL", ""), order["order_type"].replace("_", " ").capitalize()),
        (bool(order["unknown_codes"]), said("Unknown code from TikTok")),
    )
    return tuple(word for applies, word in named if applies)


def steps(
    order: Json,
    purchases: Sequence[PurchaseRow],
    parcels: Sequence[ParcelRow],
    marks: Mapping[str, Json],
    named: Callable[[str | None], str],
) -> tuple[StepRow, ...]:
    """Received, ordered, tracking, scanned, delivered, paid; times as far as they happened, each with its source.

    `marks` are the first events of the kinds that begin a step.
    """
    bought = max((at for p in purchases if (at := p.paid_at or p.placed_at)), default=None)
    pushed = min((p.pushed_at for p in parcels if p.pushed_at), default=None) or order["rts_at"]
    scanned = order["collected_at"] or min(
        (p.first_scan_at for p in parcels if p.first_scan_at), default=None
    )
    delivered, settled = order["delivered_at"], order["settled_at"]
    carrier = parcels[0].carrier_text if parcels else ""
    times: tuple[tuple[str, str, datetime | None, str], ...] = (
        ("received", said("Received"), order["placed_at"], _received(marks)),
        ("bought", said("Supplier ordered"), bought, _bought(purchases, marks, named)),
        ("tracking", said("Tracking"), pushed, _tracked(purchases, marks, named) if pushed else ""),
        ("scanned", said("Carrier scan"), scanned, _scanned(carrier) if scanned else ""),
        ("delivered", said("Delivered"), delivered, said("TikTok, by the carrier") if delivered else ""),
        ("settled", said("Paid"), settled, said("TikTok's statement") if settled else ""),
    )
    reached = max((index for index, (_key, _label, at, _source) in enumerate(times) if at), default=0)
    ended = order["stage"] == Stage.CANCELLED
    return tuple(
        StepRow(key, label, _state(index, reached, at, ended), at, source)
        for index, (key, label, at, source) in enumerate(times)
    )


def _received(marks: Mapping[str, Json]) -> str:
    via = marks.get("order_received", {}).get("data", {}).get("via", "")
    return {"webhook": said("TikTok's webhook"), "poll": said("Our own reading of TikTok")}.get(
        via, said("TikTok Shop")
    )


def _bought(
    purchases: Sequence[PurchaseRow], marks: Mapping[str, Json], named: Callable[[str | None], str]
) -> str:
    if not purchases:
        return ""
    supplier = purchases[-1].supplier_name
    for kind in ("bought_by_hand", "review_settled"):
        if kind in marks:
            return said("{supplier}, by {person}", supplier=supplier, person=named(marks[kind]["actor"]))
    return said("{supplier}, by the machine", supplier=supplier) if purchases[-1].placed_at else supplier


def _tracked(
    purchases: Sequence[PurchaseRow], marks: Mapping[str, Json], named: Callable[[str | None], str]
) -> str:
    actor = marks.get("tracking_received", {}).get("actor", "")
    if actor.startswith(("user:", "token:")):
        return said("Entered by {person}", person=named(actor))
    return said("From {supplier}", supplier=purchases[-1].supplier_name) if purchases and actor else ""


def _scanned(carrier: str) -> str:
    return said("{carrier}, read at TikTok", carrier=carrier) if carrier else said("TikTok, by the carrier")


def _state(index: int, reached: int, at: datetime | None, ended: bool) -> str:
    if at is not None or index < reached:
        return "done"
    if ended:
        return "stopped"
    return "now" if index == reached + 1 else "next"


def _held(order: Json) -> tuple[str, str]:
    if order["held_by"]:
        return said("On hold"), said("A person holds this order; nothing is bought until the hold ends.")
    if order["status"] == UNPAID:
        return said("Not paid yet"), said("The buyer has not paid; nothing is bought before.")
    if order["status"] == ON_HOLD:
        return (
            said("On hold at TikTok"),
            said("TikTok gives the buyer about an hour to change their mind; it is bought after that."),
        )
    return said("Waiting before it is bought"), said("The shop's own delay before buying has not passed yet.")
