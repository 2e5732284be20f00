"""Everything one running simulator shares: book, clock, dials, keys and settings."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass, field
from typing import Any

from agency.simulator.book import Book, Doc
from agency.simulator.clock import HOUR, ShopClock
from agency.simulator.faults import Faults
from agency.simulator.rates import Meter

DEFAULTS: Doc = {
    "webhook_url": "",
    "redirect_url": "",
    "seed": 1,
    "settle_days": 7,
    "calls_per_second": 50,  # TikTok, per shop and path family (rate limit page of 2025-12)
    "keep_refresh_alive": False,
    "hang_seconds": 1.0,
    "idle_seconds": 60.0,  # after which a connection that says nothing is hung up
    "pace": 1.0,  # below 1: suppliers and carriers are that much faster, deadlines stay as they are
}


@dataclass
class World:
    """The played outside. `background` says that a ticker thread works off the agenda and the outbox."""

    book: Book
    clock: ShopClock
    app_key: str
    app_secret: str
    background: bool = False
    settings: Doc = field(default_factory=lambda: dict(DEFAULTS))
    faults: Faults = field(default_factory=lambda: Faults("1"))
    meter: Meter = field(default_factory=Meter)

    def now(self) -> float:
        """Shop time in Unix seconds."""
        return self.clock.now()

    @property
    def hour(self) -> float:
        """An hour of a supplier's or carrier's work, in seconds of shop time."""
        return HOUR * float(self.settings["pace"])

    def dice(self, *parts: Any) -> random.Random:
        """A random source fixed by the seed and `parts`, so that a world can be played again."""
        return random.Random("|".join(str(part) for part in (self.settings["seed"], *parts)))

    def fresh_id(self, name: str, prefix: str, digits: int) -> str:
        """A new text id of digits: the prefix, four digits that depend on the seed, then a running number."""
        mark = int(hashlib.sha256(f"{self.settings['seed']}|{name}".encode()).hexdigest(), 16) % 10_000
        head = f"{prefix}{mark:04d}"
        return head + str(self.book.next_number(name)).zfill(digits - len(head))

    def save_settings(self) -> None:
        """Keep settings and dials across restarts."""
        self.book.put("settings", "main", {**self.settings, "dials": self.faults.dials})

    def load_settings(self) -> None:
        """Take up settings and dials left by an earlier run."""
        stored = self.book.find("settings", "main")
        if stored is None:
            return
        dials = stored.pop("dials", {})
        self.settings.update(stored)
        self.faults = Faults(str(self.settings["seed"]))
        self.faults.dials = dials
