"""The geometry of charts: what is drawn lies where its number says, and a limit is always in the picture."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agency.domain.money import Money
from agency.portal.charts import (
    WIDTH,
    goal_bars,
    limit_meter,
    line_chart,
    meter,
    nice_top,
    sparkline,
    stacked_bars,
)
from agency.portal.client_page import sales_line
from agency.services.client_rows import DaySales


def test_a_line_goes_from_edge_to_edge_on_a_round_scale():
    chart = line_chart([0.0, 2.5, 5.0], ["1 Nov", "2 Nov", "3 Nov"], limit=4.0, height=200)
    assert chart.path == "M0,200 L500,100 L1000,0"
    assert chart.area.endswith("L1000,200 L0,200 Z")
    assert chart.rows == (5.0, 2.5, 0.0)
    assert (chart.limit_y, chart.limit_at) == (40.0, 20.0)
    assert chart.last == (1000.0, 0.0)


def test_the_limit_shows_even_when_every_point_is_far_below():
    chart = line_chart([0.1, 0.1], ["a", "b"], limit=4.0)
    assert chart.limit_y is not None
    assert 0 < chart.limit_y < chart.height


def test_a_gap_breaks_the_line_and_a_lonely_point_is_a_dot():
    chart = line_chart([1.0, 1.0, None, 1.0], list("abcd"), height=100)
    assert chart.path.count("M") == 1
    assert len(chart.dots) == 1


def test_nothing_known_draws_nothing():
    chart = line_chart([None, None], ["a", "b"])
    assert (chart.path, chart.area, chart.dots, chart.last) == ("", "", (), None)
    assert sparkline([]).path == ""


def test_columns_stand_on_the_ground_and_their_parts_on_each_other():
    chart = stacked_bars([(3, 1), (0, 0)], ["a", "b"], height=100)
    (low, high), empty = chart.bars[0].parts, chart.bars[1].parts
    assert chart.rows[0] == 5
    assert (low, high) == ((40.0, 60.0), (20.0, 20.0))
    assert empty == ((100.0, 0.0), (100.0, 0.0))
    assert chart.bars[0].x + chart.bars[0].width < chart.bars[1].x


def test_five_labels_at_most_with_the_first_and_the_last():
    labels = [str(n) for n in range(30)]
    assert line_chart([1.0] * 30, labels).columns == ("0", "7", "14", "22", "29")


def test_bars_with_a_goal_share_one_scale():
    short, long, none = goal_bars([(1.0, 2.0), (10.0, 5.0), (None, 4.0)])
    assert long.width > short.width
    assert none.width == 0
    assert short.tick is not None
    assert short.width < short.tick
    assert long.tick is not None
    assert long.width > long.tick


def test_a_share_against_its_limit():
    for points, limit, lower in ((260, 400, True), (9_600, 9_500, False)):
        assert limit_meter(points, limit, lower_is_better=lower).tick == round(WIDTH / 1.5, 1)
    kept, broken = (limit_meter(points, 9_500, lower_is_better=False) for points in (9_600, 9_400))
    assert kept.tick is not None
    assert broken.width < kept.tick < kept.width
    assert limit_meter(9_000, 400, lower_is_better=True).width == WIDTH


@given(st.lists(st.one_of(st.none(), st.floats(0, 1e6)), max_size=100), st.floats(0, 1e5))
def test_everything_drawn_lies_in_the_box(points, limit):
    chart = line_chart(points, [str(n) for n in range(len(points))], limit)
    spots = [*chart.dots, *([chart.last] if chart.last else [])]
    assert all(0 <= x <= WIDTH and 0 <= y <= chart.height for x, y in spots)
    assert chart.limit_y is not None
    assert 0 <= chart.limit_y <= chart.height
    assert 0 <= meter(limit, 10.0, 4.0).width <= WIDTH


@given(st.floats(1e-5, 1e9))
def test_the_top_of_a_scale_is_round_and_not_far_above(highest):
    assert highest * (1 - 1e-9) <= nice_top(highest) <= highest * 2.6


def _days(currency: str, *amounts: int) -> list[DaySales]:
    return [
        DaySales(date(2026, 11, 1) + timedelta(days=n), Money(m, currency)) for n, m in enumerate(amounts)
    ]


@pytest.mark.parametrize(("currency", "top"), [("USD", 25.0), ("JPY", 2500.0)])
def test_sales_are_drawn_in_whole_units_of_their_currency(currency, top):
    chart = sales_line(_days(currency, 0, 2_400, 1_000))
    assert chart is not None
    assert (chart.rows[0], chart.columns) == (top, ("1 Nov", "2 Nov", "3 Nov"))


@pytest.mark.parametrize("amounts", [(), (500,), (0, 0, 0)])
def test_a_client_without_sales_sees_no_empty_chart(amounts):
    assert sales_line(_days("USD", *amounts)) is None
