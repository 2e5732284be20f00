"""The messages of the program, collected as `make messages` collects them, and each language's catalogue."""

from __future__ import annotations

import re
import shlex
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.frontend import CommandLineInterface
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]
TRANSLATIONS = ROOT / "agency" / "portal" / "translations"


@cache
def marks() -> tuple[str, ...]:
    """The keywords of the Makefile's target."""
    line = re.search(r"^MARKS := (.+)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    assert line is not None
    return tuple(shlex.split(line[1]))


def collect(into: Path) -> Catalog:
    """Everything that is marked in the program now."""
    options = ["--no-wrap", "--omit-header", "--no-location", "-F", str(TRANSLATIONS / "babel.cfg")]
    CommandLineInterface().run(
        ["pybabel", "--quiet", "extract", *options, *marks(), "-o", str(into / "messages.pot"), str(ROOT)]
    )
    with (into / "messages.pot").open("rb") as file:
        return read_po(file)


def catalogue(language: str) -> Catalog:
    """The translations of one language as they are committed."""
    with (TRANSLATIONS / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file)


def texts(message: Message) -> list[str]:
    """A message's forms."""
    return [message.id] if isinstance(message.id, str) else list(message.id)


def translations(message: Message) -> list[str]:
    """A message's translated forms, empty ones too."""
    return [message.string] if isinstance(message.string, str) else list(message.string)


def holes(text: str) -> set[str]:
    """The places of a text that are filled in: %(name)s and {name}, and its tags."""
    return set(re.findall(r"%\(\w+\)s|\{\w+[^}]*\}|<[^>]+>", text))
