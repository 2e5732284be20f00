"""Snoozing: when a row comes back. Always while there is still time to act, whatever was asked for. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from agency.domain.errors import Invalid
from agency.services.zones import read_moment

WAKES_BEFORE = timedelta(minutes=30)  # so long before its deadline a row is on the list again
LONGEST = timedelta(days=30)
_AFTERNOON, _MORNING = time(14), time(8)


def wanted_moment(choice: str, typed: str, now: datetime, zone: str) -> datetime:
    """The moment that a choice means, in aware UTC: "hour", "afternoon", "tomorrow", or "own" with a typed local time.

    Days are those of `zone`, the person's. Raises Invalid for another word, and for a typed time that is no time, is
    over, or lies more than 30 days ahead.
    """
    local = now.astimezone(ZoneInfo(zone))
    if choice == "hour":
        return now + timedelta(hours=1)
    if choice == "afternoon":
        afternoon = datetime.combine(local.date(), _AFTERNOON, local.tzinfo)
        return (afternoon if afternoon > local else local + timedelta(hours=4)).astimezone(UTC)
    if choice == "tomorrow":
        day = local.date() + timedelta(days=1)
        return datetime.combine(day, _MORNING, local.tzinfo).astimezone(UTC)
    if choice == "own":
        return _typed(typed, now, zone)
    raise Invalid("until", "Choose when to look at it again: in an hour, this afternoon, tomorrow or a time.")


def _typed(typed: str, now: datetime, zone: str) -> datetime:
    try:
        return checked_moment(read_moment(typed, ZoneInfo(zone)), now)
    except ValueError:
        raise Invalid("until", "Write the day and time at which it shall come back.") from None


def checked_moment(moment: datetime, now: datetime) -> datetime:
    """The moment, when it lies ahead and not too far. Raises Invalid otherwise."""
    if moment <= now:
        raise Invalid("until", "This time is over. Choose a later one.")
    if moment > now + LONGEST:
        raise Invalid("until", "Snooze for at most 30 days.")
    return moment


def next_check(wanted: datetime, due: datetime | None, now: datetime) -> datetime:
    """When the row really comes back: as wanted, but half an hour before its deadline at the latest.

    Raises Invalid when the deadline is so near, or over, that it must not leave the list at all.
    """
    if due is None:
        return wanted
    if due - WAKES_BEFORE <= now:
        raise Invalid("until", "It is due within half an hour or late already. Do it now, or assign it.")
    return min(wanted, due - WAKES_BEFORE)
