"""The lease of a turn with many items: lengthened while there is work, and a reason to stop once it is lost."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock

from agency.lanes import Turn
from workers.context import Context, LaneLost


class Lease:
    """`check` before each item, from any thread. A turn whose lane somebody else has by now does nothing more."""

    def __init__(self, keep: Callable[[], None], seconds: float) -> None:
        self._keep, self._third = keep, seconds / 3
        self._due = time.monotonic() + self._third
        self._lost = False
        self._lock = Lock()

    @classmethod
    def of(cls, context: Context, turn: Turn) -> Lease:
        """The lease of a turn that was taken just now."""
        return cls(lambda: context.keep(turn), context.settings.lane_lease)

    def check(self) -> None:
        """Lengthens the lease once a third of it is used up. Raises LaneLost, from then on always."""
        with self._lock:
            if self._lost:
                raise LaneLost("noticed before")
            if time.monotonic() < self._due:
                return
            try:
                self._keep()
            except LaneLost:
                self._lost = True
                raise
            self._due = time.monotonic() + self._third
