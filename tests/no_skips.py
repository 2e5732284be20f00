"""A pytest plugin for `make test`: a skipped test, or one that is expected to fail, fails the run and is named."""

from __future__ import annotations

import pytest

_SKIPPED = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    """Start a run in which nothing is skipped yet."""
    config.stash[_SKIPPED] = []
    config.pluginmanager.register(_Notes(config.stash[_SKIPPED]))


class _Notes:
    def __init__(self, skipped: list[str]) -> None:
        self.skipped = skipped

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped:
            self.skipped.append(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self.skipped.append(report.nodeid)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Turn a run with skipped tests into a failed one."""
    if session.config.stash[_SKIPPED]:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Name what was skipped."""
    for nodeid in config.stash[_SKIPPED]:
        terminalreporter.write_line(f"not allowed to be skipped: {nodeid}", red=True)
