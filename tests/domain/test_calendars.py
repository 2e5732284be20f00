"""Business days follow the region's holidays, cut-off and zone."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agency.domain.calendars import (
    add_business_days,
    business_days_between,
    calendar_for,
    easter_sunday,
    gb_bank_holidays,
    us_federal_holidays,
)

moments = st.integers(0, 5 * 365 * 86_400).map(
    lambda s: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=s)
)
regions = st.sampled_from(["US", "GB", "DE", "ZZ"])


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_us_federal_holidays_of_2026_are_the_official_ones():
    assert sorted(us_federal_holidays(2026)) == [
        date(2026, 1, 1), date(2026, 1, 19), date(2026, 2, 16), date(2026, 5, 25), date(2026, 6, 19),
        date(2026, 7, 3), date(2026, 9, 7), date(2026, 10, 12), date(2026, 11, 11), date(2026, 11, 26),
        date(2026, 12, 25),
    ]  # fmt: skip


def test_a_new_year_on_saturday_is_kept_in_the_old_year():
    assert date(2021, 12, 31) in us_federal_holidays(2021)
    assert date(2022, 1, 1) not in us_federal_holidays(2022)


def test_gb_bank_holidays_of_2026_are_the_official_ones():
    assert sorted(gb_bank_holidays(2026)) == [
        date(2026, 1, 1), date(2026, 4, 3), date(2026, 4, 6), date(2026, 5, 4), date(2026, 5, 25),
        date(2026, 8, 31), date(2026, 12, 25), date(2026, 12, 28),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("year", "days"),
    [
        (2021, {date(2021, 12, 27), date(2021, 12, 28)}),
        (
            2022,
            {date(2022, 1, 3), date(2022, 12, 26), date(2022, 12, 27), date(2022, 9, 19), date(2022, 6, 3)},
        ),
        (2023, {date(2023, 1, 2), date(2023, 5, 8)}),
    ],
)
def test_gb_holidays_on_a_weekend_have_substitute_days(year, days):
    assert days <= gb_bank_holidays(year)


@pytest.mark.parametrize(
    ("year", "day"),
    [
        (2019, date(2019, 4, 21)),
        (2024, date(2024, 3, 31)),
        (2026, date(2026, 4, 5)),
        (2038, date(2038, 4, 25)),
    ],
)
def test_easter_falls_on_its_known_sundays(year, day):
    assert easter_sunday(year) == day


@pytest.mark.parametrize(
    ("start", "days", "region", "end"),
    [
        # 2026-11-18 is a Wednesday; the cut-off is 23:59 in Los Angeles (UTC-8 in winter).
        ("2026-11-18T20:00", 2, "US", "2026-11-21T07:59"),
        ("2026-11-20T20:00", 2, "US", "2026-11-25T07:59"),  # Friday -> Tuesday
        ("2026-11-21T20:00", 2, "US", "2026-11-25T07:59"),  # Saturday -> Tuesday
        ("2026-11-25T20:00", 2, "US", "2026-12-01T07:59"),  # over Thanksgiving and the weekend
        ("2026-11-19T07:30", 1, "US", "2026-11-20T07:59"),  # still Wednesday in Los Angeles
        ("2026-11-21T20:00", 0, "US", "2026-11-24T07:59"),  # a Saturday's own business day is Monday
        ("2026-03-06T20:00", 1, "US", "2026-03-10T06:59"),  # summer time begins in between
        ("2026-04-02T12:00", 1, "GB", "2026-04-07T22:59"),  # over Easter, in British summer time
        ("2026-11-26T12:00", 1, "DE", "2026-11-27T22:59"),
    ],
)
def test_business_days_end_at_the_cut_off_in_the_regions_zone(start, days, region, end):
    assert add_business_days(at(start), days, calendar_for(region)) == at(end)


def test_a_minute_after_the_cut_off_belongs_to_the_next_day():
    us = calendar_for("US")
    before, after = at("2026-11-19T07:58"), at("2026-11-19T07:59") + timedelta(seconds=30)
    assert add_business_days(after, 1, us) - add_business_days(before, 1, us) == timedelta(days=1)


def test_only_us_and_gb_calendars_claim_to_be_exact():
    assert [region for region in ("US", "GB", "DE", "ZZ") if calendar_for(region).approximate] == ["DE", "ZZ"]


def test_a_moment_without_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        add_business_days(datetime(2026, 1, 1), 1, calendar_for("US"))  # noqa: DTZ001  # the fault under test


def test_days_are_not_counted_backwards():
    with pytest.raises(ValueError, match="forwards"):
        add_business_days(at("2026-01-01"), -1, calendar_for("US"))


@given(moments, moments, st.integers(0, 20), regions)
def test_a_later_start_never_ends_earlier(one, other, days, region):
    calendar = calendar_for(region)
    first, second = sorted([one, other])
    assert add_business_days(first, days, calendar) <= add_business_days(second, days, calendar)


@given(moments, st.integers(1, 30), regions)
def test_counting_back_gives_the_days_that_were_added(start, days, region):
    calendar = calendar_for(region)
    end = add_business_days(start, days, calendar)
    assert end > start
    assert business_days_between(start, end, calendar) == days
    assert business_days_between(end, start, calendar) == -days
    assert days == 1 or add_business_days(start, days - 1, calendar) < end
