"""Second factors as a person meets them: an app, a passkey of the browser's own, a recovery code, a wrong code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pyotp
import pytest
from playwright.sync_api import Page, expect

from agency.clock import machine_now
from tests.desk import PASSWORD, Desk
from tests.e2e.conftest import Window
from tests.factors import enrol, take_away

pytestmark = pytest.mark.e2e

PAGES = ("/account/factors", "/account/confirm", "/settings/security")


@pytest.fixture(autouse=True)
def _nobody(desk: Desk) -> Iterator[None]:
    take_away(desk)
    yield
    take_away(desk)


def _sign_in(window: Window, person: str = "owner") -> Page:
    page = window.open("/login")
    page.get_by_label("E-mail").fill(f"{person}@example.test")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    return page


def _sign_out(page: Page) -> None:
    page.get_by_role("button", name=re.compile("^Sign out")).first.click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def _add_app(window: Window, page: Page) -> str:
    window.open("/account/factors")
    page.locator("#app-label").fill("My phone")
    page.get_by_role("button", name="Show the code to scan").click()
    picture = page.get_by_role("img", name="The same key as a picture to scan")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.complete && image.naturalWidth > 0")
    secret = page.locator(".code.wrap").inner_text()
    page.get_by_label("Code").fill(pyotp.TOTP(secret).at(machine_now() - timedelta(seconds=30)))
    page.get_by_role("button", name="Add this app").click()
    expect(page.get_by_text("never shown again")).to_be_visible()
    return secret


def _with_authenticator(page: Page) -> None:
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasUserVerification": True,
        "isUserVerified": True,
    }
    devtools.send(
        "WebAuthn.addVirtualAuthenticator",
        {"options": {**options, "hasResidentKey": True, "automaticPresenceSimulation": True}},
    )


def test_from_scanning_the_picture_to_signing_in_with_the_app(window: Window) -> None:
    page = window.sign_in("owner")
    secret = _add_app(window, page)
    expect(page.locator(".codes li")).to_have_count(10)
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_text("My phone").first).to_be_visible()
    _sign_out(page)
    _sign_in(window)
    page.get_by_label("Code").fill("000000")
    page.get_by_role("button", name="Go on").click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("This code does not work")
    page.get_by_label("Code").fill(pyotp.TOTP(secret).at(machine_now()))
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", name="Today")).to_be_visible()


def test_a_passkey_is_made_and_signs_in_and_confirms(window: Window) -> None:
    window.base = window.base.replace("127.0.0.1", "localhost")
    page = window.sign_in("owner")
    _with_authenticator(page)
    window.open("/account/factors")
    page.locator("#passkey-label").fill("Laptop")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_text("never shown again")).to_be_visible()
    _sign_out(page)
    _sign_in(window)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", name="Today")).to_be_visible()
    window.open("/account/confirm?next=/orders")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_text("Confirmed: it is you")).to_be_visible()
    expect(page.get_by_role("heading", name="Orders", exact=True)).to_be_visible()


def test_a_device_without_the_passkey_says_so_and_a_code_still_opens(window: Window, desk: Desk) -> None:
    window.base = window.base.replace("127.0.0.1", "localhost")
    page = window.sign_in("owner")
    _with_authenticator(page)
    window.open("/account/factors")
    page.get_by_role("button", name="Add a passkey").click()
    code = page.locator(".codes .code").first.inner_text()
    _sign_out(page)
    with desk.owner() as connection:  # as if this device had lost it: what we ask for is unknown here
        connection.execute("update second_factors set credential_id = '\\x00112233445566778899'::bytea")
    _sign_in(window)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("The device confirmed nothing")
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", name="Today")).to_be_visible()


def test_without_script_an_app_and_a_recovery_code_do(plain: Window) -> None:
    plain.base = plain.base.replace("127.0.0.1", "localhost")
    page = plain.sign_in("owner")
    _add_app(plain, page)
    code = page.locator(".codes .code").first.inner_text()
    plain.open("/account/factors")
    page.locator("summary", has_text="Add a passkey").click()
    expect(page.get_by_text("This browser has no passkeys, or its scripts are off.")).to_be_visible()
    expect(page.get_by_role("button", name="Add a passkey")).to_have_count(0)
    _sign_out(page)
    _sign_in(plain)
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", name="Today")).to_be_visible()


def test_the_pages_fit_a_phone_and_name_their_controls(phone: Window, desk: Desk) -> None:
    page = phone.sign_in("owner")
    enrol(desk, "owner")
    for path in PAGES:
        for width in (390, 320):
            page.set_viewport_size({"width": width, "height": 800})
            phone.open(path)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)
        assert page.locator("h1").count() == 1, path
        ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
        assert len(ids) == len(set(ids)), path
        nameless = page.evaluate(
            """() => [...document.querySelectorAll("button, a[href], input:not([type=hidden])")].filter(e =>
              !(e.textContent.trim() || e.getAttribute("aria-label") || e.labels?.length)).map(e => e.outerHTML)"""
        )
        assert nameless == [], path
