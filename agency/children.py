"""Child processes that cannot outlive us: started by the launcher, logged to a file, ended with a limit."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

LAUNCHER = Path(__file__).with_name("child_launcher.py")
SAME_IDENTITY = "same"
PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True)
class Program:
    """A program to run as our child; it gets `death_signal` when the thread that started it ends."""

    argv: tuple[str, ...]
    log: Path
    env: Mapping[str, str] | None = field(default=None, repr=False)
    cwd: Path | None = None
    death_signal: signal.Signals = signal.SIGTERM
    identity: str = SAME_IDENTITY


def launcher_argv(argv: Sequence[str], death_signal: signal.Signals, identity: str) -> list[str]:
    """Return the command line that becomes `argv` as a child tied to this process."""
    tied = [str(os.getpid()), str(int(death_signal)), identity]
    return [sys.executable, "-I", "-S", str(LAUNCHER), *tied, *argv]


def spawn(program: Program) -> subprocess.Popen[bytes]:
    """Start the program in its own session, so that a Ctrl-C reaches only us; what it prints goes to its log.

    Call it from a thread that lives as long as the child should: the kernel's death signal follows threads.
    """
    with program.log.open("ab") as log:
        return subprocess.Popen(
            launcher_argv(program.argv, program.death_signal, program.identity),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=None if program.env is None else dict(program.env),
            cwd=program.cwd,
            start_new_session=True,
        )


def end(process: subprocess.Popen[bytes], signals: Sequence[signal.Signals], timeout: float) -> int:
    """Send each signal in turn, then SIGKILL; return the exit status.

    The first signal gets `timeout` seconds to work, every other one second.
    """
    patience = timeout
    for number in signals:
        if process.poll() is not None:
            break
        process.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)
        patience = 1.0
    if process.poll() is None:
        process.kill()
    return process.wait()


def adopt_orphans(adopt: bool) -> None:
    """Say whether we become the parent of what dying children leave behind (prctl(2), PR_SET_CHILD_SUBREAPER)."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, int(adopt), 0, 0, 0)


def list_children() -> set[int]:
    """Return the processes whose parent we are, the dead that nobody waited for included."""
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                # The name in brackets may hold spaces and brackets itself; the parent is the second word behind it.
                behind = (
                    (entry / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
                )
                if int(behind[1]) == os.getpid():
                    found.add(int(entry.name))
    return found


def rotate_log(log: Path) -> None:
    """Begin a new log and keep one old one, named with `.old` behind it; make the folder when missing."""
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if log.exists():
        log.replace(log.with_name(f"{log.name}.old"))


def last_words(log: Path, limit: int = 4000) -> str:
    """Return the end of a log, at most `limit` bytes of it, or nothing when there is no log."""
    if not log.exists():
        return ""
    with log.open("rb") as stream:
        stream.seek(max(0, log.stat().st_size - limit))
        return stream.read().decode("utf-8", "replace")
