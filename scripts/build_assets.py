"""Builds what the browser gets and we did not write: htmx, the icon sprite, the font cut to what we use, translations.

Reads `node_modules` (put there by npm from package-lock.json) and writes `agency/portal/built`, which git ignores.
"""

from __future__ import annotations

import re
import shutil
import sys
import tomllib
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from fontTools.subset import Options, Subsetter, load_font, save_font
from fontTools.varLib.instancer import instantiateVariableFont

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
PORTAL = ROOT / "agency" / "portal"
BUILT = PORTAL / "built"

WEIGHTS = (400, 650)  # the lightest and the heaviest that the style sheet asks for
# Latin-1 and Latin Extended-A for names of people and towns, punctuation, currency signs, arrows and the true minus.
LETTERS = [*range(0x20, 0x180), *range(0x2010, 0x2028), 0x2030, 0x2039, 0x203A, *range(0x20A0, 0x20C1)]
SIGNS = [0x2122, 0x2190, 0x2191, 0x2192, 0x2193, 0x2212, 0x2260, 0x2264, 0x2265]
PACKAGES = ("htmx.org", "@tabler/icons", "@fontsource-variable/inter")


def build_sprite() -> str:
    """The sprite of the icons that `icons.toml` names."""
    names = tomllib.loads((PORTAL / "icons.toml").read_text(encoding="utf-8"))
    folder = MODULES / "@tabler/icons/icons/outline"
    symbols = [_symbol(ours, folder / f"{theirs}.svg") for ours, theirs in names.items()]
    return '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"


def _symbol(name: str, file: Path) -> str:
    drawing = re.search(r"<svg[^>]*>(.*)</svg>", file.read_text(encoding="utf-8"), re.S)
    if drawing is None:
        raise SystemExit(f"shopfleet: {file.name} of the icon set is not an SVG drawing.")
    paths = re.sub(r'<path stroke="none"[^>]*/>', "", drawing.group(1))
    return f'<symbol id="{name}" viewBox="0 0 24 24">{"".join(line.strip() for line in paths.splitlines())}</symbol>'


def build_font(target: Path) -> None:
    """Inter with the weights and letters that we use, as WOFF2."""
    files = MODULES / "@fontsource-variable/inter/files"
    options = Options()
    options.flavor = "woff2"
    options.layout_features = ["kern", "liga", "calt", "ccmp", "locl", "mark", "mkmk", "tnum", "case"]
    options.drop_tables += ["STAT"]
    font = load_font(str(files / "inter-latin-wght-normal.woff2"), options)
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=[*LETTERS, *SIGNS])
    subsetter.subset(font)
    instantiateVariableFont(font, {"wght": WEIGHTS}, inplace=True)
    save_font(font, str(target), options)


def build_translations(folder: Path) -> None:
    """Each language's messages as gettext reads them."""
    for source in sorted((PORTAL / "translations").glob("*/LC_MESSAGES/messages.po")):
        target = folder / source.relative_to(PORTAL / "translations").with_suffix(".mo")
        target.parent.mkdir(parents=True, exist_ok=True)
        with source.open("rb") as text, target.open("wb") as binary:
            write_mo(binary, read_po(text))


def main() -> None:
    """Builds everything anew."""
    shutil.rmtree(BUILT, ignore_errors=True)
    BUILT.mkdir()
    shutil.copy(MODULES / "htmx.org/dist/htmx.min.js", BUILT / "htmx.js")
    (BUILT / "icons.svg").write_text(build_sprite(), encoding="utf-8")
    build_font(BUILT / "inter.woff2")
    build_translations(BUILT / "translations")
    (BUILT / "licences").mkdir()
    for package in PACKAGES:
        shutil.copy(MODULES / package / "LICENSE", BUILT / "licences" / f"{package.rpartition('/')[2]}.txt")


if __name__ == "__main__":
    sys.exit(main())
