"""A small storm over the real processes, every kind of blow at least once; `make chaos` has the large ones."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.chaos.storm.promises import REBUILDS
from tests.chaos.storm.schedule import KINDS
from tests.ground.processes import ROOT

ORDERS = 120
SMALL = (
    "--seeds", "3", "--orders", str(ORDERS), "--seconds", "25", "--acts", str(len(KINDS)), "--lease", "3",
    "--rate", "7200", "--pace", "0.1", "--naive-lines", "100", "--limit", "400",
)  # fmt: skip
PROMISES = {
    "every order seen", "bought once", "nothing forgotten", "purchases as in the books", "right tracking",
    "money to the cent", "no open doubt", "no write left undone", "lanes on time", "every order at its end",
    "stages as at TikTok", REBUILDS,
}  # fmt: skip
pytestmark = pytest.mark.chaos


@pytest.fixture(scope="module")
def storm() -> dict[str, Any]:
    """What the storm reported; its progress is shown when a test fails."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.chaos.storm", *SMALL],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert done.stdout, "the storm ended without a word"
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def test_every_promise_is_kept_and_recovers_by_itself(storm: dict[str, Any]) -> None:
    assert storm["broken"] == []
    assert set(storm["recovered_after"]) == PROMISES


def test_every_kind_of_blow_fell_and_our_processes_fell_with_it(storm: dict[str, Any]) -> None:
    assert set(storm["acts"]) == set(KINDS)
    assert all(storm["falls"][name] for name in ("web", "dispatcher", "worker-1", "worker-2"))
    assert storm["falls"]["simulator"] == 0, "the witness is never hit"


def test_the_sums_add_up_against_the_books(storm: dict[str, Any]) -> None:
    assert storm["orders_issued"] == storm["orders_seen"] == sum(storm["stages"].values()) == ORDERS
    assert storm["orders_rebuilt"] == ORDERS
    assert storm["lines_bought"] > 0
    assert storm["lines_bought_twice"] == storm["lines_never_bought"] == storm["wrong_tracking"] == 0
    assert storm["money_mismatch_minor"] == 0


def test_the_same_fire_catches_who_simply_tries_again(storm: dict[str, Any]) -> None:
    assert storm["baseline"]["bought_twice"] + storm["baseline"]["never_bought"] > 0
