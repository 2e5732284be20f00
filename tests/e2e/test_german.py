"""A German reader in a real browser: from the sign-in page on, and by choice; long words do not break the pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.desk import PASSWORD, Desk
from tests.e2e.axe import axe_violations, sideways
from tests.e2e.conftest import Window, window_of

pytestmark = pytest.mark.e2e
PAGES = (
    "/account", "/account/factors", "/account/sessions", "/account/agencies", "/account/leave", "/team",
    "/settings/security", "/settings/tokens", "/settings/audit", "/nothing",
)  # fmt: skip


@pytest.fixture
def german(browser: Browser, base: str) -> Iterator[Window]:
    """A narrow window of somebody whose browser asks for German."""
    context = browser.new_context(viewport={"width": 320, "height": 700}, locale="de-DE", has_touch=True)
    yield from window_of(context, base)


def _sign_in(german: Window, person: str) -> None:
    page = german.open("/login")
    page.get_by_label("E-Mail").fill(f"{person}@example.test")
    page.get_by_label("Passwort").fill(PASSWORD)
    page.get_by_role("button", name="Anmelden").click()
    page.wait_for_url(lambda url: not url.endswith("/login"))


def test_a_browser_that_asks_for_german_gets_it_from_the_first_page_on(german: Window) -> None:
    page = german.open("/login")
    assert page.locator("html").get_attribute("lang") == "de"
    page.get_by_label("E-Mail").fill("owner@example.test")
    page.get_by_label("Passwort").fill("falsch")
    page.get_by_role("button", name="Anmelden").click()
    expect(page.get_by_role("alert")).to_contain_text("E-Mail oder Passwort stimmt nicht.")
    _sign_in(german, "owner")
    german.open("/account/sessions")
    expect(page.get_by_role("heading", level=1)).to_have_text("Geräte")
    expect(page.get_by_role("table")).to_contain_text("gerade eben")


def test_who_chooses_german_keeps_it_and_others_keep_english(
    window: Window, phone: Window, desk: Desk
) -> None:
    page = window.sign_in("viewer")
    window.open("/account")
    page.get_by_label("Language").select_option(label="Deutsch")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Gespeichert.")).to_be_visible()
    expect(page.get_by_label("Sprache")).to_have_value("de")
    other = phone.sign_in("owner")
    phone.open("/account")
    expect(other.get_by_role("heading", level=1)).to_have_text("Account")
    page.get_by_label("Sprache").select_option(label="Wie mein Browser")
    page.get_by_role("button", name="Speichern").click()
    expect(page.get_by_text("Saved.")).to_be_visible()


def test_german_fits_on_a_narrow_phone_and_is_accessible(german: Window) -> None:
    _sign_in(german, "owner")
    for path in PAGES:
        page = german.open(path)
        assert sideways(page, 320) == [], path
        assert axe_violations(page) == [], path
