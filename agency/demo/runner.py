"""`shopfleet demo`: the main job, headless, until every order is settled, cancelled or in front of a person."""

from __future__ import annotations

import dataclasses
import json
import os
import socket
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from agency.config import load_settings
from agency.demo.cast import Cast, assemble
from agency.demo.director import Director
from agency.demo.practice import Practice
from agency.demo.stage import Stage
from agency.demo.verdict import broken_promises, judge, read_ours, unfinished
from agency.extensions import Database
from agency.services.sealing import Keyring
from agency.startup import require_free_port
from agency.supervisor import Supervisor

# More than two shop hours a second, and suppliers and carriers much quicker than in life: an order's two weeks pass in
# half a minute, while TikTok's own deadlines keep their length.
RATE, PACE = 9_600.0, 0.15
OVER_HOURS = 8.0
SETTLE_DAYS = 0.1
LOOK_EVERY = 2.0  # seconds between two readings of the books


class _Run:
    """One headless run; `step` is the supervisor's summary and decides when it is over."""

    def __init__(self, cast: Cast, orders: int, faults: str, seed: int, limit: float) -> None:
        self.started = time.monotonic()
        self._orders, self._limit = orders, limit
        keyring = Keyring(cast.master_key)
        self.database = Database(cast.database_url, cast.master_key)
        self.stage = Stage(cast.simulator_url)
        practice = Practice(self.database, keyring, cast.clock, self.stage, cast.simulator_url, cast.web_url)
        settings = {"seed": seed, "faults": faults, "settle_days": SETTLE_DAYS, "pace": PACE}
        self.director = Director(practice, settings)
        self.supervisor: Supervisor | None = None
        self._ordered = False
        self._looked_at, self._words = 0.0, ""
        self.left: list[str] = []
        self.figures: dict[str, Any] = {}

    def step(self) -> str:
        """Moves the run along and says where it is."""
        if self.director.advance() and not self._ordered:
            self.stage.order(self._orders, OVER_HOURS)
            self._ordered = True
        words = self.director.scene
        if self._ordered:
            if time.monotonic() - self._looked_at > LOOK_EVERY:
                self._words, self._looked_at = self._look(), time.monotonic()
            words = self._words
        if time.monotonic() - self.started > self._limit:
            self._finish()
        return words

    def _look(self) -> str:
        books = self.stage.books()
        ours = read_ours(self.database, self.director.agency_id or 0)
        self.left = unfinished(books, ours)
        self.figures = judge(books, ours, time.monotonic() - self.started)
        if len(books["orders"]) >= self._orders and not self.left and not ours.doubts:
            self._finish()
        figures = self.figures
        return (
            f"{figures['seconds']:.0f} s: {figures['orders_seen']} of {figures['orders_issued']} orders seen, "
            f"{figures['lines_bought']} lines bought, {figures['shipped']} shipped, {figures['delivered']} delivered, "
            f"{figures['settled']} settled, {figures['cancelled']} cancelled, {figures['needs_person']} need a person, "
            f"{len(self.left)} on their way"
        )

    def _finish(self) -> None:
        if self.supervisor is not None:
            self.supervisor.request_stop()


def run_demo(orders: int, faults: str, seed: int, limit: float) -> int:
    """Exit code 0 only when every promise was kept; the last line of output is one JSON object."""
    with tempfile.TemporaryDirectory(prefix="shopfleet-demo-", ignore_cleanup_errors=True) as folder:
        settings = load_settings()
        if "SHOPFLEET_DATA" not in os.environ:
            settings = dataclasses.replace(settings, data_dir=Path(folder))
        if "PORT" not in os.environ:
            settings = dataclasses.replace(settings, port=_free_port())
        require_free_port(settings.port)
        cast = assemble(settings, RATE)
        run = _Run(cast, orders, faults, seed, limit)
        run.supervisor = Supervisor(settings.data_dir / "logs", cast.servers)
        run.supervisor.run(cast.children(settings.workers), run.step, 0.5)
        run.database.dispose()
    if not run.figures:
        sys.stderr.write("shopfleet: the run ended before any order came; see the logs.\n")
        return 1
    broken = broken_promises(run.figures, len(run.left))
    for sentence in broken:
        sys.stderr.write(f"shopfleet: promise broken: {sentence}\n")
    sys.stdout.write(json.dumps(run.figures) + "\n")
    return 1 if broken else 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
