"""Orders are read again right before they are bought, however slow TikTok is and whatever of them it hides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from types import SimpleNamespace

import pytest

from tests.stories.cast import US, sku_id
from tests.stories.journey import Journey
from tests.stories.test_lost_lanes import finish, taken
from workers import context, purchasing
from workers.context import TURN_SECONDS
from workers.pace import Paces
from workers.purchasing import serve_purchase


@dataclass
class Stopwatch:
    """The time within a turn, as a test moves it."""

    now: float = 1000.0

    def monotonic(self) -> float:
        return self.now


class SlowTikTok(Paces):
    """Each call to TikTok lasts longer than a turn."""

    def __init__(self, watch: Stopwatch) -> None:
        super().__init__()
        self._watch = watch

    def of(self, account: str, per_second: float) -> Callable[[], None]:
        return self._last_long if account.startswith("tiktok:") else lambda: None

    def _last_long(self) -> None:
        self._watch.now += TURN_SECONDS * 2


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Stopwatch:
    made = Stopwatch()
    for module in (context, purchasing):
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=made.monotonic))
    return made


def ordered(journey: Journey, many: int) -> list[str]:
    numbers = [journey.place(US, sku_id("MUG"), status="AWAITING_SHIPMENT") for _ in range(many)]
    journey.pass_time(timedelta(minutes=61))
    return numbers


def test_a_slow_read_takes_nothing_from_the_time_to_buy(journey: Journey, watch: Stopwatch) -> None:
    numbers = ordered(journey, 2)
    turn = taken(journey, "purchase")

    serve_purchase(replace(journey.context, paces=SlowTikTok(watch)), turn)

    assert [len(journey.supplied(number)) for number in numbers] == [1, 1]
    finish(journey, turn)


def test_a_turn_whose_time_is_over_at_once_serves_one(
    journey: Journey, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = ordered(journey, 2)
    turn = taken(journey, "purchase")
    monkeypatch.setattr(context, "TURN_SECONDS", -1.0)

    result = serve_purchase(journey.context, turn)

    assert sum(len(journey.supplied(number)) for number in numbers) == 1
    assert result.crowded
    monkeypatch.undo()
    finish(journey, turn)


def test_an_order_that_tiktok_hides_keeps_no_other_waiting(journey: Journey) -> None:
    hidden, shown = ordered(journey, 2)
    turn = taken(journey, "purchase")
    journey.sim("hide", order_id=hidden, for_seconds=3600)

    serve_purchase(journey.context, turn)

    assert (journey.supplied(hidden), len(journey.supplied(shown))) == ([], 1)
    finish(journey, turn)
    journey.sim("hide", order_id=hidden, for_seconds=0)
    journey.live(1)
    assert len(journey.supplied(hidden)) == 1
