"""Waiting for processes that are not our children, by the kernel's own notice instead of by sleeping."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).parents[2]


def ends_within(pid: int, seconds: float) -> bool:
    """Tell whether the process is gone, or goes within the time."""
    with suppress(ProcessLookupError):
        notice = os.pidfd_open(pid)
        try:
            return bool(select.select([notice], [], [], seconds)[0])
        finally:
            os.close(notice)
    return True


def start_python(code: str, *arguments: str) -> subprocess.Popen[str]:
    """Start Python code of a test in a process of its own, with our packages in reach."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def read_numbers(process: subprocess.Popen[str]) -> list[int]:
    """Read one line of numbers that a process prints."""
    assert process.stdout is not None
    return [int(word) for word in process.stdout.readline().split()]


def kill_and_close(process: subprocess.Popen[str]) -> None:
    """Kill -9 a process and close its pipes."""
    process.kill()
    process.communicate()
