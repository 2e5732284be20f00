"""Keeps our own processes running side by side: starts them, starts the fallen again, and leaves nothing behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from agency.children import Program, adopt_orphans, last_words, list_children, rotate_log, spawn
from agency.embedded import EmbeddedServer
from agency.startup import StartupProblem
from agency.supervisor_summary import Screen

FIRST_WAIT = 0.5
LONGEST_WAIT = 15.0
# A child that ran this long was well; its next fall starts again with the shortest wait.
WELL_AFTER = 30.0
TICK = 0.1
STOP_SECONDS = 6.0


@dataclass(frozen=True)
class Child:
    """One process to run; `restart` says whether it is started again when it ends, otherwise its end ends the run."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] | None = field(default=None, repr=False)
    restart: bool = True


@dataclass
class _Post:
    """Where a child stands: its process, when it may start (again), and how often it fell."""

    child: Child
    program: Program
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    start_at: float = 0.0
    wait: float = FIRST_WAIT
    falls: int = 0

    def start(self, now: float) -> None:
        self.process, self.started_at = spawn(self.program), now

    def note_fall(self, now: float) -> None:
        if now - self.started_at >= WELL_AFTER:
            self.wait = FIRST_WAIT
        self.process, self.start_at = None, now + self.wait
        self.wait = min(self.wait * 2, LONGEST_WAIT)
        self.falls += 1


@dataclass
class Supervisor:
    """Runs children until a signal or the end of one that is not started again; use it from the main thread.

    `servers` are bundled servers that the caller started: a fallen one is started again, and the caller stops them.
    """

    log_dir: Path
    servers: Sequence[EmbeddedServer] = ()
    screen: Screen = field(default_factory=Screen)
    stop_seconds: float = STOP_SECONDS
    _posts: list[_Post] = field(default_factory=list, init=False)
    _others: set[int] = field(default_factory=set, init=False)
    _stopping: bool = field(default=False, init=False)

    def run(self, children: Sequence[Child], summary: Callable[[], str], interval: float = 1.0) -> int:
        """Run the children and show `summary()` every `interval` seconds; return 0 after a signal.

        Returns 1 when a child that is not started again has ended. Everything is stopped on the way out.
        """
        before = {
            number: signal.signal(number, self._on_signal) for number in (signal.SIGINT, signal.SIGTERM)
        }
        self._others = list_children()
        adopt_orphans(True)
        try:
            self._posts = [self._post(child) for child in children]
            return self._watch(summary, interval)
        finally:
            self._stop_all()
            adopt_orphans(False)
            self.screen.close()
            for number, handler in before.items():
                signal.signal(number, handler)

    def request_stop(self) -> None:
        """Ask the run to end as a signal would; it is safe from any thread."""
        self._stopping = True

    def list_falls(self) -> dict[str, int]:
        """Return how often each child ended by itself since the start."""
        return {post.child.name: post.falls for post in self._posts}

    def list_pids(self) -> dict[str, int]:
        """Return the process of each child that runs at the moment."""
        return {post.child.name: post.process.pid for post in self._posts if post.process is not None}

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True

    def _post(self, child: Child) -> _Post:
        log = self.log_dir / f"{child.name}.log"
        rotate_log(log)
        return _Post(child, Program(child.argv, log, env=child.env))

    def _watch(self, summary: Callable[[], str], interval: float) -> int:
        show_at = 0.0
        while not self._stopping:
            now = time.monotonic()
            self._keep_servers()
            if ended := self._keep_children(now):
                self.screen.say(f"{ended.child.name} has ended: {_reason(ended.program.log)}")
                return 1
            if now >= show_at:
                self.screen.show(_guarded(summary))
                show_at = now + interval
            time.sleep(TICK)
        return 0

    def _keep_children(self, now: float) -> _Post | None:
        """Start what is due and note what fell; return the post of a child whose end ends the run."""
        for post in self._posts:
            if post.process is None:
                if now >= post.start_at:
                    post.start(now)
            elif post.process.poll() is not None:
                if not post.child.restart:
                    return post
                post.note_fall(now)
                self._bury_orphans(os.WNOHANG)
        return None

    def _keep_servers(self) -> None:
        for server in self.servers:
            if not server.is_running():
                self.screen.say(f"{server.name} has ended and is started again")
                try:
                    server.start_again()
                except StartupProblem as problem:
                    # The disk may have room again in a moment; the children wait and retry meanwhile.
                    self.screen.say(str(problem))
                    time.sleep(FIRST_WAIT)

    def _stop_all(self) -> None:
        running = [post.process for post in self._posts if post.process and post.process.poll() is None]
        for process in running:
            process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + self.stop_seconds
        for process in running:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for orphan in self._list_orphans():
            with contextlib.suppress(ProcessLookupError):
                os.kill(orphan, signal.SIGKILL)
        self._bury_orphans(0)

    def _list_orphans(self) -> set[int]:
        # A job's process whose worker was killed has become our child; so has whatever a child left behind.
        known = {post.process.pid for post in self._posts if post.process}
        return list_children() - known - self._others - {server.pid for server in self.servers}

    def _bury_orphans(self, options: int) -> None:
        for orphan in self._list_orphans():
            with contextlib.suppress(ChildProcessError):
                os.waitpid(orphan, options)


def _reason(log: Path) -> str:
    lines = last_words(log).strip().splitlines()
    return f"{lines[-1]} (see {log})" if lines else f"see {log}"


def _guarded(summary: Callable[[], str]) -> str:
    # The picture must not take down what it shows: the database may be away for a moment.
    try:
        return summary()
    except Exception as error:
        return f"no figures just now: {type(error).__name__}: {error}".splitlines()[0]


def our_command(*words: str) -> tuple[str, ...]:
    """Return the command line of one of our own subcommands, run by the same Python as this process."""
    return (sys.executable, "-m", "agency.cli", *words)
