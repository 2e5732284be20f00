"""The rhythm of reading: notices that keep coming, outages in mid-cycle and floods do not disturb it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import text

from agency.lanes import Turn, give_back, take
from agency.transaction import system_transaction
from tests.stories.cycles import announce, cycle, next_cycle, shop_of, unpaid
from tests.stories.journey import LEASE, Journey
from workers import intake
from workers.intake import serve_orders
from workers.pace import Paces


class Meanwhile(Paces):
    """Something happens right before each call to TikTok."""

    def __init__(self, happens: Callable[[], None]) -> None:
        super().__init__()
        self._happens = happens

    def of(self, account: str, per_second: float) -> Callable[[], None]:
        return self._happens


def orders_turn(journey: Journey) -> Turn:
    """The shop's lane, taken."""
    values = {"id": shop_of(journey).id}
    claimed = text(
        "update lanes set fence = fence + 1, lease_until = now() + interval '1 minute' "
        "where api = 'orders' and shop_id = :id returning id, fence"
    )
    with system_transaction(journey.database) as session:
        row = session.execute(claimed, values).one()
        turn = take(session, row.id, row.fence, LEASE)
    assert turn is not None
    return turn


def is_woken(journey: Journey, turn: Turn) -> bool:
    """Notices come in flocks, so the inbox gives them half a second."""
    query = text("select due_at <= clock_timestamp() + interval '0.5 s' from lanes where id = :id")
    with system_transaction(journey.database) as session:
        return bool(session.scalar(query, {"id": turn.lane_id}))


def overdue_cycle(journey: Journey) -> int:
    """The shop's last cycle, and it is time for the next."""
    next_cycle(journey)
    with journey.session() as session:
        session.execute(text("update read_cycles set ended_at = ended_at - interval '2 hours'"))
        session.execute(text("update read_cycles set until = until - interval '2 hours'"))
    return cycle(journey).id


def test_a_trickle_of_notices_does_not_keep_the_cycle_waiting(journey: Journey) -> None:
    before, numbers = overdue_cycle(journey), [unpaid(journey) for _ in range(2)]
    announce(journey, numbers[0])
    turn = orders_turn(journey)
    trickle = Meanwhile(lambda: announce(journey, numbers[1]))

    result = serve_orders(replace(journey.context, paces=trickle), turn)

    assert cycle(journey).id != before
    with system_transaction(journey.database) as session:
        give_back(session, turn, result.next_due)
    assert is_woken(journey, turn), "what came meanwhile is read next"
    journey.live(1)
    assert all(journey.is_known(number) for number in numbers)


def test_more_notices_than_a_turn_reads_do_not_keep_it_waiting_either(
    journey: Journey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "NOTICES_A_TURN", 2)
    before, numbers = overdue_cycle(journey), [unpaid(journey) for _ in range(3)]
    for number in numbers:
        announce(journey, number)
    turn = orders_turn(journey)

    result = serve_orders(journey.context, turn)

    assert cycle(journey).id != before
    with system_transaction(journey.database) as session:
        give_back(session, turn, result.next_due)
    assert is_woken(journey, turn), "the rest of what was announced is read next"
