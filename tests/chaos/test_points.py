"""The list of fault points is whole: every area has its commits, bells and calls, and CI's choice passes them all."""

from __future__ import annotations

import pytest

from tests.chaos.cells import KILL_ALL, all_cells, covering, in_matrix, known_points
from tests.chaos.doors import BAD_LUCK
from tests.chaos.hook import KILL_HORSE, STOP
from tests.chaos.people import VENDORS
from tests.house.source import ROOT

COMMITS = ("before_commit", "after_commit")
ASKS, SENDS = (
    ("before_ask", "after_ask"),
    ("before_connect", "after_connect", "before_send", "sent", "after_answer"),
)
AREAS = {
    "the door of notices": ("web.", COMMITS),
    "intake": ("orders.", COMMITS + ASKS),
    "placing": ("purchase.place.", COMMITS + SENDS),
    "the price check": ("purchase.place.ask_quotes.", COMMITS + ASKS),
    "paying": ("purchase.pay.", COMMITS + ASKS + SENDS),
    "shipping": ("ship.ship.", COMMITS + SENDS),
    "cancelling": ("purchase.cancel.", COMMITS + SENDS),
    "settlements": ("finance.", COMMITS + ASKS),
    "tokens": ("auth.", COMMITS + ASKS),
    "ringing": ("dispatcher.round.", (*COMMITS, "before_ring", "after_ring")),
    "answering bells": ("runtime.turn.", ("after_pop", "after_answer")),
}


@pytest.mark.parametrize("area", AREAS)
def test_every_area_has_points_at_all_its_moments(area: str) -> None:
    beginning, moments = AREAS[area]
    listed = {point.rpartition(".")[2] for point in known_points() if point.startswith(beginning)}
    assert set(moments) <= listed


def test_the_choice_of_ci_disturbs_every_place_and_has_every_act_with_every_vendor() -> None:
    everything, chosen = all_cells(), covering(all_cells())
    assert {cell.point for cell in everything} == {point for point in known_points() if in_matrix(point)}
    assert {cell.place for cell in chosen} == {cell.place for cell in everything}
    assert {cell.moment for cell in chosen} == {cell.moment for cell in everything}
    pairs = {(cell.act, cell.vendor) for cell in chosen}
    assert pairs >= {(act, vendor) for act in (KILL_HORSE, KILL_ALL, STOP, *BAD_LUCK) for vendor in VENDORS}
    assert chosen == covering(everything), "always the same choice"
    assert len(chosen) * 10 < len(everything)


def test_no_program_of_ours_installs_a_hook() -> None:
    """Only the tests' own entry script does; the product may reach places, and nothing else."""
    files = [path for folder in ("agency", "workers") for path in (ROOT / folder).rglob("*.py")]
    lines = {
        line.strip()
        for path in files
        if path.name != "fault_points.py"
        for line in path.read_text().splitlines()
        if "fault_points" in line
    }
    assert lines == {"from agency.fault_points import reach"}
