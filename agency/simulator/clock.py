"""The shop's clock: business time that can run faster than the machine's."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

DAY = 86_400
HOUR = 3_600


@dataclass
class ShopClock:
    """Shop time = `origin` + (real time - `epoch`) * `rate`; Unix seconds, and shop seconds per second."""

    origin: float = 0.0
    epoch: float = 0.0
    rate: float = 1.0

    def now(self) -> float:
        """Shop time in Unix seconds."""
        return self.origin + (time.time() - self.epoch) * self.rate

    def real_seconds(self, shop_seconds: float) -> float:
        """How long the machine waits while the shop lives through `shop_seconds`."""
        return shop_seconds / self.rate

    def advance(self, seconds: float) -> None:
        """Jump forward by shop seconds."""
        self.origin += seconds


def read_clock(values: Mapping[str, str]) -> ShopClock:
    """Make a clock from CLOCK_ORIGIN and CLOCK_EPOCH (ISO times) and CLOCK_RATE; unset means the wall clock.

    Raises ValueError naming the setting that cannot be read.
    """
    rate = values.get("CLOCK_RATE") or "1"
    try:
        speed = float(rate)
    except ValueError:
        raise ValueError(f"CLOCK_RATE is {rate!r}; give a positive number such as 3600") from None
    if speed <= 0:
        raise ValueError(f"CLOCK_RATE is {rate!r}; give a positive number such as 3600")
    epoch = _moment(values, "CLOCK_EPOCH")
    origin = _moment(values, "CLOCK_ORIGIN")
    if origin is None and epoch is None and speed == 1:
        return ShopClock()
    start = time.time() if epoch is None else epoch
    return ShopClock(origin=start if origin is None else origin, epoch=start, rate=speed)


def _moment(values: Mapping[str, str], name: str) -> float | None:
    text = values.get(name)
    if not text:
        return None
    return read_moment(text, name)


def read_moment(text: str, name: str) -> float:
    """Read an ISO time with zone as Unix seconds; raises ValueError naming `name`."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{name} is {text!r}; give an ISO time such as 2026-11-02T08:00:00+00:00") from None
    if moment.tzinfo is None:
        raise ValueError(f"{name} is {text!r}, which has no zone; end it with +00:00")
    return moment.timestamp()


def iso(seconds: float) -> str:
    """Unix seconds as ISO text in UTC."""
    return datetime.fromtimestamp(int(seconds), UTC).isoformat()
