"""From sign-up to the first processed order in the practice shop, against the real simulator, without any script."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select, text

from agency.app import create_app
from agency.clock import machine_now
from agency.demo.first_run import FirstRuns
from agency.demo.stage import Stage
from agency.domain.practice import PracticeStep
from agency.integrations.notify.outbox import Outbox, list_outbox
from agency.models.clients import Client
from agency.services.practice import note_practice
from agency.services.sealing import Keyring
from agency.transaction import system_transaction
from tests.browsers import serve
from tests.databases import MASTER_KEY, create_database, drop_database
from tests.e2e.axe import axe_violations, sideways
from tests.e2e.conftest import Window
from tests.stories.journey import Journey
from workers.mailer import Mailer

pytestmark = pytest.mark.e2e
EMAIL, PASSWORD = "rosa@example.test", "fake lamps sing softly"


@dataclass
class World:
    """An installation without any agency, its simulator, and the stage hand that `shopfleet run` has."""

    journey: Journey
    app: Flask
    hand: FirstRuns
    folder: Path

    def link(self) -> str:
        """The link of the newest mail."""
        post = Outbox(self.folder, "Shopfleet <mail@example.test>")
        Mailer(self.journey.database, Keyring(MASTER_KEY), post).round(machine_now() + timedelta(seconds=1))
        return urlsplit([one for one in list_outbox(self.folder, 50) if one.recipient == EMAIL][-1].link).path

    def turn(self, hours: float = 0.02) -> None:
        """The stage hand's turn, then all lanes, then some time, and the web's clock with it."""
        replace(self.hand, clock=self.journey.context.clock).advance()
        self.journey.live(hours)
        ground = self.app.extensions["shopfleet"]
        self.app.extensions["shopfleet"] = replace(ground, clock=self.journey.context.clock)

    def forget_the_order(self) -> None:
        """As after a kill between ordering and writing that down."""
        assert self.stage_of_the_order() == ""
        with self.journey.session() as session:
            ordered = select(Client.id).where(Client.practice == PracticeStep.ORDERED)
            note_practice(session, session.scalars(ordered).one(), PracticeStep.CONNECTING)

    def stage_of_the_order(self) -> str:
        """Where the only order stands."""
        with system_transaction(self.journey.database) as session:
            self.journey.agency_id = session.execute(text("select id from agencies")).scalar_one()
        with self.journey.session() as session:
            return str(session.execute(text("select coalesce(max(stage), '') from orders")).scalar_one())


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made, folder = create_database("first"), tmp_path_factory.mktemp("first")
    journey = Journey(folder, made)
    journey.sim("setup", redirect_url="http://agency.example.test/connect/callback", seed=11)
    nowhere = "http://127.0.0.1:9"  # the supplier's calls to us: they may be lost
    keyring, clock = journey.context.keyring, journey.context.clock
    hand = FirstRuns(made.database, keyring, clock, Stage(journey.url), nowhere)
    try:
        app = create_app(replace(journey.settings, sign_up=True), made.database)
        yield World(journey, app, hand, folder)
    finally:
        hand.stage.close()
        journey.close()
        drop_database(made)


@pytest.fixture(scope="module")
def base(world: World) -> Iterator[str]:
    with serve(world.app) as address:
        yield address


def _again(page: Page) -> None:
    page.get_by_role("link", name="Look again").click()


def _looks_right(page: Page, browser: Browser, base: str) -> None:
    """The page as it stands, at three widths in both themes, in a window of the same person with scripts."""
    context = browser.new_context(storage_state=page.context.storage_state())
    other = context.new_page()
    for theme in ("light", "dark"):
        other.emulate_media(color_scheme=theme)
        for width in (320, 768, 1280):
            other.set_viewport_size({"width": width, "height": 800})
            other.goto(page.url)
            assert axe_violations(other) == [], (page.url, theme, width)
            assert sideways(other, width) == [], (page.url, theme, width)
    context.close()


def _sign_up(window: Window, world: World) -> Page:
    page = window.open("/signup")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_role("button", name="Send the link").click()
    page = window.open(world.link())
    page.get_by_label("Agency").fill("Rosa Works")
    page.get_by_label("Your name").fill("Rosa Fake")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Open agency").click()
    return page


def _wait_for_the_first_order(page: Page, world: World) -> None:
    world.turn()  # connected, through the consent page
    _again(page)
    expect(page.get_by_text("The shop is connected. A buyer is paying")).to_be_visible()
    world.turn()
    world.forget_the_order()
    world.turn()
    assert len(world.journey.books()["orders"]) == 1
    for _ in range(8):  # an order rests at TikTok for an hour before its shop may work on it
        world.turn(0.25)
    assert world.stage_of_the_order() == "blocked"
    _again(page)


def _wait_until_it_is_processed(page: Page, world: World) -> None:
    for _ in range(40):
        if world.stage_of_the_order() in ("shipped", "delivered", "settled"):
            break
        world.turn(3)
    _again(page)


def test_an_empty_agency_is_led_to_its_first_processed_order(
    plain: Window, browser: Browser, base: str, world: World
) -> None:
    page = _sign_up(plain, world)
    # Set-up is the first page, with one step open and the others as links.
    expect(page.get_by_role("heading", name="Set up your agency")).to_be_visible()
    expect(page.get_by_text("1 of 10 done")).to_be_visible()
    expect(page.locator("[aria-current=step]")).to_have_count(1)
    expect(page.locator("[aria-current=step]")).to_contain_text("Secure your account")
    _looks_right(page, browser, base)

    # It can be left and found again.
    page.goto(base + "/orders")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Setup").click()
    page.get_by_role("link", name="Try it with a practice shop").click()
    page.get_by_role("button", name="Open a practice shop").click()
    expect(page.get_by_text("being connected, as a real one would be")).to_be_visible()
    _looks_right(page, browser, base)

    _wait_for_the_first_order(page, world)
    expect(page.get_by_text("the machine does not know where to buy it")).to_be_visible()
    _looks_right(page, browser, base)
    page.get_by_label("Buy for").select_option(index=0)
    page.get_by_role("button", name="Save mapping").click()
    expect(page.get_by_text("The machine works on it")).to_be_visible()

    _wait_until_it_is_processed(page, world)
    for shown in ("Your practice order went all the way", "$23.50", "Tracking number"):
        expect(page.locator("#practice")).to_contain_text(shown)
    expect(page.get_by_text("2 of 10 done")).to_be_visible()
    _looks_right(page, browser, base)
    (bought,) = world.journey.books()["supplier_orders"]
    assert bought["paid_count"] == 1


def test_the_way_to_a_real_shop_goes_on_and_the_practice_shop_can_go(plain: Window, base: str) -> None:
    page = plain.open("/login")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.goto(base + "/setup?step=client")
    page.get_by_role("link", name="Add a client").click()
    page.get_by_label("Name").fill("Luma")
    page.get_by_role("button", name="Add client").click()
    expect(page.get_by_text("Practice", exact=True).first).to_be_visible()

    page.goto(base + "/setup?step=shop")
    expect(page.get_by_text("3 of 10 done")).to_be_visible()
    expect(page.get_by_role("button", name="Connect a shop of Luma")).to_be_visible()
    page.get_by_role("link", name="Remove the practice shop").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Practice client")
