"""Whole ways of a person through the portal, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.desk import Desk, open_desk
from tests.desk_rows import add_attention, add_item, add_order, add_sku
from tests.e2e.conftest import Window
from tests.portal.scenes import OVER_LIMIT, add_purchase

pytestmark = pytest.mark.e2e

UNMAPPED, DEAR, BY_HAND = "577400000000000001", "577400000000000002", "577400000000000003"
STAFF = (
    "/today",
    "/orders",
    f"/orders/{BY_HAND}",
    "/approvals",
    "/shops",
    "/clients",
    "/suppliers",
    "/mappings",
)
CLIENT = ("/client", "/client/orders", f"/client/orders/{BY_HAND}")


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    """One order without a mapping, one over the limit, one to be bought by hand."""
    with open_desk() as opened:
        with opened.session() as session:
            ours = opened.ours
            unmapped = add_order(session, ours, number=UNMAPPED, stage="blocked", title="Unmapped lamp")
            add_sku(session, ours)
            facts = {"order_id": unmapped.id, "shop_id": unmapped.shop_id, "due_at": unmapped.due_at}
            add_attention(
                session, ours, kind="unmapped", why="Nobody mapped it.", action="map", data={"sku_ids": ["fake-sku-1"]},
                **facts,
            )  # fmt: skip
            dear = add_order(
                session, ours, number=DEAR, stage="blocked", blockers=[OVER_LIMIT], title="Dear chair"
            )
            add_attention(
                session, ours, kind="approval", why=OVER_LIMIT["sentence"], action="approve", order_id=dear.id,
                shop_id=dear.shop_id, due_at=dear.due_at,
            )  # fmt: skip
            purchase = add_purchase(session, opened, BY_HAND, "ready")
            add_attention(
                session, ours, kind="buy_by_hand", why="Buy it on the website.", action="buy_by_hand",
                order_id=purchase.order_id, shop_id=purchase.shop_id, cause_key=f"purchase:{purchase.id}",
            )  # fmt: skip
            add_item(session, ours, name="Brightway")
        yield opened


def test_from_today_to_a_mapped_supplier(window: Window) -> None:
    page = window.sign_in("owner")
    row = page.get_by_role("row").filter(has_text="Unmapped lamp")
    row.get_by_role("link", name="Map supplier").click()
    page.get_by_label("Supplier's item").select_option(label="Brightway: Pot (KC-1), $5.00")
    page.get_by_role("button", name="Save mapping").click()
    expect(page.get_by_text("Mapping saved")).to_be_visible()


def test_an_approval_is_asked_for_once_more_with_the_amount_in_view(window: Window) -> None:
    page = window.sign_in("owner")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Approvals").click()
    page.locator(f"#row-{DEAR}").get_by_role("button", name="Approve").click()
    question = page.get_by_role("dialog")
    expect(question).to_contain_text("Buy this order")
    question.get_by_role("button", name="Go back").click()
    expect(page.get_by_role("link", name="Dear chair")).to_be_visible()
    page.locator(f"#row-{DEAR}").get_by_role("button", name="Approve").click()
    question.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("Approved.")).to_be_visible()


def test_buying_by_hand_puts_the_focus_on_what_is_wrong(window: Window) -> None:
    page = window.sign_in("owner")
    page.get_by_role("row").filter(has_text="Order by hand").get_by_role("link", name="Place order").click()
    page.get_by_role("button", name="I buy this").click()
    page.get_by_label("Supplier's order number").fill("FAKE-1")
    page.get_by_label("Total paid").fill("a lot")
    page.get_by_role("button", name="Save purchase").click()
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(page.get_by_label("Supplier's order number")).to_have_value("FAKE-1")
    summary.get_by_role("link", name="Cost").click()
    expect(page.get_by_label("Total paid")).to_be_focused()
    page.get_by_label("Total paid").fill("5.50")
    page.get_by_role("button", name="Save purchase").click()
    expect(page.get_by_text("Bought. Add the tracking number")).to_be_visible()


def test_keys_walk_the_list_and_stay_quiet_in_fields(window: Window) -> None:
    page = window.sign_in("owner")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("tr[data-row].on")).to_have_count(1)
    second = page.locator("tr[data-row]").nth(1)
    expect(second).to_have_class("attention on")
    page.keyboard.press("/")
    page.keyboard.type("jjk?")
    expect(page.get_by_label("Order, tracking or sku")).to_have_value("jjk?")
    expect(second).to_have_class("attention on")
    page.keyboard.press("Escape")
    page.locator("h1").click()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Shortcuts")).to_be_visible()


def test_the_theme_is_kept_on_the_next_page(window: Window) -> None:
    page = window.sign_in("viewer")
    before = page.evaluate("getComputedStyle(document.body).color")
    page.get_by_role("button", name="Switch between light and dark").first.click()
    after = page.evaluate("getComputedStyle(document.body).color")
    assert before != after
    window.open("/orders")
    assert page.evaluate("getComputedStyle(document.body).color") == after


@pytest.mark.parametrize("path", STAFF)
def test_no_page_of_the_team_scrolls_sideways_on_a_phone(phone: Window, path: str) -> None:
    page = phone.sign_in("owner")
    for width in (390, 320):
        page.set_viewport_size({"width": width, "height": 800})
        phone.open(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)


@pytest.mark.parametrize("path", CLIENT)
def test_no_page_of_a_client_scrolls_sideways_on_a_phone(phone: Window, path: str) -> None:
    page = phone.sign_in("member")
    phone.open(path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_what_a_finger_presses_is_large_enough(phone: Window) -> None:
    page = phone.sign_in("owner")
    for path in ("/today", "/shops", f"/orders/{BY_HAND}"):
        phone.open(path)
        small = page.evaluate(
            """() => [...document.querySelectorAll("button, .btn, select, .tabbar a, .tabbar summary")]
              .filter(e => e.checkVisibility() && e.getBoundingClientRect().height < 24).map(e => e.outerHTML)"""
        )
        assert small == [], path


def test_the_more_sheet_leads_to_the_other_pages_and_out(phone: Window) -> None:
    page = phone.sign_in("owner")
    page.get_by_text("More", exact=True).click()
    page.get_by_role("link", name="Suppliers").click()
    expect(page.get_by_role("heading", name="Suppliers")).to_be_visible()
    page.get_by_text("More", exact=True).click()
    page.get_by_role("button", name="Sign out Owner").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_everything_works_without_script(plain: Window, desk: Desk) -> None:
    page = plain.sign_in("owner")
    plain.open("/orders?stage=blocked")
    page.get_by_role("searchbox").fill(UNMAPPED)
    page.get_by_role("searchbox").press("Enter")
    page.get_by_role("link", name="Unmapped lamp").click()
    page.get_by_role("button", name="Hold").click()
    expect(page.get_by_text("Held.")).to_be_visible()
    page.get_by_role("button", name="End hold").click()
    expect(page.get_by_text("Released.")).to_be_visible()


def test_a_client_finds_an_order_and_nothing_to_change(window: Window) -> None:
    page = window.sign_in("member")
    expect(page.get_by_text("View only")).to_be_visible()
    page.get_by_role("link", name="All orders").click()
    page.get_by_role("row").filter(has_text="Dear chair").get_by_role("link").click()
    expect(page.get_by_role("heading", name="Dear chair")).to_be_visible()
    expect(page.locator("form:not([action$='/evidence'])")).to_have_count(1)


def test_every_page_has_one_main_heading_and_named_controls(window: Window) -> None:
    page = window.sign_in("owner")
    for path in STAFF:
        window.open(path)
        assert page.locator("h1").count() == 1, path
        assert page.title(), path
        nameless = page.evaluate(
            """() => [...document.querySelectorAll("button, a[href], input:not([type=hidden]), select")].filter(e =>
              !(e.textContent.trim() || e.getAttribute("aria-label") || e.labels?.length)).map(e => e.outerHTML)"""
        )
        assert nameless == [], path
        ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
        assert len(ids) == len(set(ids)), path
