"""Business days of a shop's region: which days count, and when one ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

SATURDAY, SUNDAY = 5, 6
# TikTok's US fulfilment policy of 2026-01-17 ends a business day at 11:59 PM Pacific time; assumed elsewhere.
CUT_OFF = time(23, 59)


@dataclass(frozen=True)
class BusinessCalendar:
    """Working days of one region. `approximate`: only Saturday and Sunday are known to be off."""

    region: str
    zone: str
    holidays: Callable[[int], frozenset[date]]
    approximate: bool = False
    cut_off: time = CUT_OFF

    def is_business_day(self, day: date) -> bool:
        """True when orders are expected to be worked on that day."""
        return day.weekday() not in (SATURDAY, SUNDAY) and day not in self.holidays(day.year)


def nth_weekday(year: int, month: int, weekday: int, nth: int) -> date:
    """The nth Monday (0) ... Sunday (6) of a month; nth -1 is the last one."""
    if nth > 0:
        first = date(year, month, 1)
        return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))
    following = date(year + month // 12, month % 12 + 1, 1)
    last = following - timedelta(days=1)
    return last - timedelta(days=(last.weekday() - weekday) % 7)


def easter_sunday(year: int) -> date:
    """Western Easter by the anonymous Gregorian computus."""
    golden, century, rest = year % 19, year // 100, year % 100
    moon = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - moon - rest % 4) % 7
    late = (golden + 11 * moon + 22 * weekday) // 451
    month, day = divmod(moon + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def _observed(day: date) -> date:
    """A US federal holiday on Saturday is kept on Friday, on Sunday on Monday (5 U.S.C. 6103)."""
    return day + timedelta(days={SATURDAY: -1, SUNDAY: 1}.get(day.weekday(), 0))


@lru_cache(maxsize=64)
def us_federal_holidays(year: int) -> frozenset[date]:
    """Days of `year` on which US federal offices are closed (5 U.S.C. 6103(a); Juneteenth since 2021)."""
    fixed = [date(year, 1, 1), date(year + 1, 1, 1), date(year, 7, 4), date(year, 11, 11), date(year, 12, 25)]
    if year >= 2021:
        fixed.append(date(year, 6, 19))
    moving = [
        nth_weekday(year, 1, 0, 3),
        nth_weekday(year, 2, 0, 3),
        nth_weekday(year, 5, 0, -1),
        nth_weekday(year, 9, 0, 1),
        nth_weekday(year, 10, 0, 2),
        nth_weekday(year, 11, 3, 4),
    ]
    # The coming New Year's Day may be kept on 31 December of this year.
    return frozenset(day for day in [*map(_observed, fixed), *moving] if day.year == year)


# One-off changes by royal proclamation: (added, removed).
_GB_ONE_OFF: dict[int, tuple[tuple[date, ...], tuple[date, ...]]] = {
    2020: ((date(2020, 5, 8),), (date(2020, 5, 4),)),
    2022: ((date(2022, 6, 2), date(2022, 6, 3), date(2022, 9, 19)), (date(2022, 5, 30),)),
    2023: ((date(2023, 5, 8),), ()),
}


def _next_free(day: date, taken: set[date]) -> date:
    """A bank holiday at a weekend gets the next day that is neither weekend nor taken."""
    while day.weekday() in (SATURDAY, SUNDAY) or day in taken:
        day += timedelta(days=1)
    return day


@lru_cache(maxsize=64)
def gb_bank_holidays(year: int) -> frozenset[date]:
    """Bank holidays of England and Wales (Banking and Financial Dealings Act 1971, with substitute days)."""
    easter = easter_sunday(year)
    days = {
        easter - timedelta(days=2),
        easter + timedelta(days=1),
        nth_weekday(year, 5, 0, 1),
        nth_weekday(year, 5, 0, -1),
        nth_weekday(year, 8, 0, -1),
    }
    added, removed = _GB_ONE_OFF.get(year, ((), ()))
    days = (days - set(removed)) | set(added)
    # Days that are weekdays keep their place; only then do weekend ones look for a free day.
    feasts = [date(year, 1, 1), date(year, 12, 25), date(year, 12, 26)]
    for feast in sorted(feasts, key=lambda day: (day.weekday() in (SATURDAY, SUNDAY), day)):
        days.add(_next_free(feast, days))
    return frozenset(days)


def _weekends_only(_year: int) -> frozenset[date]:
    return frozenset()


_ZONES = {
    "BR": "America/Sao_Paulo", "DE": "Europe/Berlin", "ES": "Europe/Madrid", "FR": "Europe/Paris",
    "ID": "Asia/Jakarta", "IE": "Europe/Dublin", "IT": "Europe/Rome", "JP": "Asia/Tokyo", "MX": "America/Mexico_City",
    "MY": "Asia/Kuala_Lumpur", "PH": "Asia/Manila", "SG": "Asia/Singapore", "TH": "Asia/Bangkok",
    "VN": "Asia/Ho_Chi_Minh",
}  # fmt: skip
_US = BusinessCalendar("US", "America/Los_Angeles", us_federal_holidays)
_GB = BusinessCalendar("GB", "Europe/London", gb_bank_holidays)


def calendar_for(region: str) -> BusinessCalendar:
    """The calendar of a TikTok region code; regions other than US and GB are approximate (weekends only)."""
    if region == "US":
        return _US
    if region == "GB":
        return _GB
    return BusinessCalendar(region, _ZONES.get(region, "UTC"), _weekends_only, approximate=True)


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def business_date(moment: datetime, calendar: BusinessCalendar) -> date:
    """The local date to which a moment belongs; after the cut-off it is the next date. Raises ValueError if naive."""
    if moment.tzinfo is None:
        raise ValueError("A moment needs a time zone; use aware UTC datetimes.")
    local = moment.astimezone(_zone(calendar.zone))
    past_cut_off = local.time() > calendar.cut_off
    return local.date() + timedelta(days=1 if past_cut_off else 0)


def _end_of(day: date, calendar: BusinessCalendar) -> datetime:
    return datetime.combine(day, calendar.cut_off, _zone(calendar.zone)).astimezone(UTC)


def add_business_days(start: datetime, days: int, calendar: BusinessCalendar) -> datetime:
    """The cut-off, in UTC, of the `days`-th business day after the local date of `start`.

    The day of `start` never counts: 2 days from a Friday or a Saturday end on Tuesday. 0 days = the end of that day,
    or of the next business day. Raises ValueError for a naive `start` or negative `days`.
    """
    if days < 0:
        raise ValueError("Business days are counted forwards; give 0 or more.")
    day = business_date(start, calendar)
    left = days
    while left or not calendar.is_business_day(day):
        day += timedelta(days=1)
        if left and calendar.is_business_day(day):
            left -= 1
    return _end_of(day, calendar)


def business_days_between(start: datetime, end: datetime, calendar: BusinessCalendar) -> int:
    """Business days after the local date of `start` up to that of `end`, included; negative when `end` is earlier."""
    first, last = business_date(start, calendar), business_date(end, calendar)
    if last < first:
        return -business_days_between(end, start, calendar)
    span = (last - first).days
    return sum(calendar.is_business_day(first + timedelta(days=step)) for step in range(1, span + 1))
