"""The look as rules that can be checked without an eye: contrast, no inline code, no icon that is not there."""

from __future__ import annotations

import gzip
import random
import re
from pathlib import Path

import pytest

from agency.portal import symbols
from agency.portal.brand import brand_sheet, contrast
from agency.portal.done import done_sentence
from tests.desk import Desk

PORTAL = Path(symbols.__file__).parent
TEMPLATES = sorted((PORTAL / "templates").rglob("*.html"))
TOKENS = (PORTAL / "static" / "css" / "1-tokens.css").read_text()
GROUNDS = ("bg", "surface", "sunken", "raised")


def _token(name: str) -> tuple[str, str]:
    found = re.search(rf"--{name}: light-dark\((#\w{{6}}), (#\w{{6}})\)", TOKENS)
    assert found is not None, name
    return found.group(1), found.group(2)


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


@pytest.mark.parametrize("text", ["ink", "ink-2", "ink-3", "accent", "bad", "warn", "ok", "info", "violet"])
@pytest.mark.parametrize("ground", GROUNDS)
def test_text_reaches_the_contrast_that_wcag_asks_for(text: str, ground: str) -> None:
    for theme in (0, 1):
        assert contrast(_rgb(_token(text)[theme]), _rgb(_token(ground)[theme])) >= 4.5


# Text on what is chosen, hovered or opened: rows under the pointer, the page one is on, letters in marks.
# The faintest ink is never on what is chosen: that is said in full ink.
@pytest.mark.parametrize(
    ("text", "ground"),
    [
        *((text, "hover") for text in ("ink", "ink-2", "ink-3", "accent")),
        *((text, "chosen") for text in ("ink", "ink-2", "accent")),
    ],
)
def test_text_stays_readable_on_what_is_chosen_or_hovered(text: str, ground: str) -> None:
    for theme in (0, 1):
        assert contrast(_rgb(_token(text)[theme]), _rgb(_token(ground)[theme])) >= 4.5


@pytest.mark.parametrize("tone", ["bad", "warn", "ok", "info", "violet"])
def test_ink_stays_readable_on_every_soft_ground(tone: str) -> None:
    for theme in (0, 1):
        for text in ("ink", "ink-2"):
            assert contrast(_rgb(_token(text)[theme]), _rgb(_token(f"{tone}-soft")[theme])) >= 4.5


@pytest.mark.parametrize("tone", ["bad", "warn", "ok", "info", "violet"])
def test_a_chip_is_readable_on_its_own_ground(tone: str) -> None:
    for theme in (0, 1):
        assert contrast(_rgb(_token(tone)[theme]), _rgb(_token(f"{tone}-soft")[theme])) >= 4.5


@pytest.mark.parametrize("mark", ["field", "bad-mark", "warn-mark", "ok-mark"])
@pytest.mark.parametrize("ground", GROUNDS)
def test_marks_and_control_borders_can_be_seen(mark: str, ground: str) -> None:
    for theme in (0, 1):
        assert contrast(_rgb(_token(mark)[theme]), _rgb(_token(ground)[theme])) >= 3


@pytest.mark.parametrize(
    "colour", ["#ffffff", "#000000", "#ffee00", "#b4441e", "#1b1f28", "#00ff88", "#808080"]
)
def test_any_brand_colour_ends_up_readable_in_both_themes(colour: str) -> None:
    light, dark = re.findall(r"--brand: light-dark\((#\w+), (#\w+)\)", brand_sheet(colour))[0]
    assert contrast(_rgb(light), _rgb(_token("surface")[0])) >= 4.5
    assert contrast(_rgb(dark), _rgb(_token("surface")[1])) >= 4.5


def _ratio(colour: str, ground: str, theme: int) -> float:
    return contrast(_rgb(colour), _rgb(_token(ground)[theme]))


def test_two_thousand_random_brand_colours_are_readable_as_text_and_as_ground() -> None:
    chance = random.Random(20261125)
    worst = 21.0
    for _ in range(2_000):
        sheet = brand_sheet(f"#{chance.randrange(1 << 24):06x}")
        for name in ("brand", "brand-text"):
            both = re.findall(rf"--{name}: light-dark\((#\w+), (#\w+)\)", sheet)[0]
            worst = min(
                worst, *(_ratio(both[theme], ground, theme) for theme in (0, 1) for ground in GROUNDS)
            )
        inks = re.findall(r"--brand-ink: light-dark\((#\w+), (#\w+)\)", sheet)[0]
        fills = re.findall(r"--brand: light-dark\((#\w+), (#\w+)\)", sheet)[0]
        worst = min(worst, *(contrast(_rgb(ink), _rgb(fill)) for ink, fill in zip(inks, fills, strict=True)))
    assert worst >= 4.5


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_a_template_holds_no_inline_code_and_trusts_no_text(template: Path) -> None:
    text = template.read_text()
    assert not re.search(r"\sstyle=|\son\w+=\"|javascript:|\|\s*safe\b", text)
    assert not re.search(r"<script(?![^>]*src=)", text)
    assert "<style" not in text


def test_every_icon_that_a_page_names_is_in_the_sprite() -> None:
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', (PORTAL / "built" / "icons.svg").read_text()))
    named = {name for path in TEMPLATES for name in re.findall(r'ui\.icon\("([\w-]+)"', path.read_text())}
    tables = (symbols._STAGE_ICONS, symbols._STEP_ICONS, symbols._ACTION_ICONS, symbols._EVENT_ICONS)
    named |= {icon for table in tables for icon in table.values()}
    assert named <= drawn


def test_no_two_macros_have_one_name() -> None:
    """They all live in one object, `ui`; the second would silently take the place of the first."""
    named = [
        name
        for path in TEMPLATES
        if path.parent.name == "ui"
        for name in re.findall(r"{% macro (\w+)", path.read_text())
    ]
    assert [name for name in sorted(set(named)) if named.count(name) > 1] == []


def test_every_macro_is_drawn_somewhere() -> None:
    """One that no page draws any more would still be translated and kept."""
    everything = "\n".join(path.read_text() for path in TEMPLATES)
    named = re.findall(r"{% macro (\w+)", everything)
    assert [name for name in named if not re.search(rf"\bui\.{name}\b", everything)] == []


def test_every_class_of_the_style_sheet_stands_on_some_page() -> None:
    sheets = "\n".join(path.read_text() for path in (PORTAL / "static" / "css").glob("*.css"))
    chosen = " ".join(re.findall(r"([^{}]+){", re.sub(r"(?s)/\*.*?\*/", "", sheets)))
    classes = set(re.findall(r"\.([a-zA-Z][\w-]*)", chosen))
    services = PORTAL.parent / "services"
    places = [*TEMPLATES, *(PORTAL / "static").glob("*.js"), *PORTAL.glob("*.py"), *services.glob("*.py")]
    words = set(re.findall(r"[\w-]+", "\n".join(path.read_text() for path in places)))
    put_together = {f"m{number}" for number in range(6)} | {"in-light", "in-dark"}
    assert sorted(classes - words - put_together) == []


def test_two_pages_give_no_class_two_looks() -> None:
    """The sheets of all pages are one on the wire; the second rule would silently repaint the other page."""
    found: dict[str, set[str]] = {}
    for path in (PORTAL / "static" / "css").glob("5-*.css"):
        sheet = re.sub(
            r"(?s)/\*.*?\*/|@media[^{]+{(?:[^{}]*{[^{}]*})*\s*}|:is\([^)]*\)", "", path.read_text()
        )
        for selector in ",".join(re.findall(r"([^{}]+){", sheet)).split(","):
            if re.fullmatch(r"\s*\.[\w-]+\s*", selector):
                found.setdefault(selector.strip(), set()).add(path.name)
    assert {name: places for name, places in found.items() if len(places) > 1} == {}


def test_a_form_that_writes_carries_the_token() -> None:
    for path in TEMPLATES:
        for form in re.findall(r'<form[^>]*method="post".*?</form>', path.read_text(), re.DOTALL):
            if "open_session" not in form:  # nobody is signed in yet
                assert "hidden_token" in form, path.name


def test_assets_are_kept_for_a_year_under_an_address_that_changes_with_them(desk: Desk) -> None:
    web = desk.app.test_client()
    page = web.get("/login").text
    links = re.findall(r'(?:href|src)="(/assets/[^"]+)"', page)
    assert len(links) >= 4
    for link in links:
        answer = web.get(link.replace("&amp;", "&"))
        assert answer.status_code == 200
        assert "immutable" in answer.headers["Cache-Control"]
        assert re.search(r"[?]v=\w{12}$", link)
    assert web.get("/assets/../assets.py").status_code == 404
    assert web.get("/brand/nocolour.css").status_code == 404


def test_what_every_page_shares_is_small_on_the_wire(desk: Desk) -> None:
    web = desk.app.test_client()
    names = ("app.css", "app.js", "theme.js", "htmx.js", "icons.svg", "inter.woff2")
    sizes = {name: len(gzip.compress(web.get(f"/assets/{name}").data)) for name in names}
    assert sizes["app.css"] < 16_000, sizes
    assert sum(sizes.values()) < 75_000, sizes


def test_every_act_has_its_sentence() -> None:
    code = "\n".join(path.read_text() for path in PORTAL.glob("*.py"))
    said = set(re.findall(r'done="(\w+)"', code)) | set(
        re.findall(r'back_to_order\(number, form, "(\w+)"', code)
    )
    assert said
    assert [word for word in sorted(said) if not done_sentence(word)] == []
