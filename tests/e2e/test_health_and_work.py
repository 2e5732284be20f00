"""Health and Work in a real browser: down to the late orders, trying again, no script, keyboard."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from agency.models.shops import Shop
from agency.services.health import note_health
from tests.desk import NOW, Desk, open_desk
from tests.e2e.conftest import Window
from tests.health_rows import fill_health
from tests.work_rows import fill_work

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with open_desk() as opened:
        with opened.session() as session:
            fill_health(session, opened.ours)
            shop = session.get_one(Shop, opened.ours.shops["Luma"])
            note_health(opened.ours.scope(), session, shop, NOW)
            fill_work(session, opened)
        yield opened


@pytest.fixture
def paths(desk: Desk) -> tuple[str, ...]:
    luma, kite = desk.ours.public["Luma Shop"], desk.ours.public["Kite Shop"]
    return "/health", f"/shops/{luma}/health", f"/shops/{kite}/health?days=7", "/work", "/work?state=all"


def test_from_the_side_bar_to_the_orders_that_were_late(window: Window) -> None:
    page = window.sign_in("owner")
    link = page.get_by_role("navigation", name="Main").get_by_role("link", name="Health")
    expect(link).to_contain_text("1")
    link.click()
    first = page.locator("#health-shops tbody tr").first
    expect(first).to_contain_text("Over limit")
    expect(first).to_contain_text("2 of 3 late orders waited for tracking from Eastport.")
    page.get_by_role("link", name="7 days").click()
    page.get_by_role("link", name="Luma Shop").click()
    expect(page.get_by_role("link", name="7 days")).to_have_attribute("aria-current", "true")
    page.go_back()
    expect(page.get_by_role("heading", name="Health", exact=True)).to_be_visible()
    page.go_forward()
    page.get_by_role("link", name="See the 3 late orders").click()
    page.locator("#late a").first.click()
    expect(page.get_by_role("heading", name="Pour-over set").first).to_be_visible()


def test_what_is_stuck_is_tried_again(window: Window, desk: Desk) -> None:
    page = window.sign_in("operator")
    window.open("/work")
    row = page.locator("#lanes tr", has_text="Reading orders")
    expect(row).to_contain_text("Failed 4 times in a row.")
    row.get_by_role("link", name="What helps").click()
    expect(page.locator("#explain-orders")).to_be_visible()
    row.get_by_role("button", name="Try now").click()
    expect(page.get_by_text("It is tried again now.")).to_be_visible()
    expect(page.locator("#lanes tr", has_text="Reading orders")).to_have_count(0)
    with desk.session() as session:
        lane = session.execute(
            text("select failures, due_at <= now() as due from lanes where shop_id = :id and api = 'orders'"),
            {"id": desk.ours.shops["Luma"]},
        ).one()
        assert (lane.failures, lane.due) == (0, True)
        session.execute(
            text("update lanes set failures = 4, due_at = now() + interval '1 hour' where api = 'orders'")
        )


def test_without_script_everything_is_there(plain: Window, paths: tuple[str, ...]) -> None:
    page = plain.sign_in("owner")
    plain.open(paths[1])
    expect(page.get_by_role("img", name="Late dispatch rate by day")).to_be_visible()
    page.get_by_text("The numbers of each day").click()
    expect(page.get_by_role("table", name="Orders due, late and taken by carriers, by day")).to_be_visible()
    plain.open("/work")
    page.get_by_role("button", name="Ask again").click()
    expect(page.get_by_text("The sender is asked again now")).to_be_visible()


def test_the_numbers_behind_a_chart_are_reached_by_keyboard(window: Window, paths: tuple[str, ...]) -> None:
    page = window.sign_in("viewer")
    window.open(paths[1])
    summary = page.locator("#numbers summary")
    for _ in range(60):
        page.keyboard.press("Tab")
        if summary.evaluate("(element) => element === document.activeElement"):
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("table", name="Orders due, late and taken by carriers, by day")).to_be_visible()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.matches('.scroll')")
