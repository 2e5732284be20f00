"""Times, spans, money and names as a reader sees them: pure functions, the zone and the present are passed in."""

from __future__ import annotations

import zlib
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from agency.domain.money import Money, format_money

_MINUTE = 60
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR


def zone_of(name: str) -> ZoneInfo:
    """The zone of that name; UTC when the name is not one."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def span_text(span: timedelta) -> str:
    """A length of time in its two largest units: "22m", "1h 03m", "2d 4h"; the sign is dropped."""
    seconds = int(abs(span.total_seconds()))
    if seconds < _HOUR:
        return f"{seconds // _MINUTE}m"
    if seconds < 2 * _DAY:
        return f"{seconds // _HOUR}h {seconds % _HOUR // _MINUTE:02d}m"
    return f"{seconds // _DAY}d {seconds % _DAY // _HOUR}h"


def left_text(due: datetime, now: datetime) -> str:
    """Time left until `due`: "1h 03m", or "41m late"."""
    return f"{span_text(due - now)} late" if due < now else span_text(due - now)


def spoken_left(due: datetime, now: datetime) -> str:
    """The same for a screen reader: "due in 1 hour 3 minutes"."""
    words = span_words(due - now)
    return f"{words} late" if due < now else f"due in {words}"


def span_words(span: timedelta) -> str:
    """A length of time in words, its two largest units."""
    seconds = int(abs(span.total_seconds()))
    units = (
        ("day", seconds // _DAY),
        ("hour", seconds % _DAY // _HOUR),
        ("minute", seconds % _HOUR // _MINUTE),
    )
    parts = [f"{count} {unit}{'' if count == 1 else 's'}" for unit, count in units if count][:2]
    return " ".join(parts) or "less than a minute"


def urgency(due: datetime | None, now: datetime) -> str:
    """The tone of a deadline: bad when overdue, warn within four hours, else empty."""
    if due is None:
        return ""
    if due < now:
        return "bad"
    return "warn" if due - now <= timedelta(hours=4) else ""


def ago_text(moment: datetime, now: datetime) -> str:
    """How long ago: "just now", "40 s ago", "12 min ago", "3 h ago", "2 days ago"."""
    seconds = int((now - moment).total_seconds())
    if seconds < 5:
        return "just now"
    for limit, size, unit in ((_MINUTE, 1, "s"), (_HOUR, _MINUTE, "min"), (2 * _DAY, _HOUR, "h")):
        if seconds < limit:
            return f"{seconds // size} {unit} ago"
    return f"{seconds // _DAY} days ago"


def clock_text(moment: datetime, now: datetime, zone: ZoneInfo) -> str:
    """The clock time in the reader's zone, with the date unless it is today: "14:42", "24 Nov, 16:04"."""
    local, today = moment.astimezone(zone), now.astimezone(zone).date()
    return f"{local:%H:%M}" if local.date() == today else moment_text(moment, zone)


def moment_text(moment: datetime, zone: ZoneInfo) -> str:
    """Date and time: "24 Nov, 16:04"."""
    local = moment.astimezone(zone)
    return f"{local.day} {local:%b, %H:%M}"


def date_text(moment: datetime, zone: ZoneInfo) -> str:
    """The date in full: "Friday, 27 November"."""
    local = moment.astimezone(zone)
    return f"{local:%A}, {local.day} {local:%B}"


def short_date(moment: datetime, zone: ZoneInfo) -> str:
    """The date in short: "20 Nov"."""
    local = moment.astimezone(zone)
    return f"{local.day} {local:%b}"


def year_date(moment: datetime, zone: ZoneInfo) -> str:
    """A date that may be a year away: "20 Nov 2027"."""
    local = moment.astimezone(zone)
    return f"{local.day} {local:%b %Y}"


def money_text(money: Money | None, *, signed: bool = False) -> str:
    """Money with a true minus sign; `signed` adds a plus to gains. A dash when there is none."""
    if money is None:
        return "\N{EN DASH}"
    plus = "+" if signed and money.amount > 0 else ""
    return plus + format_money(money).replace("-", "\N{MINUS SIGN}", 1)


def percent_text(basis_points: int) -> str:
    """A share in percent without idle zeros: 1250 basis points are "12.5"."""
    return f"{basis_points / 100:g}"


def short_number(number: str) -> str:
    """The end of a long number, by which people tell orders apart."""
    return f"\N{HORIZONTAL ELLIPSIS}{number[-6:]}" if len(number) > 8 else number


def role_text(role: str) -> str:
    """A role as people say it: "Owner", "Client member"."""
    return role.replace("_", " ").capitalize()


def initials(name: str) -> str:
    """Two letters that stand for a name."""
    words = [word for word in name.replace("-", " ").split() if word[0].isalnum()]
    letters = "".join(word[0] for word in words[:2]) if len(words) > 1 else "".join(words)[:2]
    return letters.upper() or "?"


def mark_class(name: str) -> str:
    """The colour class of a name's mark; the same name has the same colour everywhere."""
    return f"m{zlib.crc32(name.encode()) % 6}"


def plural(count: int, one: str, many: str = "") -> str:
    """A count with its noun: "1 shop", "3 shops"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
