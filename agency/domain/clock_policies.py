"""Dated rules from which a missing deadline is worked out, and the promises an agency may add of its own.

TikTok's own field always wins; a row here only fills a gap and says so. A rule changes by adding a row with a new
`valid_from` and closing the old one, never by editing one, so that past orders replay under the rule of their day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


class DeadlineKind(StrEnum):
    """TikTok's six deadline fields (Orders API 202309/202507). `*_sla` are service lines, `*_due` auto-cancel lines."""

    RTS_SLA = "rts_sla"  # tracking handed over
    TTS_SLA = "tts_sla"  # scanned by the carrier: on-time dispatch
    SHIPPING_DUE = "shipping_due"  # cancelled if not AWAITING_COLLECTION by then
    COLLECTION_DUE = "collection_due"  # cancelled if not IN_TRANSIT by then
    DELIVERY_SLA = "delivery_sla"  # on-time delivery
    DELIVERY_DUE = "delivery_due"  # cancelled if not DELIVERED by then


class ClockStart(StrEnum):
    """The event from which a rule counts."""

    AWAITING_SHIPMENT = "awaiting_shipment"  # the payment stands in while that moment is not known
    RELEASE = "release"  # pre-orders: the release date


@dataclass(frozen=True)
class DayRule:
    """So many business days after the start, plus the order's own handling time where `with_handling`."""

    days: int
    with_handling: bool = False


@dataclass(frozen=True)
class PolicyRow:
    """One rule set: for which orders, from when to when (shop dates, `valid_to` excluded), and who says so."""

    row_id: str
    region: str
    order_types: frozenset[str]
    shipping_mode: str
    valid_from: date
    valid_to: date | None
    rules: Mapping[DeadlineKind, DayRule]
    source: str
    start: ClockStart = ClockStart.AWAITING_SHIPMENT
    approximate: bool = False

    def covers(self, region: str, order_type: str, shipping_mode: str, day: date) -> bool:
        """True when this row rules such an order on that day."""
        return (
            (region, shipping_mode) == (self.region, self.shipping_mode)
            and order_type in self.order_types
            and self.valid_from <= day
            and (self.valid_to is None or day < self.valid_to)
        )


REGULAR = frozenset({"NORMAL", "ZERO_LOTTERY", "AUCTION"})
# CUSTOM is no order type of TikTok's API; callers use it for made-on-demand lines.
WITH_HANDLING = frozenset({"MADE_TO_ORDER", "BACK_ORDER", "CUSTOM"})
PRE_ORDER = frozenset({"PRE_ORDER"})

_CHANGE = date(2026, 1, 26)
_OCTOBER = date(2025, 10, 23)
_US_2025 = (
    "TikTok US fulfilment policy, seller-us.tiktok.com/university knowledge_id 3995852763301633, 2025-10-23"
)
_US_2026 = (
    "TikTok US fulfilment policy, seller-us.tiktok.com/university knowledge_id 6179821974439723, 2026-01-17"
)
_GB_GUESS = (
    "Approximate: the US rule of 2026-01-26 used for the UK, since no dated UK page was seen (2026-11-22)"
)


def _three(scan: DayRule, cancel: DayRule, delivered: DayRule) -> dict[DeadlineKind, DayRule]:
    """The lines that the policy texts give; they give no rts_sla, collection_due or delivery_due, none is made up."""
    return {
        DeadlineKind.TTS_SLA: scan,
        DeadlineKind.SHIPPING_DUE: cancel,
        DeadlineKind.DELIVERY_SLA: delivered,
    }


_REGULAR_RULES = _three(DayRule(2), DayRule(7), DayRule(6))

POLICY_ROWS: tuple[PolicyRow, ...] = (
    PolicyRow("us-regular-2025-10", "US", REGULAR, "SELLER", _OCTOBER, _CHANGE, _REGULAR_RULES, _US_2025),
    PolicyRow(
        "us-handling-2025-10", "US", WITH_HANDLING, "SELLER", _OCTOBER, _CHANGE,
        _three(DayRule(0, True), DayRule(4, True), DayRule(5, True)), _US_2025,
    ),
    PolicyRow(
        "us-preorder-2025-10", "US", PRE_ORDER, "SELLER", _OCTOBER, _CHANGE,
        _three(DayRule(1), DayRule(6), DayRule(6)), _US_2025, ClockStart.RELEASE,
    ),
    PolicyRow("us-regular-2026-01", "US", REGULAR, "SELLER", _CHANGE, None, _REGULAR_RULES, _US_2026),
    PolicyRow(
        "us-handling-2026-01", "US", WITH_HANDLING, "SELLER", _CHANGE, None,
        _three(DayRule(1, True), DayRule(5, True), DayRule(5, True)), _US_2026,
    ),
    PolicyRow(
        "us-preorder-2026-01", "US", PRE_ORDER, "SELLER", _CHANGE, None,
        _three(DayRule(2), DayRule(7), DayRule(6)), _US_2026, ClockStart.RELEASE,
    ),
    PolicyRow(
        "gb-regular-approximate", "GB", REGULAR, "SELLER", _CHANGE, None, _REGULAR_RULES, _GB_GUESS, approximate=True,
    ),
)  # fmt: skip


def find_policy(region: str, order_type: str, shipping_mode: str, day: date) -> PolicyRow | None:
    """The row that rules such an order on a shop date; None where we know of no rule."""
    for row in POLICY_ROWS:
        if row.covers(region, order_type, shipping_mode, day):
            return row
    return None


@dataclass(frozen=True)
class Promise:
    """An agency's own limits in calendar days (24 hours each) from the payment; None = no promise of that kind."""

    promise_id: str
    process_days: int | None = None
    tracking_days: int | None = None
    delivery_days: int | None = None
    overall_days: int | None = None
    source: str = field(default="", compare=False)


PROMISES: dict[str, Promise] = {
    "tiktok": Promise("tiktok", source="TikTok's limits only."),
    "course": Promise(
        "course", 3, 3, 11, 18,
        source=(
            "Chosen by the agency: 3 days to process, 3 to tracking, 11 to delivery, 18 overall. No TikTok page with "
            "these numbers was found (2026-11-22); each is counted from the payment, the strictest reading."
        ),
    ),
}  # fmt: skip
