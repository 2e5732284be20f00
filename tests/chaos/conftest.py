"""What `make chaos` runs and what CI runs, and the counts at the end."""

from __future__ import annotations

import pytest

from tests.chaos import figures


def pytest_addoption(parser: pytest.Parser) -> None:
    """`make chaos` gives it; without it the suites run the small choice of CI."""
    parser.addoption("--everything", action="store_true", help="run every combination of tests/chaos")


@pytest.fixture(scope="session")
def everything(request: pytest.FixtureRequest) -> bool:
    """Whether every combination runs (`make chaos`)."""
    return bool(request.config.getoption("--everything", default=False))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Prints the counts of the crash matrix."""
    shown = figures.lines()
    if shown:
        terminalreporter.section("crash matrix", sep="-")
        for line in shown:
            terminalreporter.write_line(line)
