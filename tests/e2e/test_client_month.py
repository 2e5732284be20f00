"""A client's month: on the member's phone, behind a link without sign-in, in each agency's own brand."""

from __future__ import annotations

import gzip
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from agency.services.brands import NewBrand, set_brand, set_logo
from agency.services.client_requests import add_request
from agency.services.memberships import Person, add_member
from agency.services.month_links import make_month_link
from tests.desk import PASSWORD, Desk, open_desk
from tests.e2e.conftest import Window, window_of
from tests.images import png
from tests.portal.client_scenes import OCTOBER_LATE, SENT, add_life, lose_access

pytestmark = pytest.mark.e2e

CLIENT = ("/client", "/client/orders", f"/client/orders/{SENT}", "/client/reports?month=2026-10")
MOST_BYTES = 60_000  # gzipped, all that a client's first page loads


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    """A client with two months behind it, two brands, an open request and a grant that ends."""
    with open_desk() as opened:
        ours, theirs = opened.ours, opened.theirs
        with opened.session() as session:
            add_life(session, ours)
            lose_access(session)
            add_request(ours.scope(), session, ours.public["Luma"], "document", "Please send us the invoice.")
            brand = NewBrand("Harbor & Pine", "#b4441e", "help@harbor.example", "Harbor & Pine Ltd")
            set_brand(ours.scope(), session, brand)
            set_logo(ours.scope(), session, png(90, 30))
        with opened.session(theirs.scope()) as session:
            set_brand(theirs.scope(), session, NewBrand("Rivals Inc", "#1f5f8b", "", ""))
        with opened.system() as session:
            guest = Person("guest@example.test", "Guest", PASSWORD)
            add_member(session, theirs.agency_id, guest, "client_member", [theirs.clients["Luma"]])
            both = Person("both@example.test", "Both", PASSWORD)
            add_member(session, ours.agency_id, both, "operator", list(ours.clients.values()))
        yield opened


def test_a_member_reads_the_month_on_a_phone(phone: Window) -> None:
    page = phone.sign_in("member")
    expect(page.get_by_text("What we need from you")).to_be_visible()
    expect(page.get_by_text("Please send us the invoice.")).to_be_visible()
    page.get_by_role("link", name="Monthly report").click()
    expect(page.get_by_role("heading", name="October 2026")).to_be_visible()
    row = page.get_by_role("row").filter(has_text=OCTOBER_LATE)
    expect(row).to_contain_text("the carrier scanned it 2 days after the limit")
    page.get_by_label("Month").select_option("2026-11")
    expect(page.get_by_role("heading", name="November 2026")).to_be_visible()
    page.get_by_text("The same as a table").click()
    expect(page.get_by_role("table", name="Sales per day").get_by_role("row")).to_have_count(24)


def test_a_link_opens_the_month_signed_out_and_ends_when_the_team_says_so(
    desk: Desk, window: Window, phone: Window
) -> None:
    page = window.sign_in("both")
    window.open(f"/clients/{desk.ours.public['Luma']}")
    page.get_by_label("Month").select_option(label="October 2026")
    page.get_by_role("button", name="Make a link").click()
    address = page.locator("code.secret").inner_text()
    path = "/m/" + address.rpartition("/m/")[2]
    guest = phone.open(path)
    expect(guest.get_by_role("heading", name="Luma")).to_be_visible()
    expect(guest.get_by_text(OCTOBER_LATE)).to_be_visible()
    assert guest.locator("form").count() == 0
    page.get_by_role("button", name="End it").first.click()
    expect(page.get_by_text("The link does not work any more.")).to_be_visible()
    phone.open(path)
    expect(guest.get_by_text("Ask whoever sent it to you")).to_be_visible()


def test_two_agencies_have_each_their_own_brand(browser: Browser, base: str) -> None:
    seen = {}
    for person in ("member", "guest"):
        for window in window_of(browser.new_context(), base):
            page = window.sign_in(person)
            mark, here = page.locator(".client-bar"), page.locator('.client-bar a[aria-current="page"]')
            colour = here.evaluate("e => getComputedStyle(e).color")
            logo = mark.locator("img.logo").count() and mark.locator("img.logo").evaluate(
                "e => e.naturalWidth"
            )
            seen[person] = (mark.locator("b").inner_text(), colour, logo)
    assert seen["member"][0] == "Harbor & Pine"
    assert seen["guest"][0] == "Rivals Inc"
    assert seen["member"][1] != seen["guest"][1]
    assert (seen["member"][2], seen["guest"][2]) == (90, 0)


def test_an_operator_of_two_clients_sees_each_as_that_client_does(desk: Desk, window: Window) -> None:
    page = window.sign_in("both")
    for client, other in (("Luma", "Kite"), ("Kite", "Luma")):
        window.open(f"/clients/{desk.ours.public[client]}")
        page.get_by_role("button", name=f"View as client {client}").click()
        expect(page.get_by_role("heading", name=client, exact=True)).to_be_visible()
        assert other not in page.locator("main").inner_text()
        page.get_by_role("button", name="Stop viewing").click()
        expect(page.get_by_role("heading", name="Today")).to_be_visible()


def test_a_brand_is_tried_before_it_is_saved(window: Window) -> None:
    page = window.sign_in("owner")
    window.open("/settings/brand")
    page.get_by_label("Colour", exact=True).fill("#00aa55")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("Not saved")).to_be_visible()
    light, dark = (page.locator(f".brand-sample.in-{theme}") for theme in ("light", "dark"))
    grounds = [one.evaluate("e => getComputedStyle(e).backgroundColor") for one in (light, dark)]
    assert grounds == ["rgb(255, 255, 255)", "rgb(20, 22, 26)"]
    links = [
        one.locator(".brand-sample-link").evaluate("e => getComputedStyle(e).color") for one in (light, dark)
    ]
    assert links[0] != links[1]


def test_everything_works_without_script(desk: Desk, plain: Window) -> None:
    page = plain.sign_in("member")
    plain.open("/client/orders?state=late")
    expect(page.locator("tr[data-row]")).to_have_count(1)
    plain.open("/client/reports")
    page.get_by_label("Month").select_option("2026-09")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("heading", name="September 2026")).to_be_visible()


def test_a_clients_first_page_is_small(window: Window) -> None:
    page = window.sign_in("member")
    sizes: dict[str, int] = {}

    def came(response: object) -> None:
        body = response.body()  # type: ignore[attr-defined]
        packed = response.url.split("?")[0].endswith(("woff2", "png"))  # type: ignore[attr-defined]
        sizes[response.url] = len(body) if packed else len(gzip.compress(body))  # type: ignore[attr-defined]

    page.on("response", came)
    _without_cache(page)
    page.goto(window.base + "/client")
    page.wait_for_load_state("networkidle")
    nodes = page.evaluate("document.querySelectorAll('*').length")
    assert len(sizes) >= 5
    assert sum(sizes.values()) <= MOST_BYTES, sizes
    assert nodes <= 1_800


def _without_cache(page: Page) -> None:
    page.context.new_cdp_session(page).send("Network.setCacheDisabled", {"cacheDisabled": True})


def test_a_month_behind_a_link_can_be_printed(desk: Desk, browser: Browser, base: str) -> None:
    with desk.session() as session:
        secret = make_month_link(desk.ours.scope(), session, desk.ours.public["Luma"], "2026-10").secret
    page = browser.new_page()
    page.goto(f"{base}/m/{secret}")
    page.emulate_media(media="print")
    expect(page.get_by_role("button", name="Switch between light and dark")).to_be_hidden()
    expect(page.get_by_text(OCTOBER_LATE)).to_be_visible()
    page.close()
