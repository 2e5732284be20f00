"""Every page of the portal for everybody who may open it: axe-core and the width, in both themes, all that opens open.

A page is loaded once; theme and width are changed on it. Owner, member and people without a session meet every page in
all six cells; operator and viewer in one, since their pages are the owner's with less on them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Page

from tests.desk import Desk
from tests.e2e.axe import axe_violations, sideways
from tests.e2e.conftest import Window, window_of
from tests.every_page import NO_PAGE, Pages, get_endpoints, open_pages

pytestmark = pytest.mark.e2e

ALL_CELLS = tuple((theme, width) for theme in ("light", "dark") for width in (320, 768, 1280))
ONE_CELL = (("light", 1280),)
# What is closed is looked at here only; all cells see the page with everything open.
CLOSED = (("light", 320), ("dark", 1280))
FRAME_DIALOGS = {"palette", "keys", ""}  # the same on every page: looked at on the first
# Menus that float (`.pick`) cover what lies under them by their nature: test_today opens them one at a time.
_OPEN = """() => {
  for (const one of document.querySelectorAll("details:not(.pick)")) {
    one.removeAttribute("name");  // with a name only one of them could be open
    one.open = true;
  }
  for (const one of document.querySelectorAll("[popover]")) {
    const button = document.querySelector(`[popovertarget="${one.id}"]`);
    if (button?.checkVisibility()) one.showPopover();
  }
}"""
_CLOSE = """() => {
  for (const one of document.querySelectorAll("details")) one.open = false;
  for (const one of document.querySelectorAll(":popover-open")) one.hidePopover();
}"""
# Wrong only once it is open: a wide button without a name in a details, a picture without words in a dialog.
_BREAK = """() => {
  const hide = (place, html) => document.querySelector(place).insertAdjacentHTML("beforeend", html);
  hide("#main", "<details><summary>More</summary><button></button></details>");
  hide("#keys", '<p><img src="/brand/sample/1b1f28.css"></p>');
  document.querySelector("#main").lastElementChild.querySelector("button").style.width = "400px";
}"""
_DIALOGS = "[...document.querySelectorAll('dialog')].map((one) => one.id)"
_SHOW = "(place) => document.querySelectorAll('dialog')[place].showModal()"
_HIDE = "(place) => document.querySelectorAll('dialog')[place].close()"


@dataclass
class Look:
    """One person's walk over pages: what was found, and how much was looked at."""

    page: Page
    cells: tuple[tuple[str, int], ...]
    found: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)  # dialogs of the frame
    looks: int = 0

    def over(self, path: str) -> None:
        """The page as it came, with everything open, and with each of its dialogs."""
        for theme, width in self.cells:
            self._turn(theme, width)
            self._note(f"{path} {theme} {width}", width, axe=(theme, width) in CLOSED)
        for theme, width in self.cells:
            self._turn(theme, width)
            self.page.evaluate(_OPEN)
            self._note(f"{path} {theme} {width} open", width)
            self.page.evaluate(_CLOSE)
        for place, name in enumerate(self.page.evaluate(_DIALOGS)):
            if name not in self.seen:
                self.seen |= {name} & FRAME_DIALOGS
                self._dialog(path, place, name)

    def _dialog(self, path: str, place: int, name: str) -> None:
        for theme, width in self.cells:
            self._turn(theme, width)
            self.page.evaluate(_SHOW, place)
            self._note(f"{path} {theme} {width} dialog {name}", width)
            self.page.evaluate(_HIDE, place)

    def _turn(self, theme: str, width: int) -> None:
        self.page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        self.page.set_viewport_size({"width": width, "height": 900})

    def _note(self, where: str, width: int, axe: bool = True) -> None:
        self.looks += 1
        found = [*sideways(self.page, width), *(axe_violations(self.page) if axe else ())]
        self.found += [f"{where}: {one}" for one in found]


@pytest.fixture(scope="module")
def pages() -> Iterator[Pages]:
    with open_pages() as opened:
        yield opened


@pytest.fixture(scope="module")
def desk(pages: Pages) -> Desk:
    return pages.desk


@pytest.fixture
def window(browser: Browser, pages: Pages, base: str) -> Iterator[Window]:
    """A window whose clock of the machine may tell any time, and in which nothing moves."""
    yield from window_of(browser.new_context(reduced_motion="reduce"), base)


def test_no_page_is_forgotten(pages: Pages) -> None:
    """A new route is one of the pages, or stands in NO_PAGE with its reason."""
    assert set(get_endpoints(pages.desk.app)) - set(NO_PAGE) == set(pages.paths)
    assert set(NO_PAGE) <= set(get_endpoints(pages.desk.app))


@pytest.mark.parametrize(
    ("person", "cells"),
    [
        ("", ALL_CELLS), ("half", ALL_CELLS), ("ana", ALL_CELLS), ("maya", ALL_CELLS), ("sam", ONE_CELL),
        ("lee", ONE_CELL),
    ],
    ids=["signed out", "half way", "member", "owner", "operator", "viewer"],
)  # fmt: skip
def test_nothing_is_wrong_on_any_page(
    window: Window, pages: Pages, person: str, cells: tuple[tuple[str, int], ...]
) -> None:
    page = window.sign_in(person) if person else window.page
    look = Look(page, cells)
    refused = []
    for path in pages.of(person):
        answer = page.goto(window.base + path)
        assert answer is not None
        if answer.status == 403 and person in ("sam", "lee"):
            refused.append(path)
            continue
        assert answer.status == 200, (path, answer.status)
        look.over(path)
    assert look.found == []
    assert len(refused) < len(pages.of(person)) / 2


def test_what_is_wrong_inside_of_what_opens_is_found(window: Window) -> None:
    """A matrix that finds nothing must be able to find something."""
    page = window.sign_in("maya")
    page.evaluate(_BREAK)
    look = Look(page, (("light", 320),))
    look.over("/today")
    assert any(" open: button-name" in line for line in look.found), look.found
    assert any(line.startswith("/today light 320 open: ") and line.count(": ") == 1 for line in look.found)
    assert any(" dialog keys: image-alt" in line for line in look.found), look.found
    window.complaints.clear()
