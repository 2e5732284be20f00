"""Passwords: argon2id, at most a few at once, and the same work for a stranger as for a member.

Parameters: OWASP Password Storage Cheat Sheet (19 MiB, 2 passes, 1 lane; read 2026-11). Each check holds its memory, so
a flood of sign-ins is queued here instead of pushing the machine into swap.

A new password may be any 12 to 256 characters, in any mix; one that is common, or made of what everybody knows about
the person, is refused by an estimate of how often it would have to be guessed (zxcvbn).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from zxcvbn import zxcvbn  # type: ignore[import-untyped]

from agency.domain.errors import Invalid, ShopfleetError
from agency.domain.said import said

MIN_LENGTH = 12
MAX_LENGTH = 256
# Guesses that an estimate must reach: zxcvbn's score 3, "safely unguessable" while hashes are slow.
_ENOUGH_GUESSES = 10**8
# The estimate's time grows with the square of the length, and zxcvbn takes 72 characters at most; 72 take 0.05 s.
_JUDGED = 72
_MOST_WORDS = 40
_ALWAYS_KNOWN = ("shopfleet", "tiktok", "tiktokshop")
_AT_ONCE = BoundedSemaphore(4)
_PATIENCE = 5.0
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
# Checked when there is no such user, so that the time of the answer does not tell.
_NOBODY = _HASHER.hash("nobody signs in with this")


class TooBusy(ShopfleetError):
    """More sign-ins at once than the machine should work on."""

    status = 503

    def __init__(self) -> None:
        super().__init__(said("Many people are signing in right now. Try again in a few seconds."))


def hash_password(password: str, known: Iterable[str] = ()) -> str:
    """The hash to store. `known` is what others know about the person: address, name, agency.

    Raises Invalid for a password of another length than 12 to 256 characters, and for one that is easily guessed.
    """
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise Invalid(
            "password",
            said("Choose a password of {least} to {most} characters.", least=MIN_LENGTH, most=MAX_LENGTH),
        )
    with _one_of_few():
        _refuse_easy(password, known)
        return _HASHER.hash(password)


def needs_rehash(password_hash: str) -> bool:
    """True when the hash was made with other parameters than today's; make it anew while the password is at hand."""
    return _HASHER.check_needs_rehash(password_hash)


def rehash(password: str) -> str:
    """A hash with today's parameters of a password that was just found right; nothing is judged."""
    with _one_of_few():
        return _HASHER.hash(password)


def verify_password(password_hash: str | None, password: str) -> bool:
    """True when the password belongs to the hash; None stands for an unknown user and costs the same."""
    with _one_of_few():
        try:
            _HASHER.verify(password_hash or _NOBODY, password[: MAX_LENGTH + 1])
        except (Argon2Error, InvalidHashError):
            return False
    return password_hash is not None


# What zxcvbn finds, as `_refuse_easy` puts it into its sentence, written down for the translators.
WARNINGS = frozenset(
    {
        said("straight rows of keys are easy to guess"),
        said("short keyboard patterns are easy to guess"),
        said('repeats like "aaa" are easy to guess'),
        said('repeats like "abcabcabc" are only slightly harder to guess than "abc"'),
        said('sequences like "abc" or "6543" are easy to guess'),
        said("recent years are easy to guess"),
        said("dates are often easy to guess"),
        said("this is a top-10 common password"),
        said("this is a top-100 common password"),
        said("this is a very common password"),
        said("this is similar to a commonly used password"),
        said("a word by itself is easy to guess"),
        said("names and surnames by themselves are easy to guess"),
        said("common names and surnames are easy to guess"),
    }
)


def _refuse_easy(password: str, known: Iterable[str]) -> None:
    words = _known_words(known)
    found = zxcvbn(password[:_JUDGED], user_inputs=words)
    if found["guesses"] >= _ENOUGH_GUESSES and not _made_of(password, words):
        return
    if any(len(word) > 3 and word in password.lower() for word in words):
        raise Invalid(
            "password",
            "This is too easy to guess: it is made of your name, your address, your agency or ours. Leave those out, "
            "or add a few words that have nothing to do with them.",
        )
    reason = str(found["feedback"]["warning"]).rstrip(".")
    if not reason:
        raise Invalid(
            "password",
            "This is too easy to guess. Three or four words that do not belong together are easy to keep.",
        )
    sentence = said(
        "This is too easy to guess: {reason}. Three or four words that do not belong together are easy to keep.",
        reason=reason[0].lower() + reason[1:],
    )
    raise Invalid("password", sentence)


def _known_words(known: Iterable[str]) -> list[str]:
    whole = [text.lower().strip() for text in known]
    parts = [part for text in whole for part in re.split(r"[\W_]+", text) if len(part) > 2]
    return [word for word in dict.fromkeys((*_ALWAYS_KNOWN, *whole, *parts)) if word][:_MOST_WORDS]


def _made_of(password: str, words: list[str]) -> bool:
    """True when nothing but figures and a few other characters is left without the known words."""
    left = password.lower()
    for word in sorted(words, key=len, reverse=True):
        if len(word) > 3:
            left = left.replace(word, "")
    return left != password.lower() and len(re.sub(r"[\W\d_]+", "", left)) < 4


@contextmanager
def _one_of_few() -> Iterator[None]:
    if not _AT_ONCE.acquire(timeout=_PATIENCE):
        raise TooBusy
    try:
        yield
    finally:
        _AT_ONCE.release()
