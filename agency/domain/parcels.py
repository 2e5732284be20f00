"""Parcels: what a supplier shipped, what TikTok knows of it, and where it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


class ParcelState:
    """`new -> (blocked) -> ready -> pushing -> pushed -> in_transit -> delivered`; side: refused, lost, void."""

    NEW = "new"
    BLOCKED = "blocked"  # the firewall stopped it
    READY = "ready"  # may be handed to TikTok
    PUSHED = "pushed"  # TikTok has the number
    IN_TRANSIT = "in_transit"  # a carrier scanned it
    DELIVERED = "delivered"
    REFUSED = "refused"  # TikTok said no
    VOID = "void"  # replaced by a corrected number, or the order is gone

    ALL = (NEW, BLOCKED, READY, PUSHED, IN_TRANSIT, DELIVERED, REFUSED, VOID)
    WITH_TIKTOK = (PUSHED, IN_TRANSIT, DELIVERED)


@dataclass(frozen=True)
class Provider:
    """One shipping provider of TikTok's list for a delivery option."""

    provider_id: str
    name: str


@dataclass(frozen=True)
class ShipRequest:
    """Tracking for some lines of one order, to be handed to TikTok."""

    order_id: str
    line_ids: tuple[str, ...]
    tracking_number: str
    provider_id: str


@dataclass(frozen=True)
class ShipReceipt:
    """TikTok's answer. A success may carry a warning, which is shown and checked again later."""

    package_id: str
    warning: str = ""


@dataclass(frozen=True)
class Scan:
    """One carrier event of a parcel, in shop time."""

    at: datetime
    description: str
    tracking_number: str = ""
