"""Health of shops: TikTok's figures as far as our own rows can tell, against the limits of the day, worst first.

What it is not: TikTok's own number. We see the orders that we hold; a shop that could not be read says so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.errors import Invalid
from agency.domain.health import (
    SCAN_WAIT,
    SMOOTHED,
    WORST_FIRST,
    State,
    days_to_limit,
    judge,
    rolling,
    standing,
)
from agency.domain.metrics import (
    late_dispatch_rate,
    on_time_delivery_rate,
    seller_cancellation_rate,
    valid_tracking_rate,
)
from agency.domain.scope import Scope
from agency.models.shops import Shop
from agency.services.health_rows import PERIODS, USUAL, Cause, Fleet, ShopHealth
from agency.services.health_sql import CAUSES, COUNTS, PARCELS, SHOPS
from agency.services.totals import unread_reason
from agency.services.visibility import visible_sql

_COUNTED = ("orders", "due", "late", "cancelled", "delivered", "on_time", "parcels", "scanned")
FEWEST_LATE = 3  # late orders; one or two are no trend
_FAR = 1_000_000  # sorts shops without a runway behind the others


@dataclass
class Counts:
    """The counts of one shop by day of its own zone."""

    by_day: dict[date, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))

    def sums(self, days: Iterable[date]) -> dict[str, int]:
        """All counts of some days together."""
        chosen = [self.by_day[day] for day in days if day in self.by_day]
        return {name: sum(one.get(name, 0) for one in chosen) for name in _COUNTED}

    def late(self) -> dict[date, tuple[int, int]]:
        """Late and due orders by day."""
        return {day: (one.get("late", 0), one.get("due", 0)) for day, one in self.by_day.items()}


def check_period(days: int) -> int:
    """The period, in days. Raises Invalid for another one than 7, 30 or 90."""
    if days not in PERIODS:
        raise Invalid("days", "Choose 7, 30 or 90 days.")
    return days


def list_health(scope: Scope, session: Session, now: datetime, days: int = USUAL) -> Fleet:
    """All visible shops over the last `days` days; `now` is shop time. Raises Invalid for an unknown period."""
    check_period(days)
    shops = list(session.execute(text(SHOPS.format(seen=visible_sql(scope, "s.client_id")))).mappings())
    counts = read_counts_of(scope, session, now, days + SMOOTHED)
    causes = read_causes(scope, session, now, days)
    rows = [
        describe(shop, counts[shop["id"]], causes[shop["id"]], now, last_days(shop, now, days))
        for shop in shops
    ]
    return Fleet(tuple(sorted(rows, key=_worst_first)), days, _together(causes.values()))


def read_counts_of(
    scope: Scope, session: Session, now: datetime, days: int, shop_id: int | None = None
) -> Mapping[int, Counts]:
    """The counts of the last `days` days and today, by shop, in two statements."""
    found: dict[int, Counts] = defaultdict(Counts)
    values = {
        "now": now,
        "since": now - timedelta(days=days + 1),
        "scan_by": now - SCAN_WAIT,
        "shop_id": shop_id,
    }
    for statement, table in ((COUNTS, "o"), (PARCELS, "p")):
        seen = visible_sql(scope, f"{table}.client_id")
        if shop_id is not None:
            seen += f" and {table}.shop_id = :shop_id"
        for row in session.execute(text(statement.format(seen=seen)), values).mappings():
            numbers = {name: row[name] for name in _COUNTED if name in row}
            found[row["shop_id"]].by_day[row["day"]].update(numbers)
    return found


def read_causes(
    scope: Scope, session: Session, now: datetime, days: int, shop_id: int | None = None
) -> Mapping[int, tuple[Cause, ...]]:
    """Why orders were late, by shop, the most frequent cause first."""
    seen = visible_sql(scope, "o.client_id") + (" and o.shop_id = :shop_id" if shop_id is not None else "")
    values = {"now": now, "since": now - timedelta(days=days + 1), "days": days, "shop_id": shop_id}
    found: dict[int, tuple[Cause, ...]] = defaultdict(tuple)
    for row in session.execute(text(CAUSES.format(seen=seen)), values):
        found[row.shop_id] += (Cause(row.reason, row.name, row.orders),)
    return found


def last_days(shop: Mapping[Any, Any], now: datetime, days: int, back: int = 0) -> list[date]:
    """The last `days` days in the shop's zone, today included, oldest first; `back` shifts them into the past."""
    today = now.astimezone(ZoneInfo(shop["time_zone"])).date() - timedelta(days=back)
    return [today - timedelta(days=days - 1 - place) for place in range(days)]


def describe(
    shop: Mapping[Any, Any], counts: Counts, causes: Sequence[Cause], now: datetime, days: Sequence[date]
) -> ShopHealth:
    """A shop's figures over some days, judged by the limits of the last of them."""
    sums, region, day = counts.sums(days), shop["region"], days[-1]
    late = judge(late_dispatch_rate(sums["late"], sums["due"]), region, day)
    cancelled = judge(seller_cancellation_rate(sums["cancelled"], sums["orders"]), region, day)
    tracking = judge(valid_tracking_rate(sums["scanned"], sums["parcels"]), region, day)
    delivery = judge(on_time_delivery_rate(sums["on_time"], sums["delivered"]), region, day)
    trend = tuple(rolling(days, counts.late()))
    rising = late.line is not None and late.rate.counted >= FEWEST_LATE
    return ShopHealth(
        shop_id=str(shop["public_id"]),
        name=shop["name"],
        region=region,
        client_name=shop["client_name"],
        time_zone=shop["time_zone"],
        last_read_at=shop["last_read_at"],
        unread=unread_reason(shop, machine_now()),
        state=standing(one.state for one in (late, cancelled, tracking, delivery)),
        late=late,
        cancelled=cancelled,
        tracking=tracking,
        delivery=delivery,
        trend=trend,
        reaches_limit_in=days_to_limit(trend, late.line.basis_points) if rising and late.line else None,
        cause=causes[0] if causes else None,
    )


def note_health(scope: Scope, session: Session, shop: Shop, now: datetime) -> None:
    """Keeps since when a shop is over a limit, for the count beside "Health"; called by the shop's sweep."""
    facts = {
        "region": shop.region,
        "time_zone": shop.time_zone,
        "public_id": shop.public_id,
        "name": shop.name,
    }
    facts |= {"client_name": "", "last_read_at": shop.last_read_at, "read_error": shop.read_error}
    counts = read_counts_of(scope, session, now, USUAL + SMOOTHED, shop.id)[shop.id]
    row = describe(facts, counts, (), now, last_days(facts, now, USUAL))
    shop.over_limit_since = (shop.over_limit_since or now) if row.state == State.OVER else None


def _worst_first(shop: ShopHealth) -> tuple[int, int, int, float, str]:
    rank = WORST_FIRST.index(shop.state)
    unread = shop.state != State.OVER and not shop.trusted
    left = [figure.left for figure in shop.figures if figure.left is not None and figure.rate.base]
    share = shop.late.rate.basis_points or 0
    return (1 if unread else 2 * rank, min(left, default=_FAR), -share, -shop.late.rate.base, shop.name)


def _together(each: Iterable[tuple[Cause, ...]]) -> tuple[Cause, ...]:
    sums: dict[tuple[str, str], int] = defaultdict(int)
    for causes in each:
        for cause in causes:
            sums[cause.reason, cause.name] += cause.orders
    rows = [Cause(reason, name, orders) for (reason, name), orders in sums.items()]
    return tuple(sorted(rows, key=lambda cause: (-cause.orders, cause.reason, cause.name)))
