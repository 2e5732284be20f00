"""The catalogues are complete, keep what is filled in, and every sentence with holes finds its way through `tr`."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from flask import Flask

from agency.domain.said import LANGUAGES, said
from agency.portal import language
from agency.portal.language import tr
from tests.portal.catalogue import TRANSLATIONS, catalogue, collect, holes, texts, translations

OTHERS = [code for code in LANGUAGES if code != "en"]


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    return collect(tmp_path_factory.mktemp("messages"))


def test_every_language_has_a_catalogue_and_every_catalogue_is_a_language() -> None:
    assert {folder.name for folder in TRANSLATIONS.iterdir() if folder.is_dir()} == set(OTHERS)


@pytest.mark.parametrize("code", OTHERS)
def test_every_message_is_translated_and_no_other(code: str, collected: Catalog) -> None:
    wanted = {texts(message)[0] for message in collected if message.id}
    told = {texts(message)[0]: message for message in catalogue(code) if message.id}
    missing = [text for text in wanted if text not in told or not all(translations(told[text]))]
    assert not missing, f"Run make messages, then translate in {code}: {sorted(missing)}"
    assert not set(told) - wanted, (
        f"Run make messages; nothing says these any more: {sorted(set(told) - wanted)}"
    )


@pytest.mark.parametrize("code", OTHERS)
def test_translations_keep_what_is_filled_in(code: str) -> None:
    for message in catalogue(code):
        sources = texts(message)
        for number, text in enumerate(translations(message) if message.id else []):
            wanted = {frozenset(holes(sources[-1]))}
            if number == 0:  # the form for one may leave the number away, as English does
                wanted.add(frozenset(holes(sources[0])))
            assert holes(text) in wanted, f"{sources[0]!r} has {wanted}, its translation {text!r} has not."
            assert not message.fuzzy, f"{texts(message)[0]!r} is only guessed."


def _with_holes(catalog: Catalog) -> list[str]:
    return [text for message in catalog if message.id for text in texts(message)[:1] if "{" in text]


@pytest.fixture(scope="module")
def numbered(collected: Catalog, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A language that says each sentence as its number and its holes: "#7 a=...;"."""
    told = {
        text: f"#{number} " + " ".join(f"{name}={{{name}}};" for name in sorted(_names(text)))
        for number, text in enumerate(_with_holes(collected))
    }
    folder = tmp_path_factory.mktemp("built")
    place = folder / "translations" / "de" / "LC_MESSAGES"
    place.mkdir(parents=True)
    catalog = Catalog(locale="de")
    for source, target in told.items():
        catalog.add(source, target)
    with (place / "messages.mo").open("wb") as file:
        write_mo(file, catalog)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(language, "BUILT", folder)
        patch.setattr(language, "language", lambda: "de")
        app = Flask("numbered")
        language.speak(app)
        with app.test_request_context("/"):
            yield told


def _names(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


def test_every_sentence_with_holes_is_recognised_as_itself(numbered: dict[str, str]) -> None:
    caught = []
    for source, target in numbered.items():
        values = {name: f"XQ{name}QX" for name in _names(source)}
        if tr(said(source, **values)) != target.format(**values):
            caught.append((source, tr(said(source, **values))))
    assert not caught, f"Another sentence catches these; say them with more words of their own: {caught}"
