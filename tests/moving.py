"""Moves machine time for the code under test, so that nothing has to sleep."""

from __future__ import annotations

import sys
from datetime import timedelta

import pytest

from agency import clock

_REAL = clock.machine_now


def move_clock(monkeypatch: pytest.MonkeyPatch, **span: float) -> None:
    """From here on every module of ours, tests included, reads the wall clock shifted by `span` (as of `timedelta`)."""
    shift = timedelta(**span)
    for name, module in list(sys.modules.items()):
        if name.startswith(("agency.", "tests.")) and "machine_now" in vars(module):
            monkeypatch.setattr(module, "machine_now", lambda: _REAL() + shift)
