"""Each fault in the code is caught by the test that is there for it; the runner fails below all of them.

The tree is copied, one text is replaced, the named tests run in a process of their own against the same PostgreSQL.
A run counts as a catch only when tests failed (exit code 1) and said what was expected.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

import pytest

from tests.databases import template_name
from tests.isolation import figures
from tests.isolation.mutants import Mutant
from tests.isolation.mutants_doors import DOORS
from tests.isolation.mutants_ground import GROUND
from tests.isolation.mutants_services import SERVICES
from tests.servers import postgres_url

MUTANTS = SERVICES | DOORS | GROUND
ROOT = Path(__file__).parents[2]
COPIED = ("agency", "workers", "migrations", "tests", "pyproject.toml")
AT_ONCE = 2
_OPTIONS = "addopts=--strict-markers --strict-config --import-mode=importlib"
LIMIT = 300  # seconds for one run; each takes a few


@dataclass(frozen=True)
class Run:
    """How the tests ended."""

    code: int
    said: str

    @property
    def reasons(self) -> str:
        """What the failed tests said, without the code around it."""
        lines = self.said.splitlines()
        return "\n".join(line for line in lines if line.startswith(("E  ", "FAILED ", "ERROR ")))


class Laboratory:
    """Copies of the tree, each used by one run at a time."""

    def __init__(self, folder: Path) -> None:
        self._free: SimpleQueue[Path] = SimpleQueue()
        for number in range(AT_ONCE):
            self._free.put(_copy(folder / str(number)))
        self._environment = {
            **os.environ,
            "TEST_DATABASE_URL": postgres_url(),
            "TEST_TEMPLATE": template_name(),
            # A file that is changed twice within a second must not be taken for the former one.
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def run(self, mutant: Mutant | None, tests: tuple[str, ...]) -> Run:
        """Runs the tests on a copy with the mutant in it, or without any."""
        copy = self._free.get()
        changed = copy / mutant.file if mutant else None
        sound = changed.read_text(encoding="utf-8") if changed else ""
        try:
            if mutant and changed:
                assert sound.count(mutant.old) == 1, (
                    f"stale: {mutant.old!r} stands {sound.count(mutant.old)} times"
                )
                changed.write_text(sound.replace(mutant.old, mutant.new), encoding="utf-8")
            return self._test(copy, tests)
        finally:
            if changed:
                changed.write_text(sound, encoding="utf-8")
            self._free.put(copy)

    def _test(self, copy: Path, tests: tuple[str, ...]) -> Run:
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-x",
            "-q",
            "-o",
            _OPTIONS,
            "-p",
            "no:cacheprovider",
            *tests,
        ]
        environment = {**self._environment, "PYTHONPATH": str(copy)}
        done = subprocess.run(
            command, cwd=copy, env=environment, capture_output=True, text=True, timeout=LIMIT, check=False
        )
        return Run(done.returncode, done.stdout + done.stderr)


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> Laboratory:
    return Laboratory(tmp_path_factory.mktemp("mutants"))


@pytest.fixture(scope="module")
def runs(request: pytest.FixtureRequest, laboratory: Laboratory) -> Iterator[dict[str, Future[Run]]]:
    """All wanted runs at once, as many at a time as there are copies."""
    ours = [item for item in request.session.items if isinstance(item, pytest.Function)]
    named = [item.callspec.params["name"] for item in ours if item.path == request.path and "[" in item.name]
    wanted = {name: MUTANTS[name].tests for name in named}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {name: pool.submit(laboratory.run, MUTANTS[name], tests) for name, tests in wanted.items()}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_fault_in_the_code_is_caught(runs: dict[str, Future[Run]], name: str) -> None:
    figures.add("code_mutants")
    run = runs[name].result()
    assert run.code == 1, (
        f"{name}: survived, or the tests could not run (exit code {run.code})\n{run.said[-3000:]}"
    )
    assert MUTANTS[name].fails_with in run.reasons, f"{name}: failed for another reason\n{run.said[-3000:]}"
    figures.add("code_mutants_caught")


def test_the_same_tests_pass_without_a_fault(laboratory: Laboratory) -> None:
    """Else a broken copy would look like a catch."""
    every = dict.fromkeys(test for mutant in MUTANTS.values() for test in mutant.tests)
    run = laboratory.run(None, tuple(every))
    assert run.code == 0, run.said[-3000:]


def _copy(folder: Path) -> Path:
    folder.mkdir()
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name)
        else:
            shutil.copy2(source, folder / name)
    return folder
