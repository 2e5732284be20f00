"""What a tracking number's form says: which carriers it may belong to, and how sure that is.

The formats are facts of the carriers' own labels (check digits re-computed on public samples, 2026-11-22). The answer
is always a set of candidates: many a random 10-digit number passes DHL's check, so a bare number proves little.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from agency.domain.carrier_rules import RULES, Strength
from agency.domain.said import said

__all__ = [
    "Candidate", "Strength", "broken_check_digit", "detect", "format_problem", "looks_like_placeholder", "normalise",
]  # fmt: skip

# Mark Package As Shipped takes 4 to 50 characters of these kinds (error 21004012 otherwise).
_ALLOWED = re.compile(r"[A-Za-z0-9\-_./]{4,50}")
_USPS_WITH_ZIP = re.compile(r"420(?:\d{5}|\d{9})(9[1-5]\d{20})")
_ORDER: dict[Strength, int] = {"strong": 0, "medium": 1, "weak": 2}
_SUREST_FIRST = sorted(RULES, key=lambda rule: (_ORDER[rule.strength], rule.carrier))


@dataclass(frozen=True)
class Candidate:
    """A carrier whose format a number fits. strong = own prefix and form, medium = check digit, weak = length only."""

    carrier: str
    strength: Strength


def normalise(number: str) -> str:
    """The form in which a number is stored, compared and sent: no spaces, upper case, no USPS 420 + ZIP in front.

    Dashes go only where the bare number is a known one, since TikTok allows them and some carriers print them.
    """
    tidy = "".join(number.split()).upper()
    bare = tidy.replace("-", "")
    if bare != tidy and any(candidate.strength != "weak" for candidate in _candidates(bare)):
        tidy = bare
    with_zip = _USPS_WITH_ZIP.fullmatch(tidy)
    return with_zip.group(1) if with_zip else tidy


def detect(number: str) -> list[Candidate]:
    """Every carrier that a number may belong to, the surest first; an empty list means no known format."""
    return _candidates(normalise(number))


def _candidates(tidy: str) -> list[Candidate]:
    best: dict[str, Strength] = {}
    for rule in _SUREST_FIRST:
        if rule.carrier not in best and rule.fits(tidy):
            best[rule.carrier] = rule.strength
    return [Candidate(carrier, strength) for carrier, strength in best.items()]


def broken_check_digit(number: str) -> str | None:
    """The carrier whose unmistakable form this is but whose check digit is wrong: a typing error. Else None."""
    tidy = normalise(number)
    if _candidates(tidy):
        return None
    return next(
        (rule.carrier for rule in _SUREST_FIRST if rule.strength == "strong" and rule.has_shape(tidy)), None
    )


def format_problem(number: str) -> str | None:
    """A sentence when TikTok would refuse the characters or the length of a normalised number, else None."""
    if _ALLOWED.fullmatch(number):
        return None
    return said(
        "Tracking number {number} must have 4 to 50 letters, digits or - _ . / and nothing else. "
        "Ask the supplier for the right number.",
        number=repr(number[:60]),
    )


_RUNS = ("01234567890123456789", "98765432109876543210")


def looks_like_placeholder(number: str) -> bool:
    """True for texts that stand in for a number: no digits at all, one digit repeated, or counting up or down."""
    digits = re.sub(r"\D", "", number)
    if not digits:
        return True
    if re.search(r"[A-Z]", number.upper()):
        return False
    return len(set(digits)) == 1 or any(digits in run for run in _RUNS)
