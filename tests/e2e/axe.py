"""axe-core in the page: what it finds against WCAG 2.2 AA and good practice, as lines that name rule and element."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from playwright.sync_api import Page

_AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
_RUN = """async (tags) => {
  const found = await axe.run(document, { runOnly: tags, resultTypes: ["violations"] });
  return found.violations.flatMap((rule) => rule.nodes.map((node) =>
    `${rule.id}: ${node.target.join(" ")} ${node.failureSummary.split("\\n")[1]?.trim() ?? ""}`));
}"""


@cache
def _source() -> str:
    return _AXE.read_text(encoding="utf-8")


def axe_violations(page: Page) -> list[str]:
    """What axe-core finds wrong on the page as it stands now, dialogs and menus included."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(_source())
    found: list[str] = page.evaluate(_RUN, _RULES)
    return found


def sideways(page: Page, width: int) -> list[str]:
    """Elements that reach beyond a window of `width` pixels; empty when nothing scrolls sideways."""
    found: list[str] = page.evaluate(
        """(width) => document.documentElement.scrollWidth <= width ? [] :
          [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > width + 1)
          .slice(0, 5).map((e) => `${e.tagName.toLowerCase()}.${e.className}`)""",
        width,
    )
    return found
