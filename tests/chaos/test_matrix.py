"""The crash matrix: every fault point x everything that can happen there x every kind of supplier."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos import figures
from tests.chaos.cells import all_cells, covering, known_points, parts
from tests.chaos.conductor import REACHED_SOON, REACHED_WITHIN
from tests.chaos.matrix import as_lines, play

CELLS_A_TOWN = 300


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """As many towns as the cells need."""
    if "part" in metafunc.fixturenames:
        towns = 1
        if metafunc.config.getoption("--everything", default=False):
            towns = -(-len(all_cells()) // CELLS_A_TOWN)
        metafunc.parametrize("part", range(towns))


@pytest.mark.chaos
def test_whatever_happens_everything_is_bought_once_and_nothing_is_missing(
    tmp_path: Path, everything: bool, part: int
) -> None:
    cells = all_cells() if everything else covering(all_cells())
    mine = parts(cells, -(-len(cells) // CELLS_A_TOWN) if everything else 1)[part]
    played = play(tmp_path, mine, REACHED_WITHIN if everything else REACHED_SOON)
    figures.note(played.proved, played.failed, played.verdict, played.lost_access)
    # A few places are passed late on a slow machine. CI goes on without one in twenty and says which; the whole matrix
    # goes on without none.
    assert len(played.failed) <= (0 if everything else len(mine) // 20), played.failed
    assert played.verdict.broken == []
    assert played.verdict.is_over
    listed = known_points()
    new = {point for point in played.points if point not in listed}
    # Some points are passed only after rare faults, so that a small choice may be the first to see one.
    assert new == set() or not everything, (
        f"add to points.txt: {as_lines({point: played.points[point] for point in new})}"
    )
