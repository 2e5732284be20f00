"""What a process under test does at a fault point: notes that it was there, and carries out what is planned for it.

A plan is a file that is named after the point and the client; whoever renames it first has it, so that each plan is
carried out once. What a process cannot do to itself, it asks the test for and waits.

    plans/<client>@<point>   armed: the file holds the act        taken/<the same>   a process is there, doing it
    done/<the same>          the test has done its part           seen/<the same>    the point was passed
"""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from pathlib import Path

from agency import fault_points
from tests.chaos.naming import Namer, Place

ANSWERED_WITHIN = 30.0  # seconds that a process waits for the test's part
KILL_HORSE, STOP = "kill the work horse", "stop for longer than every lease"
BY_ITSELF = {KILL_HORSE: signal.SIGKILL, STOP: signal.SIGSTOP}
FOLDERS = ("plans", "taken", "done", "seen", "next")


class Hook:
    """Installed in a process by the tests' own entry script."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._namer = folder, Namer()
        self._seen: set[str] = set()
        self._follow: dict[
            int, str
        ] = {}  # thread -> the plan whose act it did: its next place shows what came of it

    def install(self) -> None:
        """From now on for this process and what it forks."""
        fault_points.install(self.reached)

    def reached(self, moment: str, what: str, call: str) -> None:
        """Called by the product at every place."""
        place = self._namer.place(moment, what)
        plan = f"{place.client_id}@{place.name}"
        if plan not in self._seen:
            self._seen.add(plan)
            (self._folder / "seen" / plan).touch()
        if self._follow and (done := self._follow.pop(threading.get_ident(), "")):
            (self._folder / "next" / done).write_text(place.name)
        try:
            os.rename(self._folder / "plans" / plan, self._folder / "taken" / f"{plan}~{os.getpid()}")
        except FileNotFoundError:
            return
        self._carry_out(plan, place, call)

    def _carry_out(self, plan: str, place: Place, call: str) -> None:
        taken = self._folder / "taken" / f"{plan}~{os.getpid()}"
        act = taken.read_text()
        told = {"plan": plan, "act": act, "pid": os.getpid(), "parent": os.getppid(), "lane": place.lane_id}
        written = self._folder / f"{os.getpid()}.{time.monotonic_ns()}.new"
        written.write_text(json.dumps({**told, "point": place.name, "call": call}))
        written.rename(self._folder / "taken" / plan)
        taken.unlink()
        self._follow[threading.get_ident()] = plan
        if act in BY_ITSELF:
            os.kill(os.getpid(), BY_ITSELF[act])
            return
        ends = time.monotonic() + ANSWERED_WITHIN
        while not (self._folder / "done" / plan).exists():
            if time.monotonic() > ends:
                return
            time.sleep(0.002)
