"""The world of the suite, one per module, and its figures at the end of a run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.isolation.figures import lines
from tests.isolation.world import World, open_world


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """Two agencies, four clients, and people of every kind."""
    with open_world() as opened:
        yield opened


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Prints the figures."""
    shown = lines()
    if shown:
        terminalreporter.section("isolation", sep="-")
        for line in shown:
            terminalreporter.write_line(line)
