"""A page that stays open stays true, and takes nothing away from the person who works on it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import text

from tests.desk import NOW, Desk
from tests.desk_rows import add_order
from tests.e2e.axe import axe_violations
from tests.e2e.conftest import Window

pytestmark = pytest.mark.e2e

FIRST, SECOND, NEW = "577500000000000001", "577500000000000002", "577500000000000003"
# What lists and pages may have in a row, put there by the server.
CONTROLS = """<input type="checkbox" name="pick" aria-label="Choose"><details><summary>Menu</summary>Here</details>
  <form><input name="note" aria-label="Note" value="before"></form><div class="item">"""


@pytest.fixture(autouse=True)
def _two_orders(desk: Desk) -> Iterator[None]:
    with desk.session() as session:
        for number, title in ((SECOND, "Wool rug"), (FIRST, "Tin lamp")):
            add_order(session, desk.ours, number=number, title=title)
    yield
    desk.clear()


def _open(window: Window, path: str = "/orders", person: str = "owner") -> Page:
    """A page of that person whose clock is in our hand."""
    page = window.sign_in(person)
    page.clock.install()
    window.open(path)
    expect(page.locator("[data-live-state]")).to_contain_text("Live")
    return page


def _next(page: Page, seconds: int = 11) -> None:
    """Ten seconds later: the page's next question and its answer."""
    with page.expect_response(lambda answer: "/live?" in answer.url):
        page.clock.fast_forward(seconds * 1000)


def _change(desk: Desk, sql: str) -> None:
    """Changes orders, and a shop's count, by which the change is noticed."""
    with desk.session() as session:
        session.execute(text(sql))
        session.execute(text("update shops set count_tiktok = coalesce(count_tiktok, 0) + 1"))


def _rename(desk: Desk, title: str = "Brass lamp") -> None:
    _change(desk, f"update orders set title = '{title}' where tiktok_order_id = '{FIRST}'")


def _add(desk: Desk) -> None:
    with desk.session() as session:
        add_order(session, desk.ours, number=NEW, title="New chair", placed_at=NOW + timedelta(minutes=1))
    _change(desk, "select 1")


def _with_controls(route: Route) -> None:
    answer = route.fetch()
    route.fulfill(response=answer, body=answer.text().replace('<div class="item">', CONTROLS))


def test_a_changed_row_changes_in_place_and_keeps_focus_and_place(window: Window, desk: Desk) -> None:
    page = _open(window)
    row = page.locator(f"#row-{FIRST}")
    row.evaluate("(row) => { row.classList.add('on'); window.kept = row; }")
    row.get_by_role("link").focus()
    _rename(desk)
    _next(page)
    expect(row.get_by_role("link")).to_have_text("Brass lamp")
    expect(row.get_by_role("link")).to_be_focused()
    expect(row).to_have_class("on")
    assert page.evaluate(f"window.kept === document.getElementById('row-{FIRST}')")
    expect(page.locator("[data-pill]")).to_have_count(0)


def test_selection_open_menus_and_typed_text_stay(window: Window, desk: Desk) -> None:
    window.page.route("**/orders", _with_controls)
    page = _open(window)
    row = page.locator(f"#row-{FIRST}")
    row.get_by_label("Choose").check()
    row.get_by_text("Menu").click()
    row.get_by_label("Note").fill("half a sent")
    row.get_by_label("Note").press_sequentially("ence")
    _rename(desk)
    _next(page)
    expect(row.get_by_role("link")).to_have_text("Brass lamp")
    expect(row.get_by_label("Choose")).to_be_checked()
    expect(row.get_by_text("Here")).to_be_visible()
    expect(row.get_by_label("Note")).to_have_value("half a sentence")
    expect(row.get_by_label("Note")).to_be_focused()


def test_an_open_question_is_not_taken_away(window: Window, desk: Desk) -> None:
    page = _open(window)
    page.keyboard.press("?")
    _rename(desk)
    _next(page)
    expect(page.get_by_role("link", name="Brass lamp", include_hidden=True)).to_have_count(1)
    expect(page.get_by_role("dialog", name="Shortcuts")).to_be_visible()


def test_a_new_row_waits_until_it_is_asked_for(window: Window, desk: Desk) -> None:
    page = _open(window)
    before = page.locator(f"#row-{FIRST}").bounding_box()
    _add(desk)
    _next(page)
    pill = page.get_by_role("button", name="1 new. Show it")
    expect(pill).to_be_visible()
    assert page.locator(f"#row-{FIRST}").bounding_box() == before
    assert axe_violations(page) == []
    expect(page.get_by_text("New chair")).to_have_count(0)
    pill.press("Enter")
    expect(page.locator("tr[data-row]").first).to_contain_text("New chair")
    expect(page.get_by_role("link", name="New chair")).to_be_focused()
    expect(page.locator("[data-pill]")).to_have_count(0)


def test_a_row_that_went_is_marked_where_it_stood(window: Window, desk: Desk) -> None:
    window.page.route("**/approvals", _with_controls)
    columns = "agency_id, client_id, shop_id, order_id, kind, cause_key, why, action"
    values = "agency_id, client_id, shop_id, id, 'approval', id, 'Dear.', 'approve'"
    _change(desk, f"insert into attentions ({columns}) select {values} from orders")
    page = _open(window, "/approvals")
    gone, stays = page.locator(f"#row-{FIRST}"), page.locator(f"#row-{SECOND}")
    gone.get_by_label("Choose").check()
    place = stays.bounding_box()
    _change(desk, f"""update attentions set resolved_at = now() where order_id =
                      (select id from orders where tiktok_order_id = '{FIRST}')""")  # fmt: skip
    _next(page)
    expect(gone).to_contain_text("No longer in this list")
    expect(gone.get_by_label("Choose")).not_to_be_checked()
    expect(stays).not_to_contain_text("No longer")
    box = stays.bounding_box()
    assert box is not None
    assert place is not None
    assert abs(box["y"] - place["y"]) < 3  # nothing moves under the pointer
    page.evaluate(
        "document.querySelectorAll('[name=pick], td details, td form').forEach((part) => part.remove())"
    )
    assert axe_violations(page) == []


def test_a_row_that_comes_back_works_again(window: Window, desk: Desk) -> None:
    window.page.route("**/orders?stage=to_buy", _with_controls)
    page = _open(window, "/orders?stage=to_buy")
    row = page.locator(f"#row-{FIRST}")
    _change(desk, f"update orders set stage = 'bought' where tiktok_order_id = '{FIRST}'")
    _next(page)
    expect(row).to_contain_text("No longer in this list")
    expect(row.get_by_label("Choose")).to_be_disabled()
    _change(desk, f"update orders set stage = 'to_buy' where tiktok_order_id = '{FIRST}'")
    _next(page)
    expect(row).not_to_contain_text("No longer")
    expect(row.get_by_label("Choose")).to_be_enabled()


def test_a_row_that_was_pushed_to_the_next_page_has_not_gone(window: Window, desk: Desk) -> None:
    with desk.session() as session:
        for place in range(50):
            add_order(
                session, desk.ours, title=f"Older {place}", placed_at=NOW - timedelta(days=1, minutes=place)
            )
    page = _open(window)
    rows = page.locator("tr[data-row]")
    expect(rows).to_have_count(50)
    _add(desk)
    _next(page)
    expect(page.get_by_role("button", name="1 new. Show it")).to_be_visible()
    expect(page.locator("[data-gone]")).to_have_count(0)
    page.get_by_role("button", name="1 new. Show it").click()
    expect(rows).to_have_count(50)
    expect(rows.first).to_contain_text("New chair")


def test_counts_of_the_side_bar_follow(window: Window, desk: Desk) -> None:
    page = _open(window, "/team")
    today = page.get_by_role("navigation", name="Main").get_by_role("link", name="Today")
    expect(today).to_have_text("Today2")
    _add(desk)
    _next(page)
    expect(today).to_have_text("Today3")


def test_a_lost_connection_is_said_with_the_time_of_the_last_read_and_asked_less_often(
    window: Window,
) -> None:
    page = _open(window)
    page.route("**/live?*", lambda route: route.abort("internetdisconnected"))
    state = page.locator("[data-live-state]")
    with page.expect_event("requestfailed"):
        page.clock.fast_forward(11_000)
    expect(state).to_contain_text("Offline, last read")
    assert axe_violations(page) == []
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.clock.fast_forward(11_000)
    assert asked == []
    page.unroute("**/live?*")
    _next(page, 10)
    expect(state).to_contain_text("Live")
    assert all("ERR_INTERNET_DISCONNECTED" in told or "/live?" in told for told in window.complaints)
    window.complaints.clear()


def test_a_hidden_page_asks_nothing_and_asks_once_on_return(window: Window, desk: Desk) -> None:
    page = _open(window)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    hide = """(hidden) => { Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
      document.dispatchEvent(new Event("visibilitychange")); }"""
    page.evaluate(hide, True)
    _rename(desk)
    page.clock.fast_forward(60_000)
    assert asked == []
    with page.expect_response(lambda answer: "/live?" in answer.url):
        page.evaluate(hide, False)
    expect(page.get_by_role("link", name="Brass lamp")).to_be_visible()


def test_the_end_of_the_session_is_said_and_ends_the_questions(window: Window, desk: Desk) -> None:
    page = _open(window)
    with desk.owner() as connection:
        connection.execute("delete from sessions")
    _next(page)
    state = page.locator("[data-live-state]")
    expect(state).to_contain_text("You are signed out.")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.clock.fast_forward(120_000)
    assert asked == []
    state.get_by_role("link", name="Sign in again").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_client_page_stays_true_without_htmx(window: Window, desk: Desk) -> None:
    page = _open(window, "/client/orders", "member")
    assert page.evaluate("typeof htmx") == "undefined"
    _change(desk, f"""update orders set title = 'Brass lamp', stage_at = stage_at + interval '1 minute'
                      where tiktok_order_id = '{FIRST}'""")  # fmt: skip
    _next(page)
    expect(page.get_by_role("link", name="Brass lamp")).to_be_visible()


def test_back_and_forward_give_whole_pages(window: Window, desk: Desk) -> None:
    page = _open(window)
    page.get_by_role("link", name="Tin lamp").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Tin lamp")
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Orders")
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()
    page.go_forward()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Tin lamp")
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()
