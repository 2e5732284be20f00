"""Times, spans, money and names as a reader sees them, in the reader's language; zone and present are passed in."""

from __future__ import annotations

import zlib
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from babel.numbers import format_decimal
from flask_babel import gettext as _

from agency.domain.money import Money
from agency.domain.said import said
from agency.portal.language import counted, locale_name, tr
from agency.speech import money_in

_MINUTE = 60
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR


def span_text(span: timedelta) -> str:
    """A length of time in its two largest units: "22m", "1h 03m", "2d 4h"; the sign is dropped."""
    seconds = int(abs(span.total_seconds()))
    minutes, hours, days = seconds // _MINUTE, seconds // _HOUR, seconds // _DAY
    if seconds < _HOUR:
        return str(_("%(minutes)sm", minutes=minutes))
    if seconds < 2 * _DAY:
        return str(_("%(hours)sh %(minutes)sm", hours=hours, minutes=f"{minutes % 60:02d}"))
    return str(_("%(days)sd %(hours)sh", days=days, hours=hours % 24))


def left_text(due: datetime, now: datetime) -> str:
    """Time left until `due`: "1h 03m", or "41m late"."""
    span = span_text(due - now)
    return str(_("%(span)s late", span=span)) if due < now else span


def spoken_left(due: datetime, now: datetime) -> str:
    """The same for a screen reader: "due in 1 hour 3 minutes"."""
    words = span_words(due - now)
    return str(_("%(span)s late", span=words) if due < now else _("due in %(span)s", span=words))


def span_words(span: timedelta) -> str:
    """A length of time in words, its two largest units."""
    seconds = int(abs(span.total_seconds()))
    days, hours, minutes = seconds // _DAY, seconds % _DAY // _HOUR, seconds % _HOUR // _MINUTE
    parts = (
        counted(days, "%(num)s day", "%(num)s days") if days else "",
        counted(hours, "%(num)s hour", "%(num)s hours") if hours else "",
        counted(minutes, "%(num)s minute", "%(num)s minutes") if minutes else "",
    )
    return " ".join([part for part in parts if part][:2]) or str(_("less than a minute"))


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
        return str(_("just now"))
    if seconds < _MINUTE:
        return str(_("%(count)s s ago", count=seconds))
    if seconds < _HOUR:
        return str(_("%(count)s min ago", count=seconds // _MINUTE))
    if seconds < 2 * _DAY:
        return str(_("%(count)s h ago", count=seconds // _HOUR))
    return str(_("%(count)s days ago", count=seconds // _DAY))


# The patterns are messages: a translator puts them in order (https://babel.pocoo.org/en/latest/dates.html).
def clock_text(moment: datetime, now: datetime, zone: ZoneInfo) -> str:
    """The clock time in the reader's zone, with the date unless it is today: "14:42", "24 Nov, 16:04"."""
    is_today = moment.astimezone(zone).date() == now.astimezone(zone).date()
    return _dated(moment, zone, str(_("HH:mm"))) if is_today else moment_text(moment, zone)


def moment_text(moment: datetime, zone: ZoneInfo) -> str:
    """Date and time: "24 Nov, 16:04"."""
    return _dated(moment, zone, str(_("d MMM, HH:mm")))


def date_text(moment: datetime, zone: ZoneInfo) -> str:
    """The date in full: "Friday, 27 November"."""
    return _dated(moment, zone, str(_("EEEE, d MMMM")))


def short_date(moment: datetime, zone: ZoneInfo) -> str:
    """The date in short: "20 Nov"."""
    return _dated(moment, zone, str(_("d MMM")))


def year_date(moment: datetime, zone: ZoneInfo) -> str:
    """A date that may be a year away: "20 Nov 2027"."""
    return _dated(moment, zone, str(_("d MMM yyyy")))


def month_text(month: str) -> str:
    """ "2026-10" as a reader says it: "October 2026"."""
    year, _dash, number = month.partition("-")
    return _dated(datetime(int(year), int(number), 1, tzinfo=UTC), ZoneInfo("UTC"), str(_("MMMM yyyy")))


def calendar_day(day: date) -> str:
    """A day of the calendar in short: "20 Nov"."""
    return short_date(datetime(day.year, day.month, day.day, tzinfo=UTC), ZoneInfo("UTC"))


def money_text(money: Money | None, *, signed: bool = False) -> str:
    """Money as the reader's language writes it, with a true minus sign; `signed` adds a plus to gains.

    A dash when there is none.
    """
    if money is None:
        return "\N{EN DASH}"
    plus = "+" if signed and money.amount > 0 else ""
    return plus + money_in(locale_name(), money).replace("-", "\N{MINUS SIGN}", 1)


def percent_text(basis_points: int) -> str:
    """A share in percent without idle zeros: 1250 basis points are "12.5"."""
    return format_decimal(Decimal(basis_points) / 100, format="0.##", locale=locale_name())


def rate_text(basis_points: int | None) -> str:
    """A rate in percent with one place, cut and not rounded, so that a kept limit never looks broken: "2.6%"."""
    return "\N{EN DASH}" if basis_points is None else f"{tenth_text(basis_points // 10 / 10)}%"


def tenth_text(number: float) -> str:
    """A number with one place: "15.3"."""
    return format_decimal(number, format="0.0", locale=locale_name())


def axis_text(number: float) -> str:
    """A number beside a chart, without idle zeros: "2.5", "12,000"."""
    return format_decimal(number, locale=locale_name())


def short_number(number: str) -> str:
    """The end of a long number, by which people tell orders apart."""
    return f"\N{HORIZONTAL ELLIPSIS}{number[-6:]}" if len(number) > 8 else number


_ROLES = {
    "owner": (said("Owner"), said("owner")),
    "operator": (said("Operator"), said("operator")),
    "viewer": (said("Viewer"), said("viewer")),
    "client_member": (said("Client member"), said("client member")),
}


def role_text(role: str) -> str:
    """A role as people say it: "Owner", "Client member"."""
    return tr(_ROLES.get(role, (role, role))[0])


def role_word(role: str) -> str:
    """A role within a sentence: "owner", "client member"."""
    return tr(_ROLES.get(role, (role, role))[1])


def device_text(device: str) -> str:
    """A signed-in device: "Firefox on Linux"."""
    browser, on, system = device.partition(" on ")
    return str(_("%(browser)s on %(system)s", browser=browser, system=system)) if on else tr(device)


def initials(name: str) -> str:
    """Two letters that stand for a name."""
    words = [word for word in name.replace("-", " ").split() if word[0].isalnum()]
    letters = "".join(word[0] for word in words[:2]) if len(words) > 1 else "".join(words)[:2]
    return letters.upper() or "?"


def mark_class(name: str) -> str:
    """The colour class of a name's mark; the same name has the same colour everywhere."""
    return f"m{zlib.crc32(name.encode()) % 6}"


def _dated(moment: datetime, zone: ZoneInfo, pattern: str) -> str:
    return format_datetime(moment, pattern, tzinfo=zone, locale=locale_name())
