"""Health figures keep recommended and enforced limits apart and never call no data a good figure."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agency.domain.errors import Invalid
from agency.domain.metrics import (
    LIMITS,
    Limit,
    Metric,
    Rate,
    is_met,
    late_dispatch_rate,
    list_limits,
    on_time_delivery_rate,
    runway,
    seller_cancellation_rate,
    valid_tracking_rate,
)

DAY = date(2026, 11, 22)


def limit_of(metric: Metric, level: str = "recommended", day: date = DAY) -> Limit:
    (found,) = [row for row in list_limits(metric, "US", day) if row.level == level]
    return found


@pytest.mark.parametrize(
    ("rate", "points"),
    [
        (late_dispatch_rate(4, 100), 400),
        (valid_tracking_rate(95, 100), 9500),
        (on_time_delivery_rate(2, 3), 6666),
        (seller_cancellation_rate(0, 10), 0),
        (late_dispatch_rate(0, 0), None),
    ],
)
def test_a_rate_is_a_share_of_its_cases(rate, points):
    assert rate.basis_points == points


@pytest.mark.parametrize(("counted", "base"), [(5, 4), (-1, 4)])
def test_impossible_counts_are_refused_by_name(counted, base):
    with pytest.raises(Invalid, match="count again") as caught:
        late_dispatch_rate(counted, base)
    assert caught.value.field == "late_dispatch_rate"


def test_recommended_and_enforced_limits_are_two_lines():
    assert {row.level: row.basis_points for row in list_limits(Metric.LATE_DISPATCH, "US", DAY)} == {
        "recommended": 400,
        "enforced": 1000,
    }


def test_the_limit_of_the_day_counts():
    assert limit_of(Metric.LATE_DISPATCH, "enforced", date(2026, 2, 1)).basis_points == 400
    assert limit_of(Metric.LATE_DISPATCH, "enforced", date(2026, 3, 2)).basis_points == 1000


def test_a_region_without_a_known_limit_has_none():
    assert list_limits(Metric.LATE_DISPATCH, "GB", DAY) == []
    assert all(row.source for row in LIMITS)


def test_a_limit_is_kept_exactly_and_not_after_rounding():
    line = limit_of(Metric.LATE_DISPATCH)
    assert is_met(late_dispatch_rate(4, 100), line)
    assert not is_met(late_dispatch_rate(40_001, 1_000_000), line)


@pytest.mark.parametrize(
    ("rate", "left"),
    [
        (late_dispatch_rate(0, 100), 4),
        (late_dispatch_rate(3, 100), 1),
        (late_dispatch_rate(4, 100), 0),
        (late_dispatch_rate(9, 100), 0),
        (late_dispatch_rate(0, 10), 0),
        (late_dispatch_rate(0, 0), 0),
        (valid_tracking_rate(100, 100), 5),
        (valid_tracking_rate(95, 100), 0),
        (valid_tracking_rate(10, 100), 0),
    ],
)
def test_the_runway_counts_the_mistakes_a_shop_can_afford(rate, left):
    assert runway(rate, limit_of(rate.metric)) == left


@given(st.sampled_from(list(Metric)), st.integers(0, 2000), st.integers(0, 2000), st.integers(0, 10_000))
def test_after_the_runway_the_limit_holds_and_one_more_breaks_it(metric, counted, base, points):
    rate = Rate(metric, min(counted, base), base)
    line = Limit(metric, "US", "enforced", points, DAY, None, "made up for this test")
    step = 1 if metric in (Metric.LATE_DISPATCH, Metric.SELLER_CANCELLATION) else -1
    left = runway(rate, line)
    if is_met(rate, line):
        assert is_met(Rate(metric, rate.counted + step * left, base), line)
        assert not base or not is_met(Rate(metric, rate.counted + step * (left + 1), base), line)
    else:
        assert left == 0
