"""Months of a place: where they begin, which one comes next, and what is no month."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from agency.domain.errors import Invalid
from agency.domain.months import Month, last_months, month_of, parse_month

NEW_YORK = ZoneInfo("America/New_York")


def test_a_month_begins_at_midnight_of_its_own_zone() -> None:
    assert parse_month("2026-11").begins(NEW_YORK) == datetime(2026, 11, 1, 4, tzinfo=UTC)
    assert parse_month("2026-12").begins(NEW_YORK) == datetime(2026, 12, 1, 5, tzinfo=UTC)


def test_the_years_end_is_crossed_both_ways() -> None:
    assert str(Month(2026, 12).after) == "2027-01"
    assert str(Month(2027, 1).before) == "2026-12"
    assert [str(one) for one in last_months(datetime(2027, 1, 5, tzinfo=UTC), NEW_YORK, 3)] == [
        "2027-01",
        "2026-12",
        "2026-11",
    ]


def test_the_zone_decides_in_which_month_a_moment_lies() -> None:
    assert str(month_of(datetime(2026, 11, 1, 2, tzinfo=UTC), NEW_YORK)) == "2026-10"


@pytest.mark.parametrize("text", ["", "2026-13", "2026-1", "1999-01", "2026-10x", "10-2026"])
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="Choose a month"):
        parse_month(text)
