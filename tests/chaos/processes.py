"""Our processes under a test's hand: killed, stopped and held down by name, started again when they fall.

hands = Hands(log_dir); hands.add(Child(...)); hands.start()
hands.kill("worker-1")          SIGKILL; a keeper thread starts it again, as systemd or a container does
hands.hold("worker-1")          SIGKILL, and it stays down until `let_up`
hands.stop("worker-1")          SIGSTOP, with the job processes that it forked; `go_on` is SIGCONT
hands.horses("worker-1")        the job processes of a worker
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from agency.children import Program, rotate_log, spawn
from agency.supervisor import Child
from tests.chaos.waiting import until

KEEP_EVERY = 0.02  # seconds between two looks of the keeper


@dataclass
class Hand:
    """One process of ours: what it runs, the process while there is one, and how often it was started."""

    child: Child
    program: Program
    process: subprocess.Popen[bytes] | None = None
    wanted: bool = False
    starts: int = 0

    def is_running(self) -> bool:
        """Whether there is a process just now (a stopped one counts)."""
        return self.process is not None and self.process.poll() is None


@dataclass
class Hands:
    """All processes of one town by name."""

    log_dir: Path
    _hands: dict[str, Hand] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _over: threading.Event = field(default_factory=threading.Event)
    _keeper: threading.Thread | None = None

    def add(self, child: Child) -> None:
        """Takes a process up; it starts with `start` or `let_up`."""
        log = self.log_dir / f"{child.name}.log"
        rotate_log(log)
        program = Program(child.argv, log, env=child.env, death_signal=signal.SIGKILL)
        self._hands[child.name] = Hand(child, program)

    def start(self, *names: str) -> None:
        """Starts what was added (or those named) and keeps it running from now on."""
        for name in names or tuple(self._hands):
            self._hands[name].wanted = True
        if self._keeper is None:
            self._keeper = threading.Thread(target=self._keep, daemon=True)
            self._keeper.start()
        until(lambda: all(self.is_running(name) for name in names or self._hands), "the processes start")

    def names(self, prefix: str = "") -> list[str]:
        """The names that begin so."""
        return [name for name in self._hands if name.startswith(prefix)]

    def pid(self, name: str) -> int:
        """The process id of a running process."""
        process = self._hands[name].process
        assert process is not None, f"{name} does not run"
        return process.pid

    def is_running(self, name: str) -> bool:
        """Whether it runs just now."""
        return self._hands[name].is_running()

    def starts(self, name: str) -> int:
        """How often it was started."""
        return self._hands[name].starts

    # --- the hand --------------------------------------------------------------------------------------------------

    def kill(self, *names: str, horses: bool = False) -> None:
        """SIGKILL; `horses` takes a worker's job processes along. What was not held is started again at once."""
        self._signal(signal.SIGKILL, names, horses)

    def hold(self, *names: str, horses: bool = True) -> None:
        """SIGKILL, and it stays down until `let_up`."""
        for name in names:
            self._hands[name].wanted = False
        self._signal(signal.SIGKILL, names, horses)
        until(lambda: not any(self.is_running(name) for name in names), f"{names} end")

    def let_up(self, *names: str) -> None:
        """Starts what was held down."""
        self.start(*names)

    def stop(self, *names: str, horses: bool = True) -> None:
        """SIGSTOP."""
        self._signal(signal.SIGSTOP, names, horses)

    def go_on(self, *names: str, horses: bool = True) -> None:
        """SIGCONT."""
        self._signal(signal.SIGCONT, names, horses)

    def ask_to_end(self, *names: str) -> None:
        """SIGTERM, as a deployment does; it is started again."""
        self._signal(signal.SIGTERM, names, horses=False)

    def horses(self, name: str) -> list[int]:
        """The job processes that a worker has forked."""
        return children_of(self.pid(name)) if self.is_running(name) else []

    def kill_horses(self, name: str) -> int:
        """SIGKILL to the job processes of a worker, which itself lives on; returns how many there were."""
        return sum(send(pid, signal.SIGKILL) for pid in self.horses(name))

    def _signal(self, number: signal.Signals, names: Sequence[str], horses: bool) -> None:
        with self._lock:
            for name in names:
                process = self._hands[name].process
                if process is None or process.poll() is not None:
                    continue
                for pid in [*(children_of(process.pid) if horses else []), process.pid]:
                    send(pid, number)

    # --- keeping ---------------------------------------------------------------------------------------------------

    def _keep(self) -> None:
        """Lives as long as the town: a child dies with the thread that started it."""
        while not self._over.wait(KEEP_EVERY):
            with self._lock:
                for hand in self._hands.values():
                    if hand.wanted and not hand.is_running() and not self._over.is_set():
                        hand.process, hand.starts = spawn(hand.program), hand.starts + 1

    def close(self) -> None:
        """Ends everything by force, stopped processes included."""
        self._over.set()
        if self._keeper is not None:
            self._keeper.join()
        for name, hand in self._hands.items():
            self._signal(signal.SIGKILL, [name], horses=True)
            if hand.process is not None:
                hand.process.wait()


def send(pid: int, number: signal.Signals) -> bool:
    """One signal to one process; False when it is gone already."""
    with suppress(ProcessLookupError):
        os.kill(pid, number)
        return True
    return False


def state_of(pid: int) -> str:
    """The kernel's letter for what a process does: T is stopped, Z dead and not yet buried; empty when it is gone."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    return ""


def children_of(pid: int) -> list[int]:
    """The processes whose parent this is."""
    found: list[int] = []
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += [int(word) for word in (task / "children").read_text().split()]
    return found


def living_with(variable: str, value: str) -> list[int]:
    """Processes that were born with this in their environment: a town's own, whoever their parent is by now."""
    wanted, found = f"{variable}={value}".encode(), []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with suppress(OSError):
                if wanted in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
    return found
