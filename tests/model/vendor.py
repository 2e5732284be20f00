"""A vendor for the model: its books are the judge, its memory is one of four kinds, and requests may arrive late."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

from agency.domain.effects import VendorMemory

MEMORIES = {
    "reference": VendorMemory(dedupes_by_key=False, finds_by_reference=True),
    "key": VendorMemory(dedupes_by_key=True, finds_by_reference=False),
    "both": VendorMemory(dedupes_by_key=True, finds_by_reference=True),
    "neither": VendorMemory(dedupes_by_key=False, finds_by_reference=False),
}


@dataclass
class Vendor:
    """What really happened. `clock` is the model's time; all that was done is in `done`, by our key."""

    memory: VendorMemory
    clock: timedelta = timedelta(0)
    done: Counter[str] = field(default_factory=Counter)
    first_at: dict[str, timedelta] = field(default_factory=dict)
    on_the_way: list[tuple[str, timedelta]] = field(default_factory=list)

    def knows(self, key: str) -> bool:
        """Whether it remembers the key, so that it gives the first answer once more."""
        known = key in self.first_at and self.clock - self.first_at[key] < self.memory.key_retention
        return self.memory.dedupes_by_key and known

    def act(self, key: str) -> None:
        """Does what is asked, unless it knows the key again."""
        if self.knows(key):
            return
        self.done[key] += 1
        self.first_at[key] = self.clock

    def finds(self, key: str) -> bool:
        """What its look-up says at this moment."""
        return self.done[key] > 0

    def send_slowly(self, key: str) -> None:
        """A request that is still on its way."""
        self.on_the_way.append((key, self.clock))

    def pass_time(self, span: timedelta) -> None:
        """Time passes; what is on its way arrives before the quarantine ends, since that is what it is made of."""
        self.clock += span
        for key, sent_at in list(self.on_the_way):
            if self.clock - sent_at >= self.memory.quarantine:
                self.on_the_way.remove((key, sent_at))
                self.act(key)

    def arrive(self) -> None:
        """The oldest request on its way arrives now."""
        key, _sent_at = self.on_the_way.pop(0)
        self.act(key)
