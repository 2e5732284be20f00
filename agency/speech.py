"""Our English sentences in another language, without a request: by a catalogue, and amounts and dates in its forms.

The portal tells pages with it, the mailer its letters. Texts are found by themselves or, when they have holes, by the
words between these (ADR 30).
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path

from babel import Locale
from babel.dates import format_datetime
from babel.numbers import format_currency, format_decimal
from babel.support import NullTranslations, Translations

from agency.domain.money import EXPONENTS, Money, format_money, read_formatted
from agency.domain.said import said

CATALOGUES = Path(__file__).parent / "portal" / "built" / "translations"
ENGLISH = "en"
_WIDTH = 72  # of a mail's lines
_HOLE = re.compile(r"\{(\w+)(?::[^{}]*)?\}")
_BETWEEN = re.compile(r"(?<=[.!?]) (?=\S)")  # from one sentence to the next
_MOST_SENTENCES = 12
_MOMENTS = (
    ("%d %b, %H:%M", said("d MMM, HH:mm")),
    ("%d %b %H:%M", said("d MMM, HH:mm")),
    ("%d %B %Y, %H:%M UTC", said("d MMMM yyyy, HH:mm 'UTC'")),
)
_DOT = " \N{MIDDLE DOT} "
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+")

Catalogue = Translations | NullTranslations


def money_in(locale: str, money: Money) -> str:
    """Money as a language writes it: "$1,204.00", "1.204,00 $"; English is our own plain form."""
    digits = EXPONENTS.get(money.currency)
    if locale == ENGLISH or digits is None:
        return format_money(money)
    form = (
        Locale.parse(locale)
        .currency_formats["standard"]
        .pattern.replace("0.00", "0." + "0" * digits if digits else "0")
    )
    amount = Decimal(money.amount).scaleb(-digits)
    return format_currency(amount, money.currency, form, locale, currency_digits=False)


def told_letter(language: str, subject: str, body: str) -> tuple[str, str]:
    """A mail's subject and body in a language of ours; English, and a language that we do not know, as they are."""
    catalogue = _catalogue(CATALOGUES, language) if language not in ("", ENGLISH) else None
    if not isinstance(catalogue, Translations):
        return subject, body
    parts = [_told_paragraph(catalogue, part, language) for part in body.strip().split("\n\n")]
    return told(catalogue, subject, language), "\n\n".join(parts) + "\n"


@cache
def _catalogue(folder: Path, language: str) -> Catalogue:
    """One object per language, since what is derived from a catalogue is kept for as long as the program runs."""
    return Translations.load(folder, [language])


def _told_paragraph(catalogue: Catalogue, paragraph: str, language: str) -> str:
    if paragraph.startswith(("http://", "https://")):
        return paragraph
    words = told(catalogue, " ".join(paragraph.split()), language)
    return textwrap.fill(words, _WIDTH, break_long_words=False)


@lru_cache(maxsize=4096)
def told(catalogue: Catalogue, sentence: str, locale: str) -> str:
    """The sentence, or several in a row, as far as the catalogue knows it; anything else as it stands."""
    known = _known(catalogue, sentence, locale)
    if known is None and _DOT in sentence:
        return _DOT.join(told(catalogue, part, locale) for part in sentence.split(_DOT))
    in_turn = _in_turn(catalogue, _BETWEEN.split(sentence), locale)
    return in_turn if in_turn is not None else known if known is not None else sentence


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
            whole = _known(catalogue, words, locale)
            if whole is not None:
                ways.append((unknown, known - 1, f"{whole} {rest}".rstrip()))
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
    moment, pattern = _moment(part)
    if moment is not None:
        return format_datetime(moment, str(catalogue.ugettext(pattern)), locale=locale)
    return told(catalogue, part, locale)


def _moment(part: str) -> tuple[datetime | None, str]:
    """A moment as our sentences write it, with the message of its pattern."""
    for written, pattern in _MOMENTS if part[:1].isdigit() else ():
        try:
            # Without a year of its own it gets a leap year, so that 29 February is one.
            return datetime.strptime(f"{part} 2000", f"{written} 2000"), pattern  # noqa: DTZ007 - a form, no moment
        except ValueError:
            continue
    return None, ""


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
