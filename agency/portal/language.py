"""The reader's language: which one it is, and our English sentences in it (gettext catalogues in `translations/`).

Templates say `_("...")` and `counted(n, "%(num)s order", "%(num)s orders")`. What services say arrives as English text,
some of it out of the database; `tr` finds the sentence that it was made of and says it in the reader's language.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache

from babel.numbers import format_decimal
from babel.support import NullTranslations, Translations
from flask import Flask, has_request_context, request
from flask_babel import Babel, get_locale, get_translations, gettext

from agency.portal.assets import BUILT
from agency.web import find_caller

LANGUAGES = {"en": "English", "de": "Deutsch"}  # as their speakers call them
_FIRST = "en"
_HOLE = re.compile(r"\{(\w+)(?::[^{}]*)?\}")


def speak(app: Flask) -> None:
    """Gives the application its languages."""
    Babel(
        app,
        default_locale=_FIRST,
        default_translation_directories=str(BUILT / "translations"),
        locale_selector=language,
    )


def language() -> str:
    """The reader's language: their own choice, else the best that their browser asks for."""
    if not has_request_context():
        return _FIRST
    caller = find_caller()
    if caller is not None and caller.language in LANGUAGES:
        return caller.language
    return request.accept_languages.best_match(LANGUAGES, _FIRST)


def counted(count: int, one: str, many: str) -> str:
    """A count with its noun in the reader's language and digits: "1,204 orders"."""
    number = format_decimal(count, locale=get_locale())
    return str(get_translations().ungettext(one, many, count)) % {"num": number}


def tr(sentence: str) -> str:
    """A sentence of ours in the reader's language; what is no sentence of ours (a name, an old text) stays as it is."""
    if not sentence:
        return ""
    known = str(gettext(sentence))
    if known != sentence:
        return known
    return _rebuilt(sentence, get_translations())


def _rebuilt(sentence: str, catalogue: Translations | NullTranslations) -> str:
    for pattern, template in _patterns(catalogue):
        found = pattern.fullmatch(sentence)
        if found:
            return _filled(template, {name: tr(part) for name, part in found.groupdict().items()})
    return sentence


def _filled(template: str, parts: Mapping[str, str]) -> str:
    return _HOLE.sub(lambda hole: parts[hole.group(1)], template)


@cache
def _patterns(catalogue: Translations | NullTranslations) -> tuple[tuple[re.Pattern[str], str], ...]:
    """The sentences with holes, the one with most words of its own first, each with its translation."""
    pairs = sorted(_with_holes(catalogue), key=lambda pair: -len(_HOLE.sub("", pair[0])))
    return tuple((_pattern(source), target) for source, target in pairs)


def _with_holes(catalogue: Translations | NullTranslations) -> Iterator[tuple[str, str]]:
    messages = getattr(catalogue, "_catalog", {})
    for source, target in messages.items():
        if isinstance(source, str) and target and _HOLE.search(source) and _HOLE.sub("", source).strip():
            yield source, target


def _pattern(source: str) -> re.Pattern[str]:
    parts, seen, at = [], set(), 0
    for hole in _HOLE.finditer(source):
        parts.append(re.escape(source[at : hole.start()]))
        name = hole.group(1)
        parts.append(f"(?P={name})" if name in seen else f"(?P<{name}>.*?)")
        seen.add(name)
        at = hole.end()
    return re.compile("".join(parts) + re.escape(source[at:]), re.S)
