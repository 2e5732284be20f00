"""Passwords: argon2id, at most a few at once, and the same work for a stranger as for a member.

Parameters: OWASP Password Storage Cheat Sheet (19 MiB, 2 passes, 1 lane; read 2026-11). Each check holds its memory, so
a flood of sign-ins is queued here instead of pushing the machine into swap.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from agency.domain.errors import Invalid, ShopfleetError

MIN_LENGTH = 12
MAX_LENGTH = 256
_AT_ONCE = BoundedSemaphore(4)
_PATIENCE = 5.0
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
# Checked when there is no such user, so that the time of the answer does not tell.
_NOBODY = _HASHER.hash("nobody signs in with this")


class TooBusy(ShopfleetError):
    """More sign-ins at once than the machine should work on."""

    status = 503

    def __init__(self) -> None:
        super().__init__("Many people are signing in right now. Try again in a few seconds.")


def hash_password(password: str) -> str:
    """The hash to store. Raises Invalid for a password shorter than 12 or longer than 256 characters."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise Invalid("password", f"Choose a password of {MIN_LENGTH} to {MAX_LENGTH} characters.")
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


@contextmanager
def _one_of_few() -> Iterator[None]:
    if not _AT_ONCE.acquire(timeout=_PATIENCE):
        raise TooBusy
    try:
        yield
    finally:
        _AT_ONCE.release()
