"""From an invitation to a second workspace, in a real browser, with the mails read from the local outbox."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from agency.clock import machine_now
from agency.integrations.notify.outbox import Outbox, list_outbox
from agency.services.sealing import Keyring
from tests.databases import MASTER_KEY
from tests.desk import PASSWORD, Desk, open_desk
from tests.e2e.conftest import Window
from workers.mailer import Mailer

pytestmark = pytest.mark.e2e
NEW = "fake lamps sing softly"


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with open_desk(sign_up=True) as opened:
        yield opened


def _link(desk: Desk, folder: Path, recipient: str) -> str:
    """Lets the mailer work once, and reads the newest mail as a person reads it."""
    post = Outbox(folder, "Shopfleet <mail@example.test>")
    Mailer(desk.database, Keyring(MASTER_KEY), post).round(machine_now() + timedelta(seconds=1))
    mails = [mail for mail in list_outbox(folder, 50) if mail.recipient == recipient]
    return urlsplit(mails[-1].link).path


def test_invited_by_two_agencies_a_person_has_one_sign_in_and_a_switcher(
    window: Window, plain: Window, desk: Desk, tmp_path: Path
) -> None:
    owner = window.sign_in("owner")
    owner.get_by_role("navigation", name="Main").get_by_role("link", name="Team").click()
    form = owner.locator("#invite")
    form.get_by_label("E-mail").fill("noor@example.test")
    form.get_by_label("Role").select_option(label="Operator: works on orders")
    form.get_by_label("Sees").select_option(label="Only the clients ticked below")
    form.get_by_label("Kite").check()
    form.get_by_role("button", name="Send invitation").click()
    expect(owner.get_by_text("The invitation is on its way")).to_be_visible()

    # The invited person has another browser, in which no script runs.
    page = plain.open(_link(desk, tmp_path, "noor@example.test"))
    expect(page.get_by_role("heading", name="Harbor invites you")).to_be_visible()
    page.get_by_label("Your name").fill("Noor Patel")
    page.get_by_label("Password").fill("noor-harbor-12")
    page.get_by_role("button", name="Accept and sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("too easy to guess")
    expect(page.get_by_label("Your name")).to_have_value("Noor Patel")
    page.get_by_label("Password").fill(NEW)
    page.get_by_role("button", name="Accept and sign in").click()
    expect(page.get_by_text("Welcome. You are in this workspace now.")).to_be_visible()

    owner.get_by_role("button", name="Sign out Owner").first.click()
    rival = window.sign_in("stranger")
    window.open("/team")
    form = rival.locator("#client-member")
    form.get_by_label("E-mail").fill("noor@example.test")
    form.get_by_label("Client").select_option(label="Luma")
    form.get_by_role("button", name="Send invitation").click()
    expect(rival.get_by_text("The invitation is on its way")).to_be_visible()

    page = plain.open(_link(desk, tmp_path, "noor@example.test"))
    page.get_by_role("button", name="Accept as Noor Patel").click()
    expect(page.get_by_text("View only")).to_be_visible()
    page.get_by_label("Workspace").select_option(label="Harbor")
    page.get_by_role("button", name="Change").click()
    expect(page.get_by_text("You changed the workspace.")).to_be_visible()
    expect(page.get_by_role("heading", name="Today")).to_be_visible()


def test_a_forgotten_password_is_replaced_by_mail(window: Window, desk: Desk, tmp_path: Path) -> None:
    page = window.open("/login")
    page.get_by_role("link", name="Forgot your password?").click()
    page.get_by_label("E-mail").fill("viewer@example.test")
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
    window.open(_link(desk, tmp_path, "viewer@example.test"))
    page.get_by_label("Password").fill(NEW)
    page.get_by_role("button", name="Save password").click()
    expect(page.get_by_text("Your password is changed and every device is signed out")).to_be_visible()
    page.get_by_label("E-mail").fill("viewer@example.test")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("E-mail or password is not right")
    page.get_by_label("Password").fill(NEW)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Today")).to_be_visible()


@pytest.mark.parametrize("path", ["/team", "/account", "/account/agencies"])
def test_no_page_of_people_scrolls_sideways_on_a_phone(phone: Window, path: str) -> None:
    page = phone.sign_in("owner")
    for width in (390, 320):
        page.set_viewport_size({"width": width, "height": 800})
        phone.open(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, width


@pytest.mark.parametrize("path", ["/team", "/account", "/account/agencies"])
def test_every_page_of_people_has_one_heading_and_named_controls(window: Window, path: str) -> None:
    page = window.sign_in("owner")
    window.open(path)
    assert page.locator("h1").count() == 1
    nameless = page.evaluate(
        """() => [...document.querySelectorAll("button, a[href], input:not([type=hidden]), select")].filter(e =>
          !(e.textContent.trim() || e.getAttribute("aria-label") || e.labels?.length)).map(e => e.outerHTML)"""
    )
    assert nameless == []
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))
