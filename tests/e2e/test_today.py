"""A morning on 40 shops with the keyboard alone; the same list without script; no complaint from axe."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from agency.models.shops import Authorization, Shop
from tests.desk import NOW, Desk, Side, open_desk
from tests.desk_rows import add_attention, add_order
from tests.e2e.axe import axe_violations, sideways
from tests.e2e.conftest import Window
from tests.portal.scenes import OVER_LIMIT

pytestmark = pytest.mark.e2e

SHOPS = 38  # beside the two of the desk
WIDTHS = (320, 768, 1280)


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    """Forty shops; sixty open orders, of which every second needs a person."""
    with open_desk() as opened:
        with opened.session() as session:
            names = [_add_shop(session, opened.ours, number) for number in range(SHOPS)]
            for number in range(60):
                _add_row(session, opened.ours, names[number % SHOPS], number)
        yield opened


def _add_shop(session: Session, side: Side, number: int) -> str:
    client = ("Luma", "Kite")[number % 2]
    keys = {"agency_id": side.agency_id, "client_id": side.clients[client]}
    grant = Authorization(**keys, state="active")
    session.add(grant)
    session.flush()
    shop = Shop(
        **keys, authorization_id=grant.id, tiktok_shop_id=f"fake-{number}", code=f"S{number}", name=f"Shop {number}",
        region="US", currency="USD", time_zone="America/New_York", last_read_at=datetime.now(UTC),
    )  # fmt: skip
    session.add(shop)
    session.flush()
    name = f"{client}{number}"
    side.shops[name], side.clients[name] = shop.id, side.clients[client]
    return name


def _add_row(session: Session, side: Side, name: str, number: int) -> None:
    dear = number % 6 == 0
    order = add_order(
        session, side, name, title=f"Thing {number:02d}", due_at=NOW + timedelta(hours=5, minutes=9 * number),
        **({"stage": "blocked", "blockers": [OVER_LIMIT]} if dear else {}),
    )  # fmt: skip
    about = {"order_id": order.id, "shop_id": order.shop_id, "due_at": order.due_at}
    if dear:
        add_attention(session, side, name, kind="approval", action="approve", why="Too dear.", **about)
    elif number % 2:
        add_attention(session, side, name, kind="ship_warning", why="A warning.", **about)


def _row(page: Page, title: str) -> object:
    return page.locator("[data-row]").filter(has_text=title)


def _on(page: Page) -> str:
    return page.locator("[data-row].on .item").inner_text()


def _chosen(page: Page) -> int:
    return page.locator('input[name="row"]:checked').count()


def test_a_morning_by_keyboard_alone(window: Window) -> None:
    page = window.sign_in("owner")
    bar = page.get_by_role("region", name="Chosen rows")
    expect(bar).to_be_hidden()

    for key in "jjk":
        page.keyboard.press(key)
    assert _on(page) == "Thing 00"
    page.keyboard.press("j")  # the second row: a warning
    page.keyboard.press("e")
    expect(page.get_by_text("It opens again if its cause comes back.")).to_be_visible()
    undo = page.get_by_role("button", name="Undo")
    undo.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Undone.")).to_be_visible()

    page.keyboard.press("j")
    page.keyboard.press("x")
    for key in ("j", "j", "j", "Shift+X"):
        page.keyboard.press(key)
    assert _chosen(page) == 4
    expect(bar).to_contain_text("4 chosen")
    expect(bar).to_contain_text("$80.00")
    page.keyboard.press("h")
    expect(page.get_by_role("heading", name="Hold: what will happen")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="4 of 4 done")).to_be_visible()
    page.get_by_role("button", name="Undo").press("Enter")
    expect(page.get_by_text("Undone.")).to_be_visible()

    page.keyboard.press("j")
    page.keyboard.press("z")
    page.keyboard.press("Enter")  # in 1 hour
    expect(page.get_by_text("Snoozed. It comes back")).to_be_visible()
    expect(_row(page, "Thing 00")).to_have_count(0)  # type: ignore[arg-type]
    page.get_by_role("link", name=re.compile("Snoozed")).press("Enter")
    expect(_row(page, "Thing 00")).to_contain_text("back 13:00")  # type: ignore[arg-type]

    page.get_by_role("link", name="Save view").press("Enter")
    page.get_by_label("Name").press_sequentially("Asleep")
    page.keyboard.press("Enter")
    expect(page.get_by_text("View saved.")).to_be_visible()
    expect(page.get_by_role("navigation", name="Saved views")).to_contain_text("Asleep")


def test_assigning_by_key_and_clearing_by_escape(window: Window) -> None:
    page = window.sign_in("owner")
    window.open("/today?action=look")
    page.keyboard.press("j")
    page.keyboard.press("a")
    expect(page.get_by_label("Give to")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_label("Give to")).to_be_hidden()
    assert _chosen(page) == 1
    page.keyboard.press("Escape")
    assert _chosen(page) == 0
    page.keyboard.press("a")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Assigned.")).to_be_visible()
    expect(page.get_by_role("link", name="Mine 1")).to_be_visible()


def test_keys_can_be_switched_off_and_stay_quiet_in_fields(window: Window) -> None:
    page = window.sign_in("owner")
    page.keyboard.press("/")
    page.keyboard.type("jxh")
    expect(page.get_by_label("Order, tracking or sku")).to_have_value("jxh")
    assert _chosen(page) == 0
    page.get_by_role("button", name="Shortcuts").click()
    page.get_by_label("Use shortcuts of a single key").uncheck()
    page.get_by_role("button", name="Close").click()
    window.open("/today?view=all")
    page.keyboard.press("j")
    page.keyboard.press("x")
    assert _chosen(page) == 0
    assert page.locator("[data-row].on").count() == 0


def test_a_mouse_chooses_a_range_and_all(window: Window) -> None:
    page = window.sign_in("owner")
    boxes = page.locator('input[name="row"]')
    boxes.nth(1).click()
    boxes.nth(5).click(modifiers=["Shift"])
    assert _chosen(page) == 5
    page.get_by_label("Choose all rows of this page").check()
    assert _chosen(page) == boxes.count() == 50
    expect(page.get_by_role("region", name="Chosen rows")).to_contain_text("50 chosen")
    page.get_by_role("button", name="Choose none").click()
    assert _chosen(page) == 0


def test_what_is_chosen_survives_when_the_list_is_drawn_again(window: Window) -> None:
    page = window.sign_in("owner")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.evaluate(
        """() => { const body = document.querySelector("#list tbody"), last = body.lastElementChild;
          for (const row of body.querySelectorAll(".on")) row.classList.remove("on"); last.remove(); }"""
    )
    expect(page.locator("[data-row].on")).to_have_count(1)
    expect(page.get_by_role("region", name="Chosen rows")).to_contain_text("1 chosen")


def test_many_rows_at_once_without_script(plain: Window) -> None:
    page = plain.sign_in("owner")
    plain.open("/today?action=approve")
    bar = page.get_by_role("region", name="Chosen rows")
    expect(bar).to_contain_text("Tick rows above, then:")
    for place in (3, 4):
        page.locator('input[name="row"]').nth(place).check()
    bar.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("2 of 2 rows can be done")).to_be_visible()
    page.get_by_role("button", name="Approve 2").click()
    expect(page.get_by_role("heading", name="2 of 2 done")).to_be_visible()
    page.get_by_role("link", name="Back to Today").click()
    assert "action=approve" in page.url
    page.locator('input[name="row"]').nth(0).check()
    bar.get_by_text("Snooze", exact=True).click()
    bar.get_by_role("button", name="Tomorrow morning").click()
    expect(page.get_by_text("Snoozed. It comes back")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_with_bar_menus_and_dialog_open(window: Window, theme: str) -> None:
    page = window.sign_in("owner")
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        window.open("/today?view=all")
        page.locator('input[name="row"]').nth(2).check()
        page.evaluate("scrollTo(0, document.body.scrollHeight)")  # where the bar covers no row by half
        page.get_by_role("region", name="Chosen rows").get_by_text("Snooze", exact=True).click()
        assert (axe_violations(page), sideways(page, width)) == ([], []), width
        page.keyboard.press("Escape")
        page.locator('input[name="row"]').nth(2).uncheck()
        page.locator(".tools details.pick summary").click()
        assert (axe_violations(page), sideways(page, width)) == ([], []), width
        page.keyboard.press("Escape")
        page.evaluate("document.querySelector('#keys').showModal()")
        assert axe_violations(page) == [], width


def test_the_page_stays_light_with_fifty_rows(window: Window) -> None:
    page = window.sign_in("owner")
    assert page.locator("[data-row]").count() == 50
    assert page.evaluate("document.querySelectorAll('*').length") <= 1800
    small = page.evaluate(
        """() => [...document.querySelectorAll("main button, main .btn, main select")]
          .filter((e) => e.checkVisibility() && e.getBoundingClientRect().height < 24).map((e) => e.outerHTML)"""
    )
    assert small == []
