"""Until when a person may put something off: the moments of their own day, and never past a deadline's warning."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agency.domain.errors import Invalid
from agency.services.snoozing import next_check, wanted_moment
from tests.desk import NOW

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("choice", "typed", "expected"),
    [
        ("hour", "", NOW + HOUR),
        ("afternoon", "", NOW + 7 * HOUR),  # it is 07:00 in New York; 14:00 there
        ("tomorrow", "", NOW + 25 * HOUR),  # 08:00 there
        ("own", "2026-11-23T09:30", NOW + timedelta(hours=2, minutes=30)),
    ],
)
def test_moments_are_those_of_the_persons_day(choice: str, typed: str, expected: object) -> None:
    assert wanted_moment(choice, typed, NOW, "America/New_York") == expected


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/New_York"])
@pytest.mark.parametrize(
    "typed",
    ["", "soon", "2026-11-23T01:00", "2027-11-23T01:00", "0001-01-01T00:00", "9999-12-31T23:59"],
)
def test_a_time_that_cannot_be_meant_is_refused(typed: str, zone: str) -> None:
    with pytest.raises(Invalid):
        wanted_moment("own", typed, NOW, zone)


def test_a_row_without_a_clock_sleeps_as_long_as_was_asked() -> None:
    assert next_check(NOW + HOUR, None, NOW) == NOW + HOUR
