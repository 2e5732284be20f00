"""The outside for these tests: a misbehaving peer on the wire, and the simulator over loopback."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integrations.outside import Outside, start_outside
from tests.integrations.raw_server import RawServer, Script


@pytest.fixture
def peer() -> Iterator[Callable[[Script], RawServer]]:
    started: list[RawServer] = []

    def start(script: Script) -> RawServer:
        started.append(RawServer(script))
        return started[-1]

    yield start
    for server in started:
        server.close()


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    folder: Path = tmp_path_factory.mktemp("outside")
    world = start_outside(str(folder / "world.db"))
    yield world
    world.stop()


@pytest.fixture
def calm(outside: Outside) -> Iterator[Outside]:
    """The outside with all fault dials at zero before and after the test."""
    outside.tell("faults", {"preset": "none"})
    yield outside
    outside.tell("faults", {"preset": "none"})
