"""Calendar months of a place: parsed from "2026-10", with their first moment and the first one after them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from agency.domain.errors import Invalid

_TEXT = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")


@dataclass(frozen=True, order=True)
class Month:
    """A month of the calendar, in no zone yet."""

    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.year}-{self.number:02d}"

    @property
    def after(self) -> Month:
        """The next one."""
        return Month(self.year + self.number // 12, self.number % 12 + 1)

    @property
    def before(self) -> Month:
        """The former one."""
        return Month(self.year - (self.number == 1), self.number - 1 or 12)

    def begins(self, zone: ZoneInfo) -> datetime:
        """Its first moment in that zone, as aware UTC."""
        return datetime(self.year, self.number, 1, tzinfo=zone).astimezone(UTC)


def parse_month(text: str) -> Month:
    """ "2026-10" as a month. Raises Invalid for anything else."""
    found = _TEXT.fullmatch(text)
    if not found:
        raise Invalid("month", "Choose a month from the list.")
    return Month(int(found[1]), int(found[2]))


def month_of(moment: datetime, zone: ZoneInfo) -> Month:
    """The month in which a moment lies, in that zone."""
    local = moment.astimezone(zone)
    return Month(local.year, local.month)


def last_months(moment: datetime, zone: ZoneInfo, count: int) -> list[Month]:
    """The months up to the moment's own, newest first."""
    months = [month_of(moment, zone)]
    while len(months) < count:
        months.append(months[-1].before)
    return months
