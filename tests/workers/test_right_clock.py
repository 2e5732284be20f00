"""A machine whose clock is wrong works on nothing: quarantines are measured by it, and leases by the database."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from typing import Any

import pytest
from sqlalchemy import text

import agency.clock
from agency.lanes import ClaimedLane, claim_due
from tests.desk import Desk
from workers.context import Context
from workers.right_clock import MOST_OFF, ClockWrong, require_right
from workers.runtime import serve
from workers.worker import tell_alive

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=agency.clock.UTC)


def set_machine(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """From now on this machine's clock is so many seconds ahead of the database's."""

    class Skewed(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Any:
            return datetime.now(tz) + timedelta(seconds=seconds)

    monkeypatch.setattr(agency.clock, "datetime", Skewed)


def due_lane(desk: Desk) -> ClaimedLane:
    """A shop's plan lane, claimed and rung for."""
    with desk.system() as session:
        session.execute(text("update lanes set due_at = now() where api = 'plan' and shop_id = :shop"),
                        {"shop": desk.ours.shops["Luma"]})  # fmt: skip
        (claimed,) = claim_due(session, 1, 30.0)
    return claimed


def turns_of(desk: Desk, lane: ClaimedLane) -> tuple[int, int]:
    """How many turns the lane has had, and its fence."""
    with desk.system() as session:
        row = session.execute(
            text("select turns, fence from lanes where id = :id"), {"id": lane.lane_id}
        ).one()
    return row.turns, row.fence


@pytest.mark.parametrize("seconds", [-600.0, -8.0, 8.0, 20.0, 1200.0])
def test_a_worker_on_a_wrong_clock_takes_no_turn(
    desk: Desk, context: Context, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    lane = due_lane(desk)
    set_machine(monkeypatch, seconds)
    with pytest.raises(ClockWrong):
        serve(context, lane.lane_id, lane.fence)
    assert turns_of(desk, lane) == (0, lane.fence), "the bell is as good as before for whoever hears it"
    monkeypatch.undo()
    assert serve(context, lane.lane_id, lane.fence)


def test_a_second_more_or_less_is_no_reason_to_stop(
    desk: Desk, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    lane = due_lane(desk)
    set_machine(monkeypatch, 1.0)
    assert serve(context, lane.lane_id, lane.fence)


def test_a_worker_on_a_wrong_clock_does_not_call_itself_alive(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_machine(monkeypatch, 60.0)
    with pytest.raises(ClockWrong):
        tell_alive(desk.database, "skewed")
    monkeypatch.undo()
    tell_alive(desk.database, "right")
    with desk.system() as session:
        names = session.scalars(text("select name from heartbeats where kind = 'worker'")).all()
    assert [name.split(":")[1] for name in names] == ["right"]


def test_a_slow_answer_of_the_database_is_no_wrong_clock() -> None:
    long, most = timedelta(minutes=10), MOST_OFF
    require_right(NOON, NOON + timedelta(minutes=3), NOON + long)
    require_right(NOON, NOON - most, NOON)
    require_right(NOON, NOON + most, NOON)
    for told in (NOON - most * 1.01, NOON + most * 1.01):
        with pytest.raises(ClockWrong):
            require_right(NOON, told, NOON)
