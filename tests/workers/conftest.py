"""Two agencies with lanes in a real database, and what a turn stands on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agency.config import Settings
from tests.databases import MASTER_KEY
from tests.desk import Desk, open_desk
from tests.workers.stand import Stand, make_stand
from workers.context import Context, build_context


@pytest.fixture(scope="module")
def world() -> Iterator[Desk]:
    with open_desk() as made:
        yield made


@pytest.fixture
def desk(world: Desk) -> Desk:
    """Every lane asleep, free and at its first fence."""
    world.rewrite(
        "update lanes set due_at = null, lease_until = null, fence = 0, failures = 0, lost_bells = 0, turns = 0"
    )
    return world


@pytest.fixture(scope="module")
def context(world: Desk) -> Iterator[Context]:
    settings = Settings(data_dir=Path("unused"), master_key=MASTER_KEY, workers=2, lane_lease=30.0)
    made = build_context(settings, world.database, MASTER_KEY)
    yield made
    made.reads.close()


@pytest.fixture
def stand(desk: Desk, context: Context) -> Stand:
    return make_stand(desk, context)
