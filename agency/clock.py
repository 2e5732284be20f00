"""The two clocks: machine time (leases, signatures, back-off) and shop time (orders, deadlines, scans).

In production they are the same. A practice run may let shop time run fast; then both sides of the wire are told the
same origin, epoch and rate, and only this module knows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


def machine_now() -> datetime:
    """The wall clock as aware UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Clock:
    """Shop time as a linear function of machine time: origin + (machine - epoch) * rate."""

    origin: datetime | None = None
    epoch: datetime | None = None
    rate: float = 1.0

    def now(self) -> datetime:
        """Shop time now."""
        return self.at(machine_now())

    def at(self, machine: datetime) -> datetime:
        """Shop time at a machine moment."""
        if self.origin is None or self.epoch is None:
            return machine
        return self.origin + (machine - self.epoch) * self.rate

    def machine_at(self, shop: datetime) -> datetime:
        """The machine moment at which shop time will be `shop`."""
        if self.origin is None or self.epoch is None:
            return shop
        return self.epoch + (shop - self.origin) / self.rate

    def machine_span(self, shop_span: timedelta, floor: timedelta = timedelta(seconds=1)) -> timedelta:
        """How long a span of shop time takes on the wall clock, never below `floor`."""
        if self.origin is None or self.epoch is None:
            return max(shop_span, floor)
        return max(shop_span / self.rate, floor)
