"""A figure's state follows its limit, small shops are told apart, and a forecast needs a rise."""

from datetime import date, timedelta

import pytest

from agency.domain.health import State, days_to_limit, judge, rolling, worst
from agency.domain.metrics import Metric, Rate

DAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("metric", "counted", "base", "state"),
    [
        (Metric.LATE_DISPATCH, 0, 100, State.GOOD),
        (Metric.LATE_DISPATCH, 2, 100, State.GOOD),
        (Metric.LATE_DISPATCH, 24, 1000, State.WATCH),
        (Metric.LATE_DISPATCH, 4, 100, State.WATCH),
        (Metric.LATE_DISPATCH, 5, 100, State.OVER),
        (Metric.LATE_DISPATCH, 9, 9, State.FEW),
        (Metric.LATE_DISPATCH, 0, 0, State.FEW),
        (Metric.LATE_DISPATCH, 0, 20, State.GOOD),
        (Metric.VALID_TRACKING, 98, 100, State.GOOD),
        (Metric.VALID_TRACKING, 97, 100, State.WATCH),
        (Metric.VALID_TRACKING, 94, 100, State.OVER),
        (Metric.ON_TIME_DELIVERY, 79, 100, State.OVER),
        (Metric.SELLER_CANCELLATION, 3, 100, State.OVER),
    ],
)
def test_a_figure_stands_where_its_limit_puts_it(metric, counted, base, state):
    assert judge(Rate(metric, counted, base), "US", DAY).state == state


def test_the_stricter_line_counts_and_the_enforced_one_is_told_apart():
    found = judge(Rate(Metric.LATE_DISPATCH, 5, 100), "US", DAY)
    assert (found.line.basis_points, found.enforced.basis_points, found.acts) == (400, 1000, False)
    assert judge(Rate(Metric.LATE_DISPATCH, 11, 100), "US", DAY).acts


def test_before_march_there_was_one_line_only():
    found = judge(Rate(Metric.LATE_DISPATCH, 5, 100), "US", date(2026, 2, 1))
    assert found.line.basis_points == 400
    assert found.acts


def test_a_market_without_a_known_limit_is_not_called_good():
    found = judge(Rate(Metric.LATE_DISPATCH, 0, 100), "GB", DAY)
    assert (found.state, found.line, found.left) == (State.NO_LIMIT, None, None)


def test_a_small_shop_has_no_late_order_to_give_away():
    assert judge(Rate(Metric.LATE_DISPATCH, 0, 24), "US", DAY).left == 0
    assert judge(Rate(Metric.LATE_DISPATCH, 0, 25), "US", DAY).left == 1


def test_a_shop_stands_as_its_worst_figure():
    assert worst([State.GOOD, State.WATCH, State.OVER]) == State.OVER
    assert worst([]) == State.FEW


def test_a_point_of_the_trend_looks_back_seven_days_and_a_day_without_orders_is_a_gap():
    days = [DAY + timedelta(days=n) for n in range(10)]
    points = rolling(days, {DAY: (1, 4), DAY + timedelta(days=6): (0, 4)})
    assert points[:7] == [2500] * 6 + [1250]
    assert points[7:] == [0, 0, 0]
    assert rolling(days, {}) == [None] * 10


def test_a_steady_rise_reaches_the_limit_on_the_day_of_its_straight_line():
    assert days_to_limit([100, 120, 140, 160, 180, 200, 220, 240], 400) == 8


@pytest.mark.parametrize(
    "points",
    [
        [200] * 14,
        [300, 280, 260, 240, 220, 200, 180],
        [100, 120, 140],
        [380, 390, 400, 410, 420, 430, 440],
        [100, 101, 102, 103, 104, 105, 106],
        [None] * 14,
    ],
)
def test_without_a_clear_rise_there_is_no_forecast(points):
    assert days_to_limit(points, 400) is None
