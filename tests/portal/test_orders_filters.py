"""The list of orders in the browser: filters in the address, chips to take them away, empty states that differ."""

from __future__ import annotations

import csv
import io

import pytest

from tests.desk import Desk
from tests.desk_rows import add_attention, add_order, add_sku
from tests.portal.browsing import Visitor, visit

LAMP, CHAIR, KITE = "577300000000044616", "577300000000044627", "577300000000055555"


@pytest.fixture(autouse=True)
def _rows(desk: Desk) -> None:
    desk.clear()
    with desk.session() as session:
        add_order(session, desk.ours, number=LAMP, title="Pour-over set")
        add_sku(session, desk.ours)
        chair = add_order(
            session, desk.ours, number=CHAIR, stage="blocked", title="Oak chair", sku_id="chair"
        )
        add_attention(session, desk.ours, kind="unmapped", order_id=chair.id, shop_id=chair.shop_id)
        add_order(session, desk.ours, "Kite", number=KITE, title="Kite mug", sku_id="mug")


def test_the_last_digits_and_a_part_of_the_name_find_an_order(owner: Visitor) -> None:
    for asked in ("044616", "POUR"):
        page = owner.page(f"/orders?q={asked}")
        assert "Pour-over set" in page
        assert "Oak chair" not in page


def test_each_filter_has_a_chip_that_takes_away_only_itself(owner: Visitor) -> None:
    page = owner.page("/orders?problem=unmapped&stage=blocked&q=chair")
    assert "Nothing matches" in page
    chips = page.partition('class="chips"')[2].partition("</ul>")[0]
    assert 'href="/orders?stage=blocked&amp;problem=unmapped"' in chips or (
        'href="/orders?problem=unmapped&amp;stage=blocked"' in chips
    )
    assert "No supplier mapped" in chips
    assert "Clear all" in chips


def test_the_stages_are_counted_under_the_filters(owner: Visitor) -> None:
    tabs = owner.page("/orders?problem=any").partition('aria-label="Stage"')[2].partition("</nav>")[0]
    assert "All <span>1</span>" in tabs
    assert "Needs a decision <span>1</span>" in tabs
    assert "Being ordered" not in tabs


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("since=never", "year-month-day"),
        ("since=2026-11-25&until=2026-11-01", "The first day lies behind the last one."),
        ("stage=nonsense", "Choose one of the stages."),
        ("problem=nonsense", "Choose one of the decisions."),
    ],
)
def test_a_filter_that_cannot_be_read_is_named_and_nothing_is_shown(
    owner: Visitor, query: str, words: str
) -> None:
    answer = owner.get(f"/orders?{query}")
    assert answer.status_code == 422
    assert words in answer.text
    assert "Nothing is shown" in answer.text
    assert "Oak chair" not in answer.text


def test_the_same_filters_hold_for_page_file_and_json(desk: Desk, owner: Visitor) -> None:
    query = "?problem=any&sort=deadline"
    rows = list(csv.DictReader(io.StringIO(owner.get(f"/orders.csv{query}").text, newline="")))
    assert [row["order_number"] for row in rows] == [CHAIR]
    answer = desk.web("owner").get(f"/api/v1/orders{query}").get_json()
    assert [row["number"] for row in answer["rows"]] == [CHAIR]
    assert 'href="/orders.csv?' in owner.page(f"/orders{query}")
    assert desk.web("owner").get("/api/v1/orders?since=never").status_code == 422
    assert owner.get("/orders.csv?since=never").status_code == 422


def test_empty_states_differ(desk: Desk, owner: Visitor) -> None:
    assert "Nothing matches" in owner.page("/orders?q=9999999")
    desk.clear()
    assert "No orders yet" in owner.page("/orders")


def test_somebody_else_finds_nothing_by_digits_name_or_ids(desk: Desk) -> None:
    stranger = visit(desk, "stranger")
    for query in ("q=044616", "q=pour", f"client={desk.ours.public['Luma']}", "problem=any"):
        page = stranger.page(f"/orders?{query}")
        assert "Nothing matches" in page
        assert "Pour-over" not in page
    operator = visit(desk, "operator").page("/orders")
    assert "Oak chair" in operator
    assert "Kite mug" not in operator
