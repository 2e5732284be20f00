"""Processor time of processes, read from /proc: it moves far less than requests per second on a busy machine."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

NANOSECONDS = 1_000_000_000


def children_of(parent: int) -> list[int]:
    """The processes whose parent is `parent`."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if int(_stat(int(entry.name))[1]) == parent:
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


def seconds_of(pids: list[int]) -> float:
    """Processor seconds that these processes used so far, all threads; one that ended counts nothing."""
    total = 0
    for pid in pids:
        for task in _tasks(pid):
            try:
                total += int((task / "schedstat").read_text().split()[0])
            except OSError:
                continue
    return total / NANOSECONDS


def _tasks(pid: int) -> list[Path]:
    try:
        return list(Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        return []


def _stat(pid: int) -> list[str]:
    # The name in brackets may hold blanks and brackets; what follows it begins with the state, field 3 of proc(5).
    return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()


def _buried(pid: int) -> float:
    """Processor seconds of the children that ended and were waited for: cutime and cstime, fields 16 and 17."""
    words = _stat(pid)
    return (int(words[13]) + int(words[14])) / os.sysconf("SC_CLK_TCK")


def tree_clock(parent: int, *, with_parent: bool = False) -> Callable[[], float]:
    """A clock of the processor seconds of a server's children, living and dead, and of the server itself if asked."""
    return lambda: _buried(parent) + seconds_of([*([parent] if with_parent else []), *children_of(parent)])
