"""A plan is carried out even where the process that took it was killed by another cell before it could say so."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from tests.chaos.cells import NOBODY, Cell
from tests.chaos.conductor import LOOK_AGAIN, Conductor
from tests.chaos.hook import FOLDERS, KILL_HORSE

CELL = Cell("finance.serve_finance.tiktok statements.before_ask", KILL_HORSE, NOBODY)


def arm(folder: Path, pid: int) -> tuple[Conductor, Any, Path]:
    """A cell whose plan was taken by this process, which has said nothing so far."""
    for name in FOLDERS:
        (folder / name).mkdir()
    town = SimpleNamespace(people=SimpleNamespace(houses=[]), sim=lambda _action: {"shops": {}})
    conductor = Conductor(cast(Any, town), folder, [])
    armed = conductor._armed_for(CELL)
    plan = folder / "plans" / armed.plan
    plan.rename(folder / "taken" / f"{armed.plan}~{pid}")
    armed.looked -= 2 * LOOK_AGAIN
    return conductor, armed, plan


def test_a_plan_whose_process_died_is_laid_out_again(tmp_path: Path) -> None:
    died = subprocess.Popen([sys.executable, "-c", ""])
    died.wait()
    conductor, armed, plan = arm(tmp_path, died.pid)
    assert conductor._step(armed) is None
    assert plan.read_text() == KILL_HORSE
    assert list((tmp_path / "taken").iterdir()) == []


def test_a_plan_in_the_hand_of_a_living_process_is_not(tmp_path: Path) -> None:
    conductor, armed, plan = arm(tmp_path, os.getpid())
    assert conductor._step(armed) is None
    assert not plan.exists()
