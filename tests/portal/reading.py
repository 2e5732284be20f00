"""The texts of a page that no translation has touched, found with a language that puts every message into brackets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from agency.portal import language
from tests.portal.catalogue import collect, texts

OPEN, CLOSE = "\N{MATHEMATICAL LEFT WHITE SQUARE BRACKET}", "\N{MATHEMATICAL RIGHT WHITE SQUARE BRACKET}"
_SPOKEN = ("aria-label", "placeholder", "title", "alt", "data-ask", "data-ask-verb")
_SILENT = ("script", "style", "code", "kbd")
# What is no word of ours: zones, addresses, hosts, codes, and what only looks like a word.
_DATA = re.compile(
    r"[\w.+-]+@[\w.-]+|https?://\S+|\b[A-Z][A-Za-z]+/[A-Za-z_ ]+(?:/[A-Za-z_ ]+)?|\b(?:USD|GBP|EUR|UTC|CSV|API|JSON)\b"
    r"|\b[0-9a-f]{8,}\b|\b[A-Z2-7]{16,}\b|\b[a-z_]+:(?:read|write)\b"
)
# Lists of time zones and currencies, and the letters that stand for a name.
_LISTS = re.compile(
    r"(?s)<select[^>]*name=\"(?:time_zone|currency)\".*?</select>|<span class=\"mark [^>]*>.*?</span>"
)


@contextmanager
def bracketed(folder: Path) -> Iterator[None]:
    """Applications that are made meanwhile speak the language in brackets to everybody."""
    catalog = Catalog(locale="de")
    for message in collect(folder):
        if message.id:
            told = [f"{OPEN}{text}{CLOSE}" for text in texts(message)]
            catalog.add(message.id, told if len(told) > 1 else told[0])
    place = folder / "translations" / "de" / "LC_MESSAGES"
    place.mkdir(parents=True)
    with (place / "messages.mo").open("wb") as file:
        write_mo(file, catalog)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(language, "BUILT", folder)
        patch.setattr(language, "language", lambda: "de")
        yield


class _Reader(HTMLParser):
    """Reads a page in order, counts brackets, and keeps what has letters outside of them."""

    def __init__(self, inside: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self._depth = 0
        self._inside = inside
        self._open = 0 if inside else 1
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == self._inside:
            self._open += 1
        if tag in _SILENT:
            self._silent += 1
        given = dict(attrs)
        for name in _SPOKEN:
            text = given.get(name)
            if text and self._open:
                self._keep(_outside(text, 0)[0], name)

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent -= 1
        if tag == self._inside:
            self._open -= 1

    def handle_data(self, data: str) -> None:
        outside, self._depth = _outside(data, self._depth)
        if self._open and not self._silent:
            self._keep(outside, "text")

    def _keep(self, text: str, where: str) -> None:
        text = " ".join(_DATA.sub(" ", text).split())
        if re.search(r"[^\W\d_]{2,}", text):
            self.found.append(f"{where}: {text}")


def _outside(text: str, depth: int) -> tuple[str, int]:
    kept = []
    for letter in text:
        depth += (letter == OPEN) - (letter == CLOSE)
        if depth == 0 and letter != CLOSE:
            kept.append(letter)
    return "".join(kept), depth


def outside_of_brackets(text: str) -> str:
    """What of a plain text no message stands behind."""
    return _outside(text, 0)[0]


def untouched(page: str, data: frozenset[str], inside: str = "") -> list[str]:
    """Texts with letters outside of brackets, in `inside` (a tag) or everywhere; `data` are names and the like."""
    for name in sorted(data, key=len, reverse=True):
        page = re.sub(rf"(?<![\w-]){re.escape(name)}(?![\w-])", "", page)
    page = _LISTS.sub("", page)
    reader = _Reader(inside)
    reader.feed(page)
    return reader.found
