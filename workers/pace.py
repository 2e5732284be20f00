"""Paces: how fast one remote account may be called, by all processes of ours together.

Several lanes speak to one account at the same time (purchase and tracking of a supplier; orders, ship and finance of a
shop), each in a process of its own, so the bucket lies in Redis. Whoever calls books the next free moment and waits for
it. A Redis that forgets means one more burst; one that is away, that each process keeps to its own share.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import partial
from threading import Lock

from redis import Redis
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

# Calls travel unevenly and the vendor counts arrivals, so a tenth of the limit is left to that.
MARGIN = 0.9
# Half of what one second allows. Vendors count by the second, so the other half is left for a Redis that forgot.
BURST_SECONDS = 0.5
_KEPT = 5.0  # seconds for which a full bucket is remembered

# The key holds the moment (microseconds of Redis' clock) at which the bucket was or will be empty. Gives the wait.
_BOOK = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local rate, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local empty = tonumber(redis.call('GET', KEYS[1]) or '0')
local left = math.min(burst, (now - empty) * rate / 1000000) - 1
empty = now - left / rate * 1000000
local keep = math.max(0, -left / rate) + burst / rate + tonumber(ARGV[3])
redis.call('SET', KEYS[1], string.format('%.0f', empty), 'PX', math.ceil(keep * 1000))
return math.ceil(math.max(0, -left / rate * 1000000))
"""


class OwnPace:
    """A token bucket of this process alone. Thread-safe; waits, never drops."""

    def __init__(self, per_second: float) -> None:
        self._per_second = per_second * MARGIN
        self._burst = max(1.0, per_second * BURST_SECONDS)
        self._left, self._seen = self._burst, time.monotonic()
        self._lock = Lock()

    def book(self) -> float:
        """Takes the next free moment; the seconds until then."""
        with self._lock:
            now = time.monotonic()
            filled = self._left + (now - self._seen) * self._per_second
            self._left, self._seen = min(self._burst, filled) - 1, now
            return max(0.0, -self._left / self._per_second)


class Paces:
    """The paces of all accounts. Without a Redis each process has its own, which is right for one process."""

    def __init__(self, redis: Redis | None = None, processes: int = 1) -> None:
        self._redis, self._processes = redis, max(1, processes)
        self._book = redis.register_script(_BOOK) if redis is not None else None
        self._own: dict[tuple[str, float], OwnPace] = {}
        self._lock = Lock()

    def of(self, account: str, per_second: float) -> Callable[[], None]:
        """What to call right before each call of that account: it waits until the call may be made."""
        return partial(self._wait, account, per_second)

    def _wait(self, account: str, per_second: float) -> None:
        wait = self._booked(account, per_second)
        if wait > 0:
            time.sleep(wait)

    def _booked(self, account: str, per_second: float) -> float:
        if self._book is None:
            return self._own_pace(account, per_second).book()
        try:
            burst = max(1.0, per_second * BURST_SECONDS)
            values = [per_second * MARGIN, burst, _KEPT]
            return int(self._book(keys=[f"pace:{account}"], args=values)) / 1_000_000
        except RedisError as error:
            log.warning("paced without Redis", extra={"problem": type(error).__name__})
            return self._own_pace(account, per_second / self._processes).book()

    def _own_pace(self, account: str, per_second: float) -> OwnPace:
        with self._lock:
            return self._own.setdefault((account, per_second), OwnPace(per_second))
