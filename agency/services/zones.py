"""A time zone by its name, for days and months of a client, and the moment that a person types in their own."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def zone_named(name: str) -> ZoneInfo:
    """The zone; UTC when the name is not one."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def read_moment(typed: str, zone: ZoneInfo) -> datetime:
    """A typed day and time in aware UTC; without an offset of its own it is one of `zone`.

    Raises ValueError for what is no time, and for one that no calendar has in UTC.
    """
    moment = datetime.fromisoformat(typed)
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError as error:
        raise ValueError(typed) from error
