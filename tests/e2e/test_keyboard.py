"""The Tab key alone reaches all that can be used, in the order of the page, the focus in view, without a trap."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.desk import Desk
from tests.e2e.conftest import Window
from tests.every_page import Pages, open_pages

pytestmark = pytest.mark.e2e

TEAM = (
    "today", "orders", "order", "order_then", "approvals", "shops", "shop", "show_connect", "health", "shop_health",
    "suppliers", "supplier", "mappings", "mapping", "import_mappings", "work", "clients", "client_work", "team",
    "setup", "brand", "limits", "notifications", "security", "tokens", "audit", "account", "factors", "find",
)  # fmt: skip
CLIENT = ("overview", "client_orders", "client_order", "client_report", "account")
ALONE = ("sign_in", "sign_up", "forgot", "reset", "invitation", "month_by_link")
# Remembers what can be used and how each looks without the focus; then what the focus comes to, and how that looks.
_WATCH = """() => {
  const looks = (e) => {
    const style = getComputedStyle(e);
    return [style.outlineStyle, style.outlineWidth, style.outlineColor, style.boxShadow].join(" ");
  };
  const shown = (e) => e.checkVisibility({ visibilityProperty: true }) && !e.closest("[inert]");
  const kinds = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]";
  const begun = document.activeElement !== document.body;  // a page that puts the focus in a field begins in the middle
  document.activeElement.blur();
  const usable = [...document.querySelectorAll(kinds)].filter((e) => shown(e) && !e.disabled && e.tabIndex >= 0);
  const before = new Map(usable.map((e) => [e, looks(e)]));
  window.walk = { usable, begun, met: [], dull: [] };
  document.addEventListener("focusin", ({ target }) => {
    walk.met.push(target);
    if (before.get(target) === looks(target)) walk.dull.push(target);
  });
}"""
_TURNED = "walk.met.length > 1 && walk.met.lastIndexOf(walk.met[0]) > 0"
_TOLD = """() => {
  const name = (e) => e.outerHTML.slice(0, 160);
  const turn = walk.met.indexOf(walk.met[0], 1);
  const met = walk.met.slice(0, turn < 0 ? undefined : turn);
  const radios = met.filter((e) => e.type === "radio");  // of a group of them Tab meets one
  const group = (e) => e.type === "radio" && radios.some((one) => one.name === e.name && one.form === e.form);
  const back = met.filter((e, at) => at && met[at - 1].compareDocumentPosition(e) & Node.DOCUMENT_POSITION_PRECEDING);
  return {
    turned: turn > 0,
    missed: walk.usable.filter((e) => !met.includes(e) && !group(e)).map(name),
    back: back.slice(walk.begun ? 1 : 0).map(name),
    dull: [...new Set(walk.dull)].map(name),
    count: met.length,
  };
}"""


@pytest.fixture(scope="module")
def pages() -> Iterator[Pages]:
    with open_pages() as opened:
        yield opened


@pytest.fixture(scope="module")
def desk(pages: Pages) -> Desk:
    return pages.desk


def _walk(page: Page) -> dict[str, object]:
    """Presses Tab until the focus has come round."""
    page.evaluate(_WATCH)
    steps = int(page.evaluate("walk.usable.length")) + 2
    for _round in range(4):
        for _ in range(steps):
            page.keyboard.press("Tab")
        steps = 15
        if page.evaluate(_TURNED):
            break
    told: dict[str, object] = page.evaluate(_TOLD)
    return told


@pytest.mark.parametrize(
    ("person", "names"), [("maya", TEAM), ("ana", CLIENT), ("", ALONE)], ids=["team", "client", "signed out"]
)
def test_tab_reaches_everything_in_order_and_shows_where_it_is(
    window: Window, pages: Pages, person: str, names: tuple[str, ...]
) -> None:
    page = window.sign_in(person) if person else window.page
    page.emulate_media(reduced_motion="reduce")
    wrong = {}
    for name in names:
        path = pages.paths[name][0]
        window.open(path)
        page.evaluate(
            "document.querySelectorAll('main details:not([name])').forEach((one) => { one.open = true; })"
        )
        told = _walk(page)
        expected = {"turned": True, "missed": [], "back": [], "dull": []}
        if {key: told[key] for key in expected} != expected:
            wrong[path] = told
    assert wrong == {}


def test_what_is_wrong_for_the_keyboard_is_found(window: Window) -> None:
    """A walk that finds nothing must be able to find something."""
    page = window.sign_in("maya")
    window.open("/orders")
    page.evaluate(
        """() => {
          const [first, second] = document.querySelectorAll("#main [data-row] a[href]");
          Object.assign(first.style, { outline: "none", boxShadow: "none" });
          second.tabIndex = 1;
        }"""
    )
    told = _walk(page)
    assert len(told["dull"]) == 1, told  # type: ignore[arg-type] # a list of elements
    assert len(told["back"]) >= 1, told  # type: ignore[arg-type]


def test_escape_closes_what_opened_and_gives_the_focus_back(window: Window, pages: Pages) -> None:
    page = window.sign_in("maya")
    window.open("/today?view=all")
    for opener, opened in (
        (page.get_by_role("button", name="Shortcuts"), page.get_by_role("dialog", name="Shortcuts")),
        (page.locator("details.pick > summary").first, page.locator("details.pick[open]")),
    ):
        opener.focus()
        page.keyboard.press("Enter")
        expect(opened).to_be_visible()
        page.keyboard.press("Escape")
        expect(opened).to_have_count(0)
        expect(opener).to_be_focused()
