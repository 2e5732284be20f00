"""The frame around every page: finding anything, what the last act did, the sheet of a phone, no barriers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.desk import Desk, open_desk
from tests.desk_rows import add_order
from tests.e2e.axe import axe_violations
from tests.e2e.conftest import Window

pytestmark = pytest.mark.e2e

NUMBER = "577500000000000001"


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with open_desk() as opened:
        with opened.session() as session:
            add_order(session, opened.ours, number=NUMBER, title="Tin lamp")
        yield opened


def test_the_palette_by_keyboard_alone(window: Window) -> None:
    page = window.sign_in("owner")
    page.wait_for_load_state()
    page.keyboard.press("Control+k")
    palette = page.get_by_role("dialog", name="Find anything")
    expect(palette.get_by_role("link", name="Approvals")).to_be_visible()
    assert axe_violations(page) == []
    page.keyboard.type("lum")
    expect(palette.locator("[data-typed='lum']")).to_be_attached()  # the answer to all that was typed
    expect(palette.get_by_role("link", name="Luma Shop")).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(palette.get_by_role("link", name="Luma Shop")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(palette.get_by_role("textbox")).to_be_focused()
    page.keyboard.press("Escape")
    expect(palette).to_be_hidden()
    page.keyboard.press("Control+k")
    page.keyboard.type(NUMBER)
    expect(palette.locator(f"[data-typed='{NUMBER}']")).to_be_attached()
    expect(palette.get_by_role("link", name="Tin lamp")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Tin lamp")


def test_the_palette_knows_the_pages_however_early_it_is_opened(window: Window) -> None:
    page = window.page
    # A busy browser comes late to what scripts have put off until later.
    page.add_init_script(
        "const put = window.setTimeout; window.setTimeout = (work, wait) => put(work, wait || 3600000);"
    )
    window.sign_in("owner")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("dialog").get_by_role("link", name="Approvals")).to_be_visible()


def test_single_keys_can_be_switched_off_for_every_page(window: Window) -> None:
    page = window.sign_in("owner")
    window.open("/orders")
    search, box = page.locator("[data-search]"), page.get_by_role("dialog", name="Shortcuts")
    page.keyboard.press("/")
    expect(search).to_be_focused()
    search.blur()
    page.keyboard.press("?")
    box.get_by_role("checkbox").uncheck()
    box.get_by_role("button", name="Close").click()
    window.open("/orders")
    page.keyboard.press("/")
    page.keyboard.press("?")
    expect(search).not_to_be_focused()
    expect(box).to_be_hidden()
    page.keyboard.press("Control+k")  # no single key: it stays
    expect(page.get_by_role("dialog", name="Find anything")).to_be_visible()


def test_what_is_typed_faster_than_answered_is_sought_on_the_page(window: Window) -> None:
    page = window.sign_in("owner")
    page.wait_for_load_state()
    page.route("**/find?*", lambda route: route.fallback() if route.request.is_navigation_request() else None)
    page.keyboard.press("Control+k")
    page.keyboard.type("suppl")
    page.keyboard.press("Enter")
    page.wait_for_url("**/find?q=suppl")
    expect(page.get_by_role("main").get_by_role("link", name="Suppliers")).to_be_visible()


def test_finding_works_without_script(plain: Window) -> None:
    page = plain.sign_in("owner")
    page.get_by_role("link", name="Find anything").click()
    page.get_by_label("What are you looking for?").first.fill("kite")
    page.get_by_role("main").get_by_role("button", name="Find").click()
    expect(page.get_by_role("main").get_by_role("link", name="Kite Shop")).to_be_visible()


def test_a_message_stays_until_it_is_closed_and_not_over_a_reload(window: Window) -> None:
    page = window.sign_in("owner")
    window.open("/orders?stage=to_buy&done=held")
    message = page.get_by_role("status").filter(has_text="Held.")
    expect(message).to_be_visible()
    assert page.url.endswith("/orders?stage=to_buy")
    assert axe_violations(page) == []
    message.get_by_role("button", name="Close this message").click()
    expect(page.get_by_text("Held.")).to_have_count(0)
    page.reload()
    expect(page.get_by_text("Held.")).to_have_count(0)


def test_without_script_the_message_stands_on_the_page(plain: Window) -> None:
    page = plain.sign_in("owner")
    plain.open("/orders?done=held")
    expect(page.get_by_text("Held.")).to_be_visible()
    expect(page.get_by_role("button", name="Close this message")).to_be_hidden()


def test_the_sheet_of_a_phone_takes_the_focus_and_gives_it_back(phone: Window) -> None:
    page = phone.sign_in("owner")
    page.get_by_role("button", name="More").click()
    expect(page.locator("#more").get_by_role("link", name="Find anything")).to_be_focused()
    assert axe_violations(page) == []
    page.keyboard.press("Escape")
    expect(page.locator("#more")).to_be_hidden()
    expect(page.get_by_role("button", name="More")).to_be_focused()
