"""Business days as TikTok counts them, so that orders carry believable deadlines."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_ZONES = {"US": ZoneInfo("America/Los_Angeles"), "GB": ZoneInfo("Europe/London")}
_SATURDAY = 5


def business_deadline(start: float, days: int, region: str) -> int:
    """The last second of the business day that comes `days` business days after `start` (both Unix seconds).

    US days end at 11:59 PM Pacific; Saturdays, Sundays and federal holidays do not count
    (seller-us.tiktok.com, knowledge id 6179821974439723, 2026-01-17).
    """
    zone = _ZONES.get(region, UTC)
    day = datetime.fromtimestamp(start, zone).date()
    left = days
    while left:
        day += timedelta(days=1)
        if _is_business_day(day, region):
            left -= 1
    return int(datetime.combine(day, time(23, 59, 59), zone).timestamp())


def _is_business_day(day: date, region: str) -> bool:
    if day.weekday() >= _SATURDAY:
        return False
    return day not in (_us_holidays(day.year) if region == "US" else _gb_holidays(day.year))


def _us_holidays(year: int) -> set[date]:
    fixed = {_observed(date(year, *md)) for md in ((1, 1), (6, 19), (7, 4), (11, 11), (12, 25))}
    fixed.add(_observed(date(year + 1, 1, 1)))
    return fixed | {
        _nth(year, 1, 0, 3),
        _nth(year, 2, 0, 3),
        _last_monday(year, 5),
        _nth(year, 9, 0, 1),
        _nth(year, 10, 0, 2),
        _nth(year, 11, 3, 4),
    }


def _gb_holidays(year: int) -> set[date]:
    # Easter is left out: the simulator's clock needs believable days, not a law book.
    return {date(year, 1, 1), _nth(year, 5, 0, 1), _last_monday(year, 5), _last_monday(year, 8)} | {
        date(year, 12, 25),
        date(year, 12, 26),
    }


def _observed(day: date) -> date:
    return day + timedelta(days={5: -1, 6: 1}.get(day.weekday(), 0))


def _nth(year: int, month: int, weekday: int, nth: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))


def _last_monday(year: int, month: int) -> date:
    last = date(year, month + 1, 1) - timedelta(days=1)
    return last - timedelta(days=last.weekday())
