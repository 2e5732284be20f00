"""A real way of connecting: through TikTok's consent page and back, to a sold thing that is mapped, bought and shipped.

The simulator is TikTok and the suppliers; every worker's turn is taken in this process. Only the person is a browser.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from agency.app import create_app
from tests.browsers import serve
from tests.databases import create_database, drop_database
from tests.e2e.conftest import Window
from tests.stories.cast import US, prepare_agency, sku_id
from tests.stories.journey import Journey

pytestmark = pytest.mark.e2e


@dataclass
class World:
    """An agency with clients and suppliers but no shop, and everything outside of it."""

    journey: Journey
    app: Flask

    def live(self, hours: float) -> None:
        """Takes every turn that is due, lets time pass, and the web's clock with it."""
        self.journey.live(hours)
        ground = self.app.extensions["shopfleet"]
        self.app.extensions["shopfleet"] = replace(ground, clock=self.journey.context.clock)

    def live_until(self, number: str, *stages: str) -> None:
        """Lives on until the order is at one of these stages."""
        for _ in range(60):
            if self.journey.is_at(number, *stages)():
                return
            self.live(1)
        pytest.fail(f"the order is not at {stages} after 60 hours")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = create_database("connect")
    journey = Journey(tmp_path_factory.mktemp("connect"), made)
    try:
        prepare_agency(journey, pace=0.5)
        yield World(journey, create_app(replace(journey.settings, tiktok_service_id="1"), made.database))
    finally:
        journey.close()
        drop_database(made)


@pytest.fixture(scope="module")
def base(world: World) -> Iterator[str]:
    with serve(world.app) as address:
        world.journey.sim("setup", redirect_url=f"{address}/connect/callback")
        yield address


def _consent_page(page: Page, client: str) -> None:
    """As far as the link to TikTok, from Today and by way of the shops."""
    page.get_by_role("navigation", name="Main").get_by_role("link", name="All shops").click()
    page.get_by_role("link", name="Connect a shop").first.click()
    page.get_by_label("Client").select_option(label=client)
    page.get_by_role("button", name="Make the link").click()


def _as_seller(page: Page, seller: str) -> None:
    """At TikTok it is this seller who is signed in."""
    page.route(
        "**/open/authorize?*", lambda route: route.continue_(url=f"{route.request.url}&seller={seller}")
    )


def _left_for_tiktok(window: Window, world: World) -> None:
    """The one foreign page that may be opened is TikTok's; it is taken off the complaints."""
    url = f"{world.journey.url}/open/authorize?"
    assert len(window.complaints) == 1
    assert window.complaints[0].startswith(f"left the house: {url}")
    window.complaints.clear()


def test_a_shop_is_connected_through_tiktoks_own_page(window: Window, world: World) -> None:
    page = window.sign_in("owner")
    _as_seller(page, "seller-luma")
    _consent_page(page, "Luma")
    page.get_by_role("link", name="Open TikTok's consent page").click()
    expect(page.get_by_role("heading", name="Being connected")).to_be_visible()
    _left_for_tiktok(window, world)
    assert "code=" not in page.url

    world.live(0.05)
    window.open("/shops")
    row = page.get_by_role("row").filter(has_text="Luma Shop")
    expect(row).to_be_visible()
    expect(row).not_to_contain_text("Not read")
    row.get_by_role("link", name="Luma Shop").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Luma Shop")


def test_an_owner_who_says_no_leaves_everything_as_it_was(window: Window, world: World) -> None:
    page = window.sign_in("owner")
    _consent_page(page, "Kite")
    said_yes = page.get_by_role("link", name="Open TikTok's consent page").get_attribute("href")
    page.goto(f"{said_yes}&deny=1")
    expect(page.get_by_role("alert")).to_contain_text("TikTok did not give access")
    _left_for_tiktok(window, world)
    world.live(0.05)
    window.open("/shops")
    expect(page.get_by_role("row").filter(has_text="Kite Shop")).to_have_count(0)


def test_a_mapped_sku_lets_the_blocked_order_be_bought_and_shipped(window: Window, world: World) -> None:
    journey = world.journey
    journey.pass_time(timedelta(minutes=1))
    number = journey.place(US, sku_id("MUG"))
    world.live_until(number, "blocked")
    assert journey.supplied(number) == []

    page = window.sign_in("owner")
    row = page.get_by_role("row").filter(has_text="Blue mug")
    row.get_by_role("link", name="Map supplier").click()
    expect(page.get_by_text("1 order waits for a supplier")).to_be_visible()
    page.get_by_label("Supplier's item").select_option(label="East: Blue mug (MUG), $4.20")
    page.get_by_role("button", name="Save mapping").click()
    expect(page.get_by_text("Mapping saved")).to_be_visible()

    world.live_until(number, "bought", "shipped", "delivered")
    (bought,) = journey.supplied(number)
    assert (bought["paid_count"], bought["total_minor"]) == (1, 720)
    window.open("/today")
    expect(
        page.get_by_role("row").filter(has_text="Blue mug").get_by_role("link", name="Map supplier")
    ).to_have_count(0)
    window.open(f"/orders/{number}")
    expect(page.locator("#purchases")).to_contain_text(str(bought["supplier_order_id"]))

    world.live_until(number, "shipped", "delivered", "settled")
    (package,) = journey.sold(number)["packages"]
    assert package["correct"]
    page.reload()
    expect(page.locator("#tracking")).to_contain_text(package["tracking_number"])
