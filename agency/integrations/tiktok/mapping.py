"""TikTok's smaller documents in our words: amounts, carriers, receipts, scans, cancellations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agency.domain.money import EXPONENTS, Money, parse_money
from agency.domain.orders import CancellationRequest
from agency.domain.parcels import Provider, Scan, ShipReceipt
from agency.integrations.wire import from_unix, rows, text

_USUAL_DIGITS = 2


def amount(value: Any, currency: str) -> Money:
    """A decimal text in a currency; absent and empty read as zero. Raises UnreadableAmount for any other
    text.

    A currency that our table does not know is read with two decimals, and whoever reads an order flags it.
    """
    exponent = None if currency in EXPONENTS else _USUAL_DIGITS
    return parse_money("0" if value is None or value == "" else value, currency, exponent)


def to_provider(row: Mapping[str, Any]) -> Provider:
    """One carrier of a delivery option."""
    return Provider(text(row, "id"), text(row, "name"))


def to_receipt(data: Mapping[str, Any]) -> ShipReceipt:
    """The answer to a shipping call; a success may carry a warning."""
    warning = data.get("warning")
    message = text(warning, "message") if isinstance(warning, dict) else ""
    return ShipReceipt(text(data, "package_id"), message)


def to_scans(data: Mapping[str, Any]) -> list[Scan]:
    """The carrier's events of an order, oldest first; TikTok gives milliseconds. Events without a time are
    left out.
    """
    scans = []
    for row in rows(data, "tracking"):
        at = from_unix(_seconds(row.get("update_time_millis")))
        if at is not None:
            scans.append(Scan(at, text(row, "description"), text(row, "tracking_no")))
    return sorted(scans, key=lambda scan: scan.at)


def _seconds(millis: Any) -> int:
    return int(millis or 0) // 1000


def to_cancellation(row: Mapping[str, Any]) -> CancellationRequest:
    """One cancellation with the nearest date by which the seller must answer."""
    deadlines = [from_unix(step.get("deadline")) for step in rows(row, "seller_next_action_response")]
    return CancellationRequest(
        cancel_id=text(row, "cancel_id"),
        order_id=text(row, "order_id"),
        status=text(row, "cancel_status"),
        role=text(row, "role"),
        reason=text(row, "cancel_reason"),
        deadline=min((deadline for deadline in deadlines if deadline is not None), default=None),
    )
