"""Conducts a town through its cells: arms points, does the test's part of each act, keeps orders coming.

One cell at a time is armed for each client and lane, so that lanes are disturbed side by side, as in life, and the
cells of one lane one after the other. A cell counts only with the proof that the act was carried out at its point.
"""

from __future__ import annotations

import glob
import json
import signal
import time
from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.chaos.cells import KILL_ALL, NOBODY, ORPHAN, Cell
from tests.chaos.doors import BAD_LUCK, REFUSED, Door, Planned
from tests.chaos.hook import FOLDERS, KILL_HORSE, STOP
from tests.chaos.people import House
from tests.chaos.prefaces import preface_of
from tests.chaos.processes import send, state_of
from tests.chaos.town import Town
from tests.chaos.traffic import Traffic

STOP_SECONDS = (
    7.0  # above the lane's lease (2 s) and above the age at which a SENDING has lost its process (6.2 s)
)
# Generous: on a machine that is several times slower the first order is shipped after minutes.
REACHED_WITHIN, REACHED_SOON, PROVED_WITHIN = (
    600.0,
    240.0,
    30.0,
)  # seconds; the second is for the choice of CI
PREFACE_AGAIN = 20.0  # what a preface led to may have ended elsewhere; then it is armed once more
STOPS_AT_ONCE = 3  # a stopped process keeps its worker from working
TRIES = 4  # a process may be lost to another cell before its own act is carried out
CLOSED_FOR = 5.0  # seconds for which a door stays closed at most
LOOK_AGAIN = 5.0  # seconds between two looks whether who took a plan died before saying so


@dataclass
class Armed:
    """A cell on its way: armed, then reached, then proved."""

    cell: Cell
    plan: str
    since: float
    told: dict[str, Any] = field(default_factory=dict)
    luck: Planned | None = None
    door: Door | None = None
    until: float = 0.0
    tries: int = 1
    prefaced: float = field(default_factory=time.monotonic)
    looked: float = field(default_factory=time.monotonic)


class Conductor:
    """Runs cells in a town; `failed` says of each cell that did not happen why."""

    def __init__(
        self, town: Town, folder: Path, cells: Iterable[Cell], within: float = REACHED_WITHIN
    ) -> None:
        self.town, self._folder, self._within = town, folder, within
        self._houses = {house.vendor: house for house in town.people.houses}
        self._ciphers: dict[str, str] = town.sim("setup")["shops"]
        self._waiting: dict[tuple[str, str], deque[Cell]] = defaultdict(deque)
        for cell in cells:
            self._waiting[cell.vendor, cell.area].append(cell)
        self._armed: dict[tuple[str, str], Armed] = {}
        self._prefaces: dict[tuple[str, str], list[Armed]] = {}
        self._began = time.monotonic()
        self.proved: list[Cell] = []
        self.failed: list[str] = []
        self.lost_access = 0  # how often a client had to connect again

    def run(self) -> None:
        """Until every cell has happened or has failed to."""
        with Traffic(self.town) as traffic:
            while self._armed or any(self._waiting.values()):
                self._arm()
                traffic.wanted = [armed.cell for armed in self._armed.values() if not armed.told]
                for slot, armed in list(self._armed.items()):
                    self._prefaces[slot] = [one for one in self._prefaces[slot] if self._step(one) is None]
                    self._repeat_prefaces(slot, armed)
                    problem = self._step(armed)
                    if problem is not None:
                        self._disarm(slot)
                        self._note(armed.cell, problem)
                time.sleep(0.01)
        self.failed += traffic.untold
        self.lost_access = len(traffic.asked)

    def _note(self, cell: Cell, problem: str) -> None:
        told = f"{cell.vendor} | {cell.point} | {cell.act}: {problem or 'happened'}"
        with (self._folder / "diary").open("a") as diary:
            diary.write(f"{time.monotonic() - self._began:.1f} {told}\n")
        if problem:
            self.failed.append(told)
        else:
            self.proved.append(cell)

    def client_of(self, cell: Cell) -> int:
        """Whose work the cell is about; 0 = nobody's."""
        return 0 if cell.vendor == NOBODY else self.town.people.clients[self._house(cell).number]

    def _house(self, cell: Cell) -> House:
        return self._houses[cell.vendor]

    # --- arming ----------------------------------------------------------------------------------------------------

    def _arm(self) -> None:
        stops = sum(1 for armed in self._armed.values() if armed.cell.act == STOP)
        auth_is_busy = any(area == "auth" for _vendor, area in self._armed)
        for slot, cells in self._waiting.items():
            # Calls to the token desk do not say whose they are, so they are disturbed one client after the other.
            if slot in self._armed or not cells or (slot[1] == "auth" and auth_is_busy):
                continue
            if cells[0].act == STOP and stops >= STOPS_AT_ONCE:
                cells.rotate(-1)
                continue
            cell = cells.popleft()
            stops, auth_is_busy = stops + (cell.act == STOP), auth_is_busy or slot[1] == "auth"
            self._prefaces[slot] = self._prefaced(cell)
            self._armed[slot] = self._armed_for(cell)

    def _prefaced(self, cell: Cell) -> list[Armed]:
        return [self._armed_for(Cell(point, act, cell.vendor)) for point, act in preface_of(cell)]

    def _repeat_prefaces(self, slot: tuple[str, str], armed: Armed) -> None:
        if self._prefaces[slot] or armed.told or time.monotonic() - armed.prefaced < PREFACE_AGAIN:
            return
        armed.prefaced = time.monotonic()
        self._prefaces[slot] = self._prefaced(armed.cell)

    def _armed_for(self, cell: Cell) -> Armed:
        plan = f"{self.client_of(cell)}@{cell.point}"
        self._plan(plan, cell.act)
        return Armed(cell, plan, time.monotonic())

    def _disarm(self, slot: tuple[str, str]) -> None:
        del self._armed[slot]
        for before in self._prefaces.pop(slot):
            (self._folder / "plans" / before.plan).unlink(missing_ok=True)
            if before.cell.act == REFUSED and before.door is not None:
                before.door.open_again()
            self._answer(before.plan)

    def _claims_of_the_dead(self, plan: str) -> list[Path]:
        """Left by processes that another cell killed after they took the plan, before or after they said so."""
        claims = (self._folder / "taken").glob(f"{glob.escape(plan)}~*")
        return [claim for claim in claims if state_of(int(claim.name.rpartition("~")[2])) in ("", "Z")]

    def _plan(self, plan: str, act: str) -> None:
        for claim in self._claims_of_the_dead(plan):
            claim.unlink()
        for name in FOLDERS:
            if name not in ("plans", "seen"):
                (self._folder / name / plan).unlink(missing_ok=True)
        fresh = self._folder / f"{plan}.new"
        fresh.write_text(act)
        fresh.rename(self._folder / "plans" / plan)

    # --- what happens ----------------------------------------------------------------------------------------------

    def _step(self, armed: Armed) -> str | None:
        """None while it goes on, "" when proved, else why it did not happen."""
        if not armed.told:
            if self._is_taken(armed):
                self._begin(armed)
            elif time.monotonic() - armed.since > self._within:
                (self._folder / "plans" / armed.plan).unlink(missing_ok=True)
                return "the point was not reached"
            return None
        if self._is_proved(armed):
            return ""
        if time.monotonic() - armed.since <= PROVED_WITHIN:
            return None
        if armed.tries == TRIES:
            return "the act was not carried out"
        self._try_again(armed)
        return None

    def _is_taken(self, armed: Armed) -> bool:
        path = self._folder / "taken" / armed.plan
        if path.exists():
            armed.told = json.loads(path.read_text())
            armed.since = time.monotonic()
        elif time.monotonic() - armed.looked > LOOK_AGAIN:
            armed.looked = time.monotonic()
            if self._claims_of_the_dead(armed.plan):
                self._plan(armed.plan, armed.cell.act)
        return bool(armed.told)

    def _begin(self, armed: Armed) -> None:
        act = armed.cell.act
        if act in (KILL_ALL, ORPHAN):
            if not self._kill_around(armed.told["pid"], armed.told["parent"]):
                self._try_again(armed)
                return
            if act == KILL_ALL:
                send(armed.told["pid"], signal.SIGKILL)
        elif act == STOP:
            armed.until = time.monotonic() + STOP_SECONDS
        elif act in BAD_LUCK:
            self._prepare_luck(armed)
        self._answer(armed.plan)

    def _try_again(self, armed: Armed) -> None:
        """Another cell was faster and took the process, or its worker: the next that comes by is taken."""
        self._answer(armed.plan)
        armed.told, armed.luck, armed.since, armed.tries = {}, None, time.monotonic(), armed.tries + 1
        self._plan(armed.plan, armed.cell.act)

    def _kill_around(self, pid: int, parent: int) -> bool:
        """The dispatcher, and the worker whose horse it is (all workers for a point of the dispatcher itself).

        False when the process has no worker any more.
        """
        hands = self.town.hands
        workers = [name for name in hands.names("worker") if hands.pid(name) == parent]
        if hands.is_running("dispatcher") and hands.pid("dispatcher") == pid:
            workers = hands.names("worker")
        hands.kill(*(["dispatcher", *workers] if workers else []))
        return bool(workers)

    def _prepare_luck(self, armed: Armed) -> None:
        doors, house, cell = self.town.doors, self._house(armed.cell), armed.cell
        assert doors is not None
        at_tiktok = ".tiktok " in cell.point
        armed.door = doors.tiktok if at_tiktok else doors.suppliers[house.number]
        if armed.cell.act == REFUSED:
            armed.door.close()
            armed.until = time.monotonic() + CLOSED_FOR
        else:
            mark = self._ciphers[house.shop_id()] if at_tiktok and cell.area != "auth" else ""
            verb, _blank, address = armed.told["call"].partition(" ")
            armed.luck = armed.door.plan(cell.act, f"{verb} {urlsplit(address).path}", mark)

    def _answer(self, plan: str) -> None:
        (self._folder / "done" / plan).touch()

    # --- proof -----------------------------------------------------------------------------------------------------

    def _is_proved(self, armed: Armed) -> bool:
        act, pid = armed.cell.act, armed.told["pid"]
        if act in (KILL_HORSE, KILL_ALL):
            return state_of(pid) in ("", "Z")
        if act == ORPHAN:
            return state_of(armed.told["parent"]) in ("", "Z")
        if act == STOP:
            return self._is_continued(armed, pid)
        if act == REFUSED:
            return self._was_refused(armed)
        assert armed.luck is not None
        return armed.luck.done.is_set()

    def _is_continued(self, armed: Armed, pid: int) -> bool:
        if state_of(pid) in ("", "Z"):
            self._try_again(armed)
        if time.monotonic() < armed.until or not armed.told:
            return False
        stood_still = state_of(pid) == "T"
        send(pid, signal.SIGCONT)
        return stood_still

    def _was_refused(self, armed: Armed) -> bool:
        """The place that the process reached next tells: it is not the one behind an answer."""
        came = self._folder / "next" / armed.plan
        if not came.exists() and time.monotonic() < armed.until:
            return False
        assert armed.door is not None
        if armed.luck is None:
            armed.door.open_again()
            armed.luck = Planned(REFUSED, "")
        if not came.exists():
            return False
        reached = came.read_text()
        call = armed.cell.point.rpartition(".")[0]
        return reached not in (f"{call}.after_ask", f"{call}.after_connect")
