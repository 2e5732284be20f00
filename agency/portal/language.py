"""The reader's language: which one it is, and our English sentences in it (gettext catalogues in `translations/`).

Templates say `_("...")` and `counted(n, "%(num)s order", "%(num)s orders")`. What services say arrives as English text,
some of it out of the database; `tr` finds the sentence that it was made of and says it in the reader's language.
"""

from __future__ import annotations

from collections.abc import Iterable

from babel.numbers import format_decimal
from flask import Flask, has_request_context, request
from flask_babel import Babel, get_locale, get_translations

from agency.domain.said import LANGUAGES
from agency.portal.assets import BUILT
from agency.speech import ENGLISH, told
from agency.web import find_caller


def speak(app: Flask) -> None:
    """Gives the application its languages."""
    Babel(
        app,
        default_locale=ENGLISH,
        default_translation_directories=str(BUILT / "translations"),
        locale_selector=language,
    )


def language() -> str:
    """The reader's language: their own choice, else the best that their browser asks for."""
    if not has_request_context():
        return ENGLISH
    caller = find_caller()
    if caller is not None and caller.language in LANGUAGES:
        return caller.language
    return request.accept_languages.best_match(LANGUAGES, ENGLISH)


def locale_name() -> str:
    """The same as Babel's functions want it; English outside of a request."""
    return str(get_locale() or ENGLISH)


def counted(count: int, one: str, many: str) -> str:
    """A count with its noun in the reader's language and digits: "1,204 orders"."""
    number = format_decimal(count, locale=locale_name())
    return str(get_translations().ungettext(one, many, count)) % {"num": number}


def tr(sentence: str) -> str:
    """A sentence of ours in the reader's language; what is no sentence of ours (a name, an old text) stays as it is.

    Several sentences in a row and parts with a dot between them are looked up one by one.
    """
    locale = locale_name()
    return told(get_translations(), sentence, locale) if sentence and locale != ENGLISH else sentence or ""


def told_pairs(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Choices of a select with their texts in the reader's language."""
    return [(key, tr(text)) for key, text in pairs]
