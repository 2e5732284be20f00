"""Sentences in the reader's language: looked up, rebuilt from their parts, left alone when they are not ours."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from flask import Flask

from agency.portal import language
from agency.portal.language import counted, tr

WORDS = {
    "No supplier is mapped.": "Kein Lieferant ist zugeordnet.",
    "The supplier asks {now}; up to {most} is allowed.": "Erlaubt sind {most}; der Lieferant verlangt {now}.",
    "{name}: {reason}": "{reason} ({name})",
    "Wait {minutes} minutes.": "Warten Sie {minutes} Minuten.",
}


@pytest.fixture
def german(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A page of a German reader, with a small catalogue."""
    folder = tmp_path_factory.mktemp("built")
    catalogue = Catalog(locale="de")
    for source, target in WORDS.items():
        catalogue.add(source, target)
    catalogue.add(("%(num)s order", "%(num)s orders"), ("%(num)s Bestellung", "%(num)s Bestellungen"))
    place = folder / "translations" / "de" / "LC_MESSAGES"
    place.mkdir(parents=True)
    with (place / "messages.mo").open("wb") as file:
        write_mo(file, catalogue)
    monkeypatch.setattr(language, "BUILT", folder)
    monkeypatch.setattr(language, "language", lambda: "de")
    app = Flask("german")
    language.speak(app)
    with app.test_request_context("/"):
        yield


@pytest.mark.usefixtures("german")
def test_a_sentence_with_holes_is_rebuilt_in_the_order_of_the_other_language() -> None:
    told = tr("The supplier asks $15.00; up to $12.00 is allowed.")
    assert told == "Erlaubt sind 12,00\N{NO-BREAK SPACE}$; der Lieferant verlangt 15,00\N{NO-BREAK SPACE}$."


@pytest.mark.usefixtures("german")
def test_the_sentence_with_most_words_of_its_own_wins_and_parts_are_put_over_too() -> None:
    assert tr("Wait 5 minutes.") == "Warten Sie 5 Minuten."
    assert tr("Tea towel: No supplier is mapped.") == "Kein Lieferant ist zugeordnet. (Tea towel)"


@pytest.mark.usefixtures("german")
@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "No supplier is mapped. Wait 5 minutes.",
            "Kein Lieferant ist zugeordnet. Warten Sie 5 Minuten.",
        ),
        (
            "Cups: out of stock. Cups: No supplier is mapped.",
            "out of stock. (Cups) Kein Lieferant ist zugeordnet. (Cups)",
        ),
        ("Their own words. No supplier is mapped.", "Their own words. Kein Lieferant ist zugeordnet."),
        (
            "shipped \N{MIDDLE DOT} No supplier is mapped.",
            "shipped \N{MIDDLE DOT} Kein Lieferant ist zugeordnet.",
        ),
    ],
)
def test_sentences_in_a_row_are_put_over_one_by_one(text: str, told: str) -> None:
    assert tr(text) == told


@pytest.mark.usefixtures("german")
@pytest.mark.parametrize("text", ["", "Linen apron", "Their own words, 100 % right."])
def test_what_is_no_sentence_of_ours_stays_as_it_is(text: str) -> None:
    assert tr(text) == text


@pytest.mark.usefixtures("german")
def test_counts_have_the_readers_digits_and_forms() -> None:
    forms = ("%(num)s order", "%(num)s orders")
    assert [counted(n, *forms) for n in (1, 1204)] == ["1 Bestellung", "1.204 Bestellungen"]
