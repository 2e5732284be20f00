"""Counts the calls of each caller at each vendor: whether they kept below the limit, and by how much they did not.

A token bucket per caller decides who is refused. Beside it every call counts, the refused ones too, against a bucket
that may fall below nothing: its lowest level is the worst excess over limit and burst in any stretch of time.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from threading import Lock

from agency.simulator.book import Doc

BURST_SECONDS = (
    1.0  # a full bucket holds what one second allows (our assumption; no vendor publishes its burst)
)


@dataclass
class Gauge:
    """One caller at one vendor. `rate` is in calls per second, `burst` in calls."""

    rate: float
    burst: float
    seen: float
    left: float = field(init=False)  # what the deciding bucket holds
    debt: float = field(init=False)  # what the counting bucket holds; below nothing is excess
    lowest: float = 0.0
    calls: int = 0
    refused: int = 0
    second: int = -1
    in_second: int = 0
    most: int = 0  # calls in the fullest second of the clock

    def __post_init__(self) -> None:
        self.left = self.debt = self.burst

    def let_through(self, now: float) -> bool:
        """Counts a call and says whether the bucket held enough for it."""
        filled = (now - self.seen) * self.rate
        self.left, self.debt = min(self.burst, self.left + filled), min(self.burst, self.debt + filled) - 1
        self.seen, self.lowest = now, min(self.lowest, self.debt)
        self.in_second = self.in_second + 1 if int(now) == self.second else 1
        self.second, self.most = int(now), max(self.most, self.in_second)
        self.calls += 1
        if self.left < 1:
            self.refused += 1
            return False
        self.left -= 1
        return True

    def told(self) -> Doc:
        """What the books say of it."""
        return {
            "rate": self.rate,
            "burst": self.burst,
            "calls": self.calls,
            "most_in_a_second": self.most,
            "refused": self.refused,
            "worst_excess": round(max(0.0, -self.lowest), 3),
        }


class Meter:
    """All gauges, by "vendor|account|call"; a new rate begins a gauge anew."""

    def __init__(self) -> None:
        self._gauges: dict[str, Gauge] = {}
        self._lock = Lock()

    def let_through(self, name: str, rate: float) -> bool:
        """Counts a call; False when it comes too soon."""
        now = time.monotonic()
        with self._lock:
            gauge = self._gauges.get(name)
            if gauge is None or gauge.rate != rate:
                gauge = self._gauges[name] = Gauge(rate, max(1.0, rate * BURST_SECONDS), now)
            return gauge.let_through(now)

    def told(self) -> Doc:
        """Every gauge."""
        with self._lock:
            return {name: gauge.told() for name, gauge in sorted(self._gauges.items())}

    def worst(self) -> Doc:
        """Per vendor: all calls, the refused ones, and the worst that any gauge of it saw."""
        found: Doc = {}
        for name, told in self.told().items():
            vendor = found.setdefault(name.split("|", 1)[0], dict.fromkeys(_SUMS + _PEAKS, 0))
            vendor |= {key: vendor[key] + told[key] for key in _SUMS}
            vendor |= {key: max(vendor[key], told[key]) for key in _PEAKS}
        return found


_SUMS, _PEAKS = ("calls", "refused"), ("most_in_a_second", "worst_excess")
