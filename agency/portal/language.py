"""The reader's language: which one it is, and our English sentences in it (gettext catalogues in `translations/`).

Templates say `_("...")` and `counted(n, "%(num)s order", "%(num)s orders")`. What services say arrives as English text,
some of it out of the database; `tr` finds the sentence that it was made of and says it in the reader's language.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from functools import cache, lru_cache

from babel import Locale
from babel.numbers import format_currency, format_decimal
from babel.support import NullTranslations, Translations
from flask import Flask, has_request_context, request
from flask_babel import Babel, get_locale, get_translations

from agency.domain.money import EXPONENTS, Money, format_money, read_formatted
from agency.domain.said import LANGUAGES
from agency.portal.assets import BUILT
from agency.web import find_caller

_FIRST = "en"
_HOLE = re.compile(r"\{(\w+)(?::[^{}]*)?\}")
_BETWEEN = re.compile(r"(?<=[.!?]) (?=\S)")  # from one sentence to the next
_MOST_SENTENCES = 12
_DOT = " \N{MIDDLE DOT} "
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+")

Catalogue = Translations | NullTranslations


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


def locale_name() -> str:
    """The same as Babel's functions want it; English outside of a request."""
    return str(get_locale() or _FIRST)


def money_in(locale: str, money: Money) -> str:
    """Money as a language writes it: "$1,204.00", "1.204,00 $"; English is our own plain form."""
    digits = EXPONENTS.get(money.currency)
    if locale == _FIRST or digits is None:
        return format_money(money)
    form = (
        Locale.parse(locale)
        .currency_formats["standard"]
        .pattern.replace("0.00", "0." + "0" * digits if digits else "0")
    )
    amount = Decimal(money.amount).scaleb(-digits)
    return format_currency(amount, money.currency, form, locale, currency_digits=False)


def counted(count: int, one: str, many: str) -> str:
    """A count with its noun in the reader's language and digits: "1,204 orders"."""
    number = format_decimal(count, locale=locale_name())
    return str(get_translations().ungettext(one, many, count)) % {"num": number}


def tr(sentence: str) -> str:
    """A sentence of ours in the reader's language; what is no sentence of ours (a name, an old text) stays as it is.

    Several sentences in a row and parts with a dot between them are looked up one by one.
    """
    catalogue = get_translations()
    if not sentence or type(catalogue) is NullTranslations:
        return sentence or ""
    return _told(catalogue, sentence, locale_name())


def told_pairs(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Choices of a select with their texts in the reader's language."""
    return [(key, tr(text)) for key, text in pairs]


@lru_cache(maxsize=4096)
def _told(catalogue: Catalogue, sentence: str, locale: str) -> str:
    known = _known(catalogue, sentence, locale)
    if known is None and _DOT in sentence:
        return _DOT.join(_told(catalogue, part, locale) for part in sentence.split(_DOT))
    told = _in_turn(catalogue, _BETWEEN.split(sentence), locale)
    return told if told is not None else known if known is not None else sentence


def _known(catalogue: Catalogue, sentence: str, locale: str) -> str | None:
    """The sentence as one whole; None when the catalogue has it neither as it stands nor with holes."""
    known = str(catalogue.ugettext(sentence))
    if known != sentence:
        return known
    for words, pattern, template in _patterns(catalogue):
        found = pattern.fullmatch(sentence) if words in sentence else None
        if found:
            parts = {name: _part(catalogue, part, locale) for name, part in found.groupdict().items()}
            return _filled(template, parts)
    return None


def _in_turn(catalogue: Catalogue, sentences: list[str], locale: str) -> str | None:
    """Several sentences, each as far as it is known; None for one alone, which is known as a whole or not at all."""
    if not 1 < len(sentences) <= _MOST_SENTENCES:
        return None
    # From the end on: the fewest words left in English, then the most sentences of the catalogue.
    best: list[tuple[int, int, str]] = [(0, 0, "")]
    for start in range(len(sentences) - 1, -1, -1):
        ways = []
        for count in range(1, len(sentences) - start + 1):
            unknown, known, rest = best[-count]
            words = " ".join(sentences[start : start + count])
            told = _known(catalogue, words, locale)
            if told is not None:
                ways.append((unknown, known - 1, f"{told} {rest}".rstrip()))
            elif count == 1:
                ways.append((unknown + 1, known, f"{words} {rest}".rstrip()))
        best.append(min(ways, key=lambda way: way[:2]))
    return best[-1][2]


def _part(catalogue: Catalogue, part: str, locale: str) -> str:
    """What stood in a hole: an amount or a large number in the other language's form, else a text like any other."""
    money = read_formatted(part)
    if money is not None:
        return money_in(locale, money)
    if _THOUSANDS.fullmatch(part):
        return format_decimal(int(part.replace(",", "")), locale=locale)
    return _told(catalogue, part, locale)


def _filled(template: str, parts: Mapping[str, str]) -> str:
    return _HOLE.sub(lambda hole: parts[hole.group(1)], template)


@cache
def _patterns(catalogue: Catalogue) -> tuple[tuple[str, re.Pattern[str], str], ...]:
    """The sentences with holes, the one with most words of its own first: words of it, the whole, its translation."""
    pairs = sorted(_with_holes(catalogue), key=lambda pair: -len(_HOLE.sub("", pair[0])))
    return tuple(
        (max(_HOLE.sub("\0", source).split("\0"), key=len), _pattern(source), target)
        for source, target in pairs
    )


def _with_holes(catalogue: Catalogue) -> Iterator[tuple[str, str]]:
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
