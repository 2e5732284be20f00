"""Dated rules about which carriers' numbers a region's TikTok Shop takes; read by the tracking firewall."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from agency.domain.carriers import CROSS_BORDER

CarrierGroup = Literal["usps", "cross_border"]


@dataclass(frozen=True)
class CarrierPolicy:
    """From `valid_from` on (UTC date, `valid_to` excluded) numbers of a group are blocked or warned of in a region."""

    row_id: str
    region: str
    group: CarrierGroup
    severity: Literal["block", "warn"]
    valid_from: date
    valid_to: date | None
    source: str


CARRIER_POLICIES: tuple[CarrierPolicy, ...] = (
    CarrierPolicy(
        "us-usps-2026-01", "US", "usps", "block", date(2026, 1, 1), None,
        "USPS numbers not bought through TikTok Shipping fail for all US sellers from January 2026 "
        "(notice quoted by community.shipstation.com and cahoot.ai, 2025-12-30)",
    ),
    CarrierPolicy(
        "us-cross-border-2025-10", "US", "cross_border", "warn", date(2025, 10, 31), date(2025, 12, 15),
        "Valid Tracking Rate: cross-border tracking updates are not supported on the US platform "
        "(seller-us.tiktok.com/university knowledge_id 1274968588748558, 2025-10-31)",
    ),
    CarrierPolicy(
        "us-cross-border-2025-12", "US", "cross_border", "block", date(2025, 12, 15), None,
        "Seller Shipping for cross-border sellers ended in the US from 2025-12-15 "
        "(seller-us.tiktok.com/university knowledge_id 6907594552067854), and such scans are not counted as valid",
    ),
)  # fmt: skip


def find_carrier_policy(region: str, carrier: str, day: date) -> CarrierPolicy | None:
    """The rule against a carrier in a region on a day; None when its numbers may be sent."""
    for row in CARRIER_POLICIES:
        concerned = carrier == "usps" if row.group == "usps" else carrier in CROSS_BORDER
        in_force = row.valid_from <= day and (row.valid_to is None or day < row.valid_to)
        if row.region == region and concerned and in_force:
            return row
    return None
