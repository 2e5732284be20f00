"""The one way in which these tests wait: for something that another process does, and never for ever."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
LOOK_EVERY = 0.02  # seconds
PATIENCE = 120.0  # seconds; generous, since the machine may be several times slower than alone


class NeverCame(AssertionError):
    """What was waited for did not come; the text says what that was."""


def until(look: Callable[[], T], what: str, patience: float = PATIENCE, every: float = LOOK_EVERY) -> T:
    """The first answer of `look` that is true; raises NeverCame after `patience` seconds."""
    ends = time.monotonic() + patience
    while True:
        if found := look():
            return found
        if time.monotonic() > ends:
            raise NeverCame(f"{what}: not within {patience:.0f} seconds")
        time.sleep(every)
