"""The schedule of a storm: the same for a seed, different between seeds, and never without one of its kinds."""

from __future__ import annotations

import pytest

from tests.chaos.storm.schedule import KINDS, WORKERS, Act, Weather, plan_storm

WEATHER = Weather(seconds=300.0, acts=70, lease=5.0)
SEEDS = range(1, 11)


def test_a_seed_gives_the_same_storm_again_and_another_seed_another() -> None:
    storms = [plan_storm(seed, WEATHER) for seed in SEEDS]
    assert storms == [plan_storm(seed, WEATHER) for seed in SEEDS]
    assert len({tuple(storm) for storm in storms}) == len(storms)


@pytest.mark.parametrize("acts", [0, len(KINDS), 70])
def test_every_kind_comes_at_least_once_and_in_order_of_time(acts: int) -> None:
    for seed in SEEDS:
        storm = plan_storm(seed, Weather(60.0, acts, 3.0))
        assert {act.kind for act in storm} == set(KINDS)
        assert len(storm) == max(acts, len(KINDS))
        moments = [act.at for act in storm]
        assert moments == sorted(moments)
        assert 0 <= moments[0] <= moments[-1] <= 60.0


def test_whoever_is_stopped_is_stopped_for_longer_than_a_lease() -> None:
    stops = [act for seed in SEEDS for act in plan_storm(seed, WEATHER) if act.kind.startswith("stop_")]
    assert stops
    assert all(act.seconds > WEATHER.lease for act in stops)


def test_both_workers_are_hit_and_clocks_are_wrong_in_both_directions() -> None:
    every = [act for seed in SEEDS for act in plan_storm(seed, WEATHER)]

    def of(*kinds: str) -> list[Act]:
        return [act for act in every if act.kind in kinds]

    assert {act.target for act in of("kill_horse", "kill_worker", "kill_both", "stop_worker")} == set(WORKERS)
    for kind in ("skew_machine", "jump_our_clock"):
        assert min(act.amount for act in of(kind)) < 0 < max(act.amount for act in of(kind))
