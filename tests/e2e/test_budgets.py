"""What a first visit costs: bytes on the wire, nodes of the page, hosts; and that no browser complains."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Response

from tests.desk import NOW, Desk, open_desk
from tests.desk_rows import add_attention, add_order
from tests.e2e.conftest import Window

pytestmark = pytest.mark.e2e

NUMBER = "577300000000000001"
STAFF = ("/today", "/orders", f"/orders/{NUMBER}", "/approvals", "/shops")
CLIENT = ("/client", "/client/orders", f"/client/orders/{NUMBER}")
STAFF_BYTES, CLIENT_BYTES, NODES = 100_000, 60_000, 1_800
SCRIPT_BYTES, STYLE_BYTES, PAGE_BYTES = 25_000, 16_000, 16_000
REPORTS = (
    "document.addEventListener('securitypolicyviolation', (e) => console.error(`CSP ${e.violatedDirective}`))"
)


@dataclass
class Load:
    """Everything that came with one first load: kind and size on the wire."""

    sizes: list[tuple[str, int]] = field(default_factory=list)

    def note(self, response: Response) -> None:
        """Counts one answer as a browser behind our proxy would get it: text compressed, fonts as they are."""
        body = response.body()
        kind = response.headers.get("content-type", "").partition(";")[0]
        self.sizes.append((kind, len(body) if kind.startswith("font/") else len(gzip.compress(body))))

    def bytes_of(self, *kinds: str) -> int:
        """The sum, of these kinds only when some are named."""
        return sum(size for kind, size in self.sizes if not kinds or kind in kinds)


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    """More than a page of orders, each third with a decision."""
    with open_desk() as opened:
        with opened.session() as session:
            for place in range(60):
                number = {"number": NUMBER} if not place else {}
                due = NOW + timedelta(minutes=29 * place - 90)
                order = add_order(
                    session, opened.ours, title=f"Ceramic pour-over set {place}", due_at=due, **number
                )
                if place % 3 == 0:
                    add_attention(
                        session, opened.ours, kind="approval", action="approve", order_id=order.id, due_at=due,
                        shop_id=order.shop_id, why=f"It would cost $41.{place}, above $25.00.",
                    )  # fmt: skip
        yield opened


@pytest.fixture
def visited(
    browser: Browser, base: str, window: Window, request: pytest.FixtureRequest
) -> Iterator[tuple[Window, Load]]:
    """A first visit by somebody who is signed in: their cookie in a browser whose cache is empty."""
    person, path = request.param
    window.sign_in(person)
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.add_cookies(window.page.context.cookies())  # type: ignore[arg-type] # what it gave is what it takes
    context.add_init_script(REPORTS)
    window.page.close()
    window.page = context.new_page()
    load = Load()
    window.watch()
    window.page.on("response", load.note)
    window.open(path)
    window.page.wait_for_load_state("networkidle")
    yield window, load
    context.close()


def _of(person: str, paths: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(person, path) for path in paths]


@pytest.mark.parametrize("visited", _of("owner", STAFF), indirect=True, ids=STAFF)
def test_a_first_load_of_the_team_stays_small(visited: tuple[Window, Load]) -> None:
    window, load = visited
    assert load.bytes_of() <= STAFF_BYTES, load.sizes
    assert load.bytes_of("text/javascript") <= SCRIPT_BYTES, load.sizes
    assert load.bytes_of("text/css") <= STYLE_BYTES, load.sizes
    assert load.bytes_of("text/html") <= PAGE_BYTES, load.sizes
    assert window.page.evaluate("document.querySelectorAll('*').length") <= NODES


@pytest.mark.parametrize("visited", _of("member", CLIENT), indirect=True, ids=CLIENT)
def test_a_first_load_of_a_client_stays_smaller_and_without_htmx(visited: tuple[Window, Load]) -> None:
    window, load = visited
    assert load.bytes_of() <= CLIENT_BYTES, load.sizes
    assert window.page.evaluate("typeof htmx") == "undefined"
    assert window.page.evaluate("document.querySelectorAll('*').length") <= NODES


@pytest.mark.parametrize("visited", _of("owner", ("/today",)), indirect=True)
def test_what_is_measured_is_really_sent_that_way(visited: tuple[Window, Load]) -> None:
    window, _load = visited
    answers = window.page.evaluate(
        """() => performance.getEntriesByType("resource").map((e) => [e.name, e.encodedBodySize, e.decodedBodySize])"""
    )
    texts = [answer for answer in answers if ".woff2" not in answer[0] and "/assets/" in answer[0]]
    assert len(texts) >= 5
    assert all(sent < plain or plain < 300 for _name, sent, plain in texts), texts


def test_a_complaint_would_be_heard(window: Window) -> None:
    page = window.sign_in("owner")
    page.evaluate(REPORTS)
    page.evaluate(
        "document.body.append(Object.assign(document.createElement('img'), { src: 'https://elsewhere.test/x' }))"
    )
    page.wait_for_function("document.querySelector('img').complete")
    assert any("CSP" in told for told in window.complaints), window.complaints
    window.complaints.clear()
