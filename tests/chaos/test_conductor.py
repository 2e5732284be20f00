"""A conductor finishes what it began, whatever other cells do to the processes that take part."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from tests.chaos.cells import NOBODY, Cell
from tests.chaos.conductor import LOOK_AGAIN, Conductor
from tests.chaos.doors import REFUSED, Door
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


def test_a_door_that_was_closed_on_the_way_to_a_cell_is_opened_when_that_is_over(tmp_path: Path) -> None:
    """The cell happened while its preface was under way: nobody else knows that the door is closed."""
    cell = Cell("purchase.cancel.before_sending.after_commit", KILL_HORSE, "cj")
    before = Cell("purchase.cancel.prepare_cancel.cj deleteOrder.before_connect", REFUSED, "cj")
    with socket.create_server(("127.0.0.1", 0)) as vendor:
        door = Door(vendor.getsockname()[1])
        conductor, armed, _plan = arm(tmp_path, os.getpid())
        conductor.town.doors = cast(Any, SimpleNamespace(suppliers={4: door}))
        conductor.town.people.clients = {4: 4}
        conductor._houses = {"cj": cast(Any, SimpleNamespace(number=4))}
        slot = cell.vendor, cell.area
        conductor._armed[slot], conductor._prefaces[slot] = armed, [conductor._armed_for(before)]
        taken = tmp_path / "taken" / conductor._prefaces[slot][0].plan
        taken.write_text(json.dumps({"pid": os.getpid(), "parent": os.getppid(), "call": ""}))
        assert conductor._step(conductor._prefaces[slot][0]) is None
        assert not _is_open(door)
        conductor._disarm(slot)
        assert _is_open(door)
        door.close()


def _is_open(door: Door) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", door.port)) == 0
