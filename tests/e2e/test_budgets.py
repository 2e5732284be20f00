"""What a first visit costs: bytes on the wire, nodes of the page, hosts; and that no browser complains."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Page, Response
from sqlalchemy import text

from agency.portal.approvals import CARDS
from tests.desk import Desk
from tests.e2e.conftest import Window, window_of
from tests.every_page import MANY, Pages, open_pages

pytestmark = pytest.mark.e2e

STAFF_BYTES, CLIENT_BYTES, NODES, ROWS = 100_000, 60_000, 1_800, 50
SCRIPT_BYTES, STYLE_BYTES, PAGE_BYTES = 25_000, 16_000, 16_000
# Every list with a full page of rows: who -> where.
LISTS = {
    "maya": (
        "/today?view=all", "/orders", "/approvals", "/shops", "/suppliers", "/mappings", "/health", "/work?state=all",
        "/clients",
    ),
    "ana": ("/client/orders",),
}  # fmt: skip
REPORTS = (
    "document.addEventListener('securitypolicyviolation', (e) => console.error(`CSP ${e.violatedDirective}`))"
)
_NODES = "document.querySelectorAll('*').length"
# The most rows that one table or list of the page has.
_MOST_ROWS = """() => {
  const lists = [...document.querySelectorAll("main :is(tbody, section)")];
  const rows = (one) => one.rows?.length ?? one.querySelectorAll(":scope > .client-row").length;
  return Math.max(document.querySelectorAll("[data-row]").length, ...lists.map(rows));
}"""


@dataclass
class Load:
    """Everything that came with one first load: kind and size on the wire."""

    sizes: list[tuple[str, int]] = field(default_factory=list)

    def note(self, kind: str, body: bytes) -> None:
        """Counts one answer as a browser behind our proxy would get it: text compressed, fonts as they are."""
        self.sizes.append((kind, len(body) if kind.startswith("font/") else len(gzip.compress(body))))

    def bytes_of(self, *kinds: str) -> int:
        """The sum, of these kinds only when some are named."""
        return sum(size for kind, size in self.sizes if not kinds or kind in kinds)


@pytest.fixture(scope="module")
def pages() -> Iterator[Pages]:
    """More than 50 of everything that is listed; most decisions are approvals."""
    with open_pages(MANY) as opened:
        with opened.desk.session() as session:
            session.execute(text("update attentions set kind = 'approval', action = 'approve', why = 'It would cost '"
                                 "|| id || ' dollars.' where kind in ('unmapped', 'blocked')"))  # fmt: skip
        yield opened


@pytest.fixture(scope="module")
def desk(pages: Pages) -> Desk:
    return pages.desk


@pytest.fixture
def window(browser: Browser, base: str) -> Iterator[Window]:
    """A window that never keeps a file, as on a first visit, and says what the content policy refused."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.add_init_script(REPORTS)
    for opened in window_of(context, base):
        context.new_cdp_session(opened.page).send("Network.setCacheDisabled", {"cacheDisabled": True})
        yield opened


def _first_load(page: Page, url: str) -> Load:
    load, came = Load(), list[Response]()

    def arrived(response: Response) -> None:
        came.append(response)

    page.on("response", arrived)
    page.goto(url)
    page.evaluate("document.fonts.ready")
    page.remove_listener("response", arrived)
    for response in came:
        kind = response.headers.get("content-type", "").partition(";")[0]
        if not 300 <= response.status < 400:  # what only leads on has no body
            load.note(kind, _body(page, response))
    return load


def _body(page: Page, response: Response) -> bytes:
    """What came. The browser keeps no file that a style sheet or a picture asked for, so files are asked for again."""
    if "/assets/" not in response.url:
        return response.body()
    again = page.context.request.get(response.url)
    assert again.status == 200, response.url
    return again.body()


def _too_much(page: Page, load: Load, most: int) -> list[str]:
    limits = {
        "all": (load.bytes_of(), most),
        "scripts": (load.bytes_of("text/javascript"), SCRIPT_BYTES),
        "styles": (load.bytes_of("text/css"), STYLE_BYTES),
        "page": (load.bytes_of("text/html"), PAGE_BYTES),
        "nodes": (int(page.evaluate(_NODES)), NODES),
    }
    return [f"{word}: {size} > {limit}" for word, (size, limit) in limits.items() if size > limit]


@pytest.mark.parametrize(
    ("person", "most"), [("maya", STAFF_BYTES), ("ana", CLIENT_BYTES)], ids=["team", "client"]
)
def test_a_first_load_of_every_page_stays_small(window: Window, pages: Pages, person: str, most: int) -> None:
    page = window.sign_in(person)
    page.wait_for_load_state("networkidle")
    wrong = {}
    for name, paths in pages.paths.items():
        if paths[0] in pages.of(person):
            load = _first_load(page, window.base + paths[0])
            assert len(load.sizes) >= 4, (name, load.sizes)
            wrong[paths[0]] = _too_much(page, load, most)
            if person == "ana":
                assert page.evaluate("typeof htmx") == "undefined" or paths[0].startswith("/account")
    assert {path: lines for path, lines in wrong.items() if lines} == {}


@pytest.mark.parametrize("person", LISTS)
def test_a_list_of_fifty_rows_stays_small(window: Window, person: str) -> None:
    page = window.sign_in(person)
    page.wait_for_load_state("networkidle")
    wrong, rows = {}, {}
    for path in LISTS[person]:
        load = _first_load(page, window.base + path)
        rows[path] = page.evaluate(_MOST_ROWS)
        wrong[path] = _too_much(page, load, STAFF_BYTES if person == "maya" else CLIENT_BYTES)
    assert {
        path: count for path, count in rows.items() if count < (CARDS if path == "/approvals" else ROWS)
    } == {}
    assert {path: lines for path, lines in wrong.items() if lines} == {}


def test_what_is_measured_is_really_sent_that_way(window: Window) -> None:
    page = window.sign_in("maya")
    answers = page.evaluate(
        """() => performance.getEntriesByType("resource").map((e) => [e.name, e.encodedBodySize, e.decodedBodySize])"""
    )
    texts = [answer for answer in answers if ".woff2" not in answer[0] and "/assets/" in answer[0]]
    assert len(texts) >= 5
    assert all(sent < plain or plain < 300 for _name, sent, plain in texts), texts


def test_a_complaint_would_be_heard(window: Window) -> None:
    page = window.sign_in("maya")
    page.evaluate(
        "document.body.append(Object.assign(document.createElement('img'), { src: 'https://elsewhere.test/x' }))"
    )
    page.wait_for_function("document.querySelector('img').complete")
    assert any("CSP" in told for told in window.complaints), window.complaints
    window.complaints.clear()
