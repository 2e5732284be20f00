"""A shop's health figures from counts, with TikTok's limits as dated rows: recommended and enforced kept apart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Literal

from agency.domain.errors import Invalid


class Metric(StrEnum):
    """TikTok's words for the four figures."""

    LATE_DISPATCH = "late_dispatch_rate"
    VALID_TRACKING = "valid_tracking_rate"
    ON_TIME_DELIVERY = "on_time_delivery_rate"
    SELLER_CANCELLATION = "seller_fault_cancellation_rate"


# Figures of which less is better count the bad cases, the others the good ones.
LOWER_IS_BETTER = frozenset({Metric.LATE_DISPATCH, Metric.SELLER_CANCELLATION})


@dataclass(frozen=True)
class Limit:
    """One limit in basis points: "recommended" is TikTok's target, "enforced" the line at which it acts."""

    metric: Metric
    region: str
    level: Literal["recommended", "enforced"]
    basis_points: int
    valid_from: date
    valid_to: date | None
    source: str
    approximate: bool = False


_LDR = "seller-us.tiktok.com/university knowledge_id 3668989549299511"
LIMITS: tuple[Limit, ...] = (
    Limit(Metric.LATE_DISPATCH, "US", "recommended", 400, date(2026, 1, 9), None, f"{_LDR}, 2026-03-02"),
    Limit(Metric.LATE_DISPATCH, "US", "enforced", 400, date(2026, 1, 9), date(2026, 3, 2), f"{_LDR}, 2026-01-09"),
    Limit(Metric.LATE_DISPATCH, "US", "enforced", 1000, date(2026, 3, 2), None, f"{_LDR}, 2026-03-02"),
    Limit(
        Metric.VALID_TRACKING, "US", "recommended", 9500, date(2025, 10, 31), None,
        "seller-us.tiktok.com/university knowledge_id 1274968588748558, 2025-10-31",
    ),
    Limit(
        Metric.ON_TIME_DELIVERY, "US", "enforced", 8000, date(2025, 5, 5), None,
        "seller-us.tiktok.com/university knowledge_id 7671875816589099, 2026-05-19",
    ),
    Limit(
        Metric.SELLER_CANCELLATION, "US", "recommended", 250, date(2026, 3, 23), None,
        "polici.net and techtraq.com, 2026-03-23: third party", approximate=True,
    ),
)  # fmt: skip


def list_limits(metric: Metric, region: str, day: date) -> list[Limit]:
    """The limits of a figure in force in a region on `day`; empty where no limit is known."""
    return [
        row
        for row in LIMITS
        if (row.metric, row.region) == (metric, region)
        and row.valid_from <= day
        and (row.valid_to is None or day < row.valid_to)
    ]


@dataclass(frozen=True)
class Rate:
    """A figure: `counted` of `base` cases. `basis_points` is None without cases: no data is not a good figure."""

    metric: Metric
    counted: int
    base: int

    @property
    def basis_points(self) -> int | None:
        """The share in hundredths of a per cent, rounded down to whole ones."""
        return self.counted * 10_000 // self.base if self.base else None


def _rate(metric: Metric, counted: int, base: int) -> Rate:
    if not 0 <= counted <= base:
        raise Invalid(metric.value, f"{counted} of {base} cases cannot be: count again.")
    return Rate(metric, counted, base)


def late_dispatch_rate(late: int, due: int) -> Rate:
    """Orders not IN_TRANSIT in time, of the orders that were due (the carrier's scan counts, not our upload)."""
    return _rate(Metric.LATE_DISPATCH, late, due)


def valid_tracking_rate(confirmed: int, packages: int) -> Rate:
    """Packages whose number the carrier confirms, of all packages."""
    return _rate(Metric.VALID_TRACKING, confirmed, packages)


def on_time_delivery_rate(on_time: int, delivered: int) -> Rate:
    """Orders delivered within the limit, of the delivered ones."""
    return _rate(Metric.ON_TIME_DELIVERY, on_time, delivered)


def seller_cancellation_rate(cancelled: int, orders: int) -> Rate:
    """Orders cancelled by the seller's fault (out of stock, wrong price, too late), of all orders."""
    return _rate(Metric.SELLER_CANCELLATION, cancelled, orders)


def is_met(rate: Rate, limit: Limit) -> bool:
    """True when the figure keeps the limit exactly, without rounding; a figure without cases keeps it."""
    share, line = rate.counted * 10_000, limit.basis_points * rate.base
    return share <= line if rate.metric in LOWER_IS_BETTER else share >= line


def runway(rate: Rate, limit: Limit) -> int:
    """How many more of the same cases may go wrong before the limit is broken; 0 when it is reached or broken.

    The base stays as it is: an order that turns late was already due. New orders only lengthen the runway.
    """
    if rate.metric in LOWER_IS_BETTER:
        allowed = limit.basis_points * rate.base // 10_000
        return max(0, allowed - rate.counted)
    needed = -(-limit.basis_points * rate.base // 10_000)
    return max(0, rate.counted - needed)
