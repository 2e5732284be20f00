"""A token bucket in memory for one remote account; one turn at a time holds a lane, so one per turn is enough."""

from __future__ import annotations

import time
from threading import Lock


class Pace:
    """Lets calls through at `per_second`, with a burst of one second's worth. Waits; never drops."""

    def __init__(self, per_second: float) -> None:
        self._per_second = per_second
        self._burst = max(per_second, 1.0)
        self._left, self._seen = self._burst, time.monotonic()
        self._lock = Lock()

    def take(self, calls: int = 1) -> None:
        """Waits until `calls` more calls may be made."""
        with self._lock:
            now = time.monotonic()
            self._left = min(self._burst, self._left + (now - self._seen) * self._per_second) - calls
            self._seen = now
            wait = -self._left / self._per_second if self._left < 0 else 0.0
        if wait:
            time.sleep(wait)
