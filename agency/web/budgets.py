"""The counting behind the limits: moving windows in Redis by Flask-Limiter, one limiter that fails closed, one open.

Keys are keyed hashes, so that a copy of Redis names no person. A refused try is not counted in the window that refused
it, so that a wait ends when it was said to end.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import math
import time
from dataclasses import dataclass
from typing import cast

from flask import Flask, current_app
from flask_limiter import Limiter
from limits import parse_many
from limits.errors import StorageError

from agency.config import Settings
from agency.domain.errors import CannotCheck
from agency.extensions import redis_in_a_hurry
from agency.web.limits import LIMITS, Budget

_NAME = "shopfleet-budgets"
_PAUSE = 5.0  # seconds in which a Redis that did not answer is not asked again by what fails open
_LOG_EVERY = 60.0
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Left:
    """What is left of a budget's first window, and the seconds until it is whole again."""

    amount: int
    remaining: int
    seconds: int


class Budgets:
    """All budgets of an application. Used by many threads at once; a lost Redis is noticed at each use."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        """Raises ValueError without a Redis, and for the name of a budget that does not exist."""
        if not settings.redis_url:
            raise ValueError("The web needs REDIS_URL: limits are counted there.")
        self._key = hmac.new(settings.master_key.encode(), b"limits", hashlib.sha256).digest()
        self._windows = {
            _name(word, budget): parse_many(settings.limits.get(_name(word, budget), budget.amount))
            for word, limit in LIMITS.items()
            for budget in limit.budgets
        }
        unknown = set(settings.limits) - set(self._windows)
        if unknown:
            raise ValueError(f"There is no limit named {', '.join(sorted(unknown))}.")
        self._strict, self._lenient = (
            _limiter(app, settings.redis_url, name) for name in ("strict", "lenient")
        )
        self._silent_until = self._logged_at = float("-inf")

    def take(self, word: str, budget: Budget, value: str) -> int:
        """Spends one; returns 0, or the seconds to wait when there is none left. Raises CannotCheck when closed."""
        if LIMITS[word].closed:
            try:
                return self._take(self._strict, word, budget, value)
            except StorageError as error:
                raise CannotCheck from error
        if time.monotonic() < self._silent_until:
            return 0
        try:
            return self._take(self._lenient, word, budget, value)
        except StorageError as error:
            self._note_silence(error)
            return 0

    def clear(self, word: str, budget: Budget, value: str) -> None:
        """Makes a budget whole again; best effort."""
        try:
            for window in self._windows[_name(word, budget)]:
                self._strict.limiter.clear(window, *self._place(word, budget, value))
        except StorageError as error:
            self._note_silence(error)

    def left(self, word: str, budget: Budget, value: str) -> Left | None:
        """What is left, for an answer's headers; None when Redis does not say."""
        window = self._windows[_name(word, budget)][0]
        if time.monotonic() < self._silent_until:
            return None
        try:
            stats = self._lenient.limiter.get_window_stats(window, *self._place(word, budget, value))
        except StorageError as error:
            self._note_silence(error)
            return None
        return Left(window.amount, max(stats.remaining, 0), _seconds_until(stats.reset_time))

    def forget_all(self) -> None:
        """Empties every budget; for tests and for a person with a shell, no door calls it."""
        self._strict.reset()

    def _take(self, limiter: Limiter, word: str, budget: Budget, value: str) -> int:
        place = self._place(word, budget, value)
        windows = self._windows[_name(word, budget)]
        if all(limiter.limiter.hit(window, *place) for window in windows):
            return 0
        stats = [limiter.limiter.get_window_stats(window, *place) for window in windows]
        return max((_seconds_until(each.reset_time) for each in stats if each.remaining <= 0), default=1)

    def _place(self, word: str, budget: Budget, value: str) -> tuple[str, ...]:
        digest = hmac.new(self._key, f"{budget.by}:{value}".encode(), hashlib.sha256).hexdigest()
        return (_name(word, budget), digest[:32])

    def _note_silence(self, error: Exception) -> None:
        now = time.monotonic()
        self._silent_until = now + _PAUSE
        if now - self._logged_at >= _LOG_EVERY:
            self._logged_at = now
            _LOG.warning("Redis does not answer (%s): webhooks and the API are not limited now.", error)


def lay_budgets(app: Flask, settings: Settings) -> None:
    """Gives the application its budgets. Raises ValueError when the settings name no Redis."""
    app.extensions[_NAME] = Budgets(app, settings)


def budgets() -> Budgets:
    """The budgets of the application that answers this request."""
    return cast(Budgets, current_app.extensions[_NAME])


def _limiter(app: Flask, url: str, name: str) -> Limiter:
    # Only its storage and its windows are used: it knows no route, so it decides nothing by itself.
    return Limiter(
        lambda: "",
        app=app,
        strategy="moving-window",
        storage_uri="redis://",  # which kind of storage; the pool knows where it is
        storage_options={"connection_pool": redis_in_a_hurry(url), "wrap_exceptions": True},  # type: ignore[dict-item]
        key_prefix=name,
        headers_enabled=False,
    )


def _name(word: str, budget: Budget) -> str:
    return f"{word}.{budget.by}"


def _seconds_until(moment: float) -> int:
    return max(math.ceil(moment - time.time()), 1)
