"""The application on a loopback port, one chromium for the run, and pages that fail on any complaint of the browser."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browsers import ARGUMENTS, serve
from tests.desk import PASSWORD, Desk, open_desk

PATIENCE = 30_000  # milliseconds; generous, since the machine may be several times slower than alone
expect.set_options(timeout=PATIENCE)


@dataclass
class Window:
    """One browser window of one person; `complaints` must stay empty."""

    page: Page
    base: str
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        """Opens a page of ours."""
        self.page.goto(self.base + path)
        return self.page

    def sign_in(self, person: str) -> Page:
        """Signs in as a person signs in."""
        self.open("/login")
        self.page.get_by_label("E-mail").fill(f"{person}@example.test")
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url(lambda url: not url.endswith("/login"))
        return self.page

    def watch(self) -> None:
        """Listens to the page; once per page."""
        page = self.page
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))

        def failed(request: object) -> None:
            if request.failure != "net::ERR_ABORTED":  # type: ignore[attr-defined] # aborted: the page was left before
                self.complaints.append(f"failed: {request.url}")  # type: ignore[attr-defined]

        page.on("requestfailed", failed)

        def heard(message: object) -> None:
            text, kind = message.text, message.type  # type: ignore[attr-defined]
            refused = (
                "the server responded with a status of 4" in text
            )  # a refused form is a normal answer here
            if kind in ("error", "warning") and not refused:
                self.complaints.append(f"{kind}: {text}")

        def asked(request: object) -> None:
            url = request.url  # type: ignore[attr-defined]
            if not url.startswith((self.base, "data:")):
                self.complaints.append(f"left the house: {url}")

        page.on("console", heard)
        page.on("request", asked)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's chromium; CHROMIUM names another one."""
    with sync_playwright() as playwright:
        path = os.environ.get("CHROMIUM", "/usr/bin/chromium")
        opened = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    """Two agencies and the application."""
    with open_desk() as opened:
        yield opened


@pytest.fixture(scope="module")
def base(desk: Desk) -> Iterator[str]:
    """The address of the application, served by threads."""
    with serve(desk.app) as address:
        yield address


def window_of(context: BrowserContext, base: str) -> Iterator[Window]:
    """A window in this context; the test fails at its end when the browser complained."""
    context.set_default_timeout(PATIENCE)
    window = Window(context.new_page(), base)
    window.watch()
    yield window
    context.close()
    assert window.complaints == []


@pytest.fixture
def window(browser: Browser, base: str) -> Iterator[Window]:
    """A desktop window."""
    yield from window_of(browser.new_context(viewport={"width": 1280, "height": 800}), base)


@pytest.fixture
def phone(browser: Browser, base: str) -> Iterator[Window]:
    """A phone."""
    yield from window_of(browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True), base)


@pytest.fixture
def plain(browser: Browser, base: str) -> Iterator[Window]:
    """A window in which no script runs."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, java_script_enabled=False)
    yield from window_of(context, base)
