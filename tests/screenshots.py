"""`python -m tests.screenshots [--readme] [--only WORD]`: the main pages of the rich world in four variants.

Desktop and phone, light and dark, into build/screenshots, which git ignores; a page that does not open, or that the
browser complains about, fails the command. `--readme` makes the two pictures of the README instead, in few colours.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browsers import ARGUMENTS, serve
from tests.desk import PASSWORD, Desk
from tests.rich_world import open_rich_world
from tests.small_png import reduce_colours

ROOT = Path(__file__).resolve().parents[1]
FOLDER, DOCS = ROOT / "build" / "screenshots", ROOT / "docs"
SIZES = {"desktop": (1440, 900), "phone": (390, 844)}
THEMES = ("light", "dark")
ORDER = "576900000000002007"  # TikTok has its tracking number and no carrier has scanned it


@dataclass(frozen=True)
class Shot:
    """One page: its name, its path with names of the world in braces, and who looks at it."""

    name: str
    path: str
    person: str = "maya"

    def url(self, base: str, world: Desk) -> str:
        """Where it is: names of shops and suppliers are their public ids there."""
        return base + self.path.format_map(world.ours.public)


SHOTS = (
    Shot("today", "/today"),
    Shot("order", f"/orders/{ORDER}"),
    Shot("orders", "/orders"),
    Shot("approvals", "/approvals"),
    Shot("shops", "/shops"),
    Shot("shop", "/shops/{Luma Kitchen}"),
    Shot("suppliers", "/suppliers"),
    Shot("supplier", "/suppliers/{Eastport Goods}"),
    Shot("mappings", "/mappings"),
    Shot("mapping", "/mappings/{Luma Kitchen}/271001"),
    Shot("clients", "/clients"),
    Shot("team", "/team"),
    Shot("client", "/client", "ana"),
    Shot("client-orders", "/client/orders", "ana"),
    Shot("client-report", "/client/reports", "ana"),
    Shot("health", "/health"),
    Shot("shop-health", "/shops/{Luma Kitchen}/health"),
    Shot("work", "/work"),
    Shot("brand", "/settings/brand"),
    Shot("limits", "/settings/limits"),
    Shot("notifications", "/settings/notifications"),
    Shot("account", "/account"),
    Shot("setup", "/setup"),
)
# The README's pictures: page -> file. Both light and on a desktop.
README = {"today": "today.png", "order": "order.png"}


class NotOpened(RuntimeError):
    """A page of the list did not open, or the browser complained."""


def main() -> int:
    """Takes the pictures and prints their list."""
    parser = argparse.ArgumentParser(prog="python -m tests.screenshots", description=__doc__)
    parser.add_argument("--readme", action="store_true", help="the two pictures of the README, into docs/")
    parser.add_argument("--only", default="", help="one page of the list")
    given = parser.parse_args()
    wanted = [shot for shot in SHOTS if given.only in ("", shot.name)]
    if not wanted:
        parser.error(f"no page is called {given.only}; there are {', '.join(shot.name for shot in SHOTS)}")
    with open_rich_world() as world, serve(world.app) as base, _browser() as browser:
        made = _readme(browser, base, world) if given.readme else _all(browser, base, world, wanted)
    for path in made:
        sys.stdout.write(f"{path.relative_to(ROOT)}  {path.stat().st_size / 1000:.0f} kB\n")
    return 0


@contextmanager
def _browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = os.environ.get("CHROMIUM", "/usr/bin/chromium")
        yield playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))


def _all(browser: Browser, base: str, world: Desk, wanted: list[Shot]) -> list[Path]:
    FOLDER.mkdir(parents=True, exist_ok=True)
    made = []
    for person in dict.fromkeys(shot.person for shot in wanted):
        for size, (width, height) in SIZES.items():
            context = _signed_in(browser, base, world, person, width, height)
            for theme in THEMES:
                context.pages[0].emulate_media(color_scheme=theme)
                for shot in wanted:
                    if shot.person == person:
                        path = FOLDER / f"{shot.name}-{size}-{theme}.png"
                        _open(context.pages[0], shot.url(base, world)).screenshot(
                            path=path, full_page=size == "phone"
                        )
                        made.append(path)
            context.close()
    return sorted(made)


def _readme(browser: Browser, base: str, world: Desk) -> list[Path]:
    made = []
    for shot in SHOTS:
        if shot.name in README:
            context = _signed_in(browser, base, world, shot.person, 1280, 800)
            picture = _open(context.pages[0], shot.url(base, world)).screenshot()
            path = DOCS / README[shot.name]
            path.write_bytes(reduce_colours(picture))
            made.append(path)
            context.close()
    return made


def _signed_in(
    browser: Browser, base: str, world: Desk, person: str, width: int, height: int
) -> BrowserContext:
    context = browser.new_context(
        viewport={"width": width, "height": height}, reduced_motion="reduce", locale="en", timezone_id="UTC"
    )
    page = context.new_page()
    page.on("console", lambda message: _heed(message.type, message.text))
    page.goto(base + "/login")
    page.get_by_label("E-mail").fill(f"{person}@example.test")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: not url.endswith("/login"))
    return context


def _heed(kind: str, words: str) -> None:
    if kind in ("error", "warning"):
        raise NotOpened(words)


def _open(page: Page, url: str) -> Page:
    answer = page.goto(url, wait_until="networkidle")
    if answer is None or answer.status != 200:
        raise NotOpened(f"{url} answered {answer.status if answer else 'nothing'}")
    page.evaluate("document.fonts.ready")
    return page


if __name__ == "__main__":
    sys.exit(main())
