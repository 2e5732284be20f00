"""TikTok's checks of a tracking number before it lets a package be marked as shipped."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from agency.simulator.book import Doc
from agency.simulator.carriers import providers, recognise
from agency.simulator.gate import Call, Refusal
from agency.simulator.order_book import SimOrder, find_order, packages_with

# "4 to 50 letters, digits and - _ . /" (mark-package-as-shipped, 2025-12-03).
_FORM = re.compile(r"[A-Za-z0-9\-_./]{4,50}")
_MOST_COMBINED = 20
# USPS numbers that were not bought through TikTok Shipping fail for US shops from January 2026.
_NO_USPS_SINCE = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
_CLOSED = {
    "CANCELLED": (21011041, "The order was cancelled"),
    "ON_HOLD": (21011044, "The order is on hold"),
    "UNPAID": (10007002, "The order status does not allow this"),
    "DELIVERED": (21011027, "The order was delivered"),
    "COMPLETED": (21011027, "The order was delivered"),
}


@dataclass
class Claim:
    """A tracking number with the provider it is said to belong to."""

    number: str
    provider_id: str


def check_order_open(order: SimOrder) -> None:
    """Raise Refusal unless the seller may ship this order now."""
    if order.doc["fulfillment_type"] != "FULFILLMENT_BY_SELLER":
        raise Refusal(21008025, "The order is fulfilled by TikTok")
    if order.doc["shipping_type"] != "SELLER":
        raise Refusal(21011004, "The order is not shipped by the seller")
    if order.status in _CLOSED:
        raise Refusal(*_CLOSED[order.status])


def choose_lines(order: SimOrder, wanted: list[str] | None) -> list[str]:
    """The lines of the new package; raises Refusal when they are unknown, shipped, or must be named."""
    waiting = [line["id"] for line in order.live_lines if line["display_status"] == "AWAITING_SHIPMENT"]
    if not waiting:
        raise Refusal(21011020, "The order has already been shipped")
    if not wanted:
        if len(waiting) < len(order.live_lines):
            raise Refusal(21011048, "The order is split: name the order_line_item_ids")
        return waiting
    known = {line["id"] for line in order.lines}
    if any(line_id not in known for line_id in wanted):
        raise Refusal(21011033, "An order_line_item_id does not belong to the order")
    if any(line_id not in waiting for line_id in wanted):
        raise Refusal(21011020, "A line has already been shipped or cancelled")
    return list(dict.fromkeys(wanted))


def check_claim(call: Call, order: SimOrder, claim: Claim) -> str:
    """Raise Refusal for a number TikTok would not take; returns a warning, or "" when all is well."""
    if not _FORM.fullmatch(claim.number):
        raise Refusal(21004012, "The tracking number has characters that are not allowed")
    region = str(call.shop["region"])
    known = {identity: (key, name) for key, (identity, name) in providers(region).items()}
    if claim.provider_id not in known:
        raise Refusal(21011022, "Invalid tracking number or shipping provider id")
    key, name = known[claim.provider_id]
    if key == "usps" and region == "US" and call.world.now() >= _NO_USPS_SINCE:
        raise Refusal(21004016, "This provider is not available for seller shipping")
    warning = _fit(claim.number.upper(), key, name)
    _check_reuse(call, order, claim)
    return warning


def _fit(number: str, key: str, name: str) -> str:
    fits = recognise(number)
    if not fits:
        raise Refusal(11028006, "No carrier matches this tracking number")
    strong = [carrier for carrier, strength in fits.items() if strength == "strong"]
    if strong and key not in strong:
        raise Refusal(21004015, f"The tracking number does not fit the provider {name}")
    if key not in fits:
        return f"The number looks like another carrier's: check whether {name} is right"
    if len(fits) > 1 and not strong:
        return "The number fits several carriers: check the chosen one"
    return ""


def _check_reuse(call: Call, order: SimOrder, claim: Claim) -> None:
    others = [
        package
        for package in packages_with(call.world.book, claim.number)
        if package["status"] != "CANCELLED"
    ]
    if not others:
        return
    if any(package["order_id"] == order.id for package in others):
        raise Refusal(21011025, "The tracking number is already used in this order")
    if len({package["order_id"] for package in others}) >= _MOST_COMBINED:
        raise Refusal(21011026, "The tracking number is used too often")
    for package in others:
        other = find_order(call.world.book, package["order_id"])
        if other is None or other.shop_id != order.shop_id or _recipient(other.own) != _recipient(order.own):
            raise Refusal(21034012, "The tracking number has been used for another order")


def _recipient(own: Doc) -> tuple[str, ...]:
    address = own["address"]
    return tuple(
        address[name].casefold() for name in ("name", "address_line1", "address_line2", "postal_code")
    )
