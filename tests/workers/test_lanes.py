"""Lanes: who may work next, and why a bell that is late, doubled, forged or lost does no harm."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from typing import Any

from sqlalchemy import text

from agency.lanes import ClaimedLane, Turn, claim_due, extend, give_back, make_due, take
from tests.desk import Desk

LEASE = 30.0


def lane_ids(desk: Desk, api: str) -> list[int]:
    with desk.system() as session:
        return list(session.scalars(text("select id from lanes where api = :api order by id"), {"api": api}))


def set_due(desk: Desk, lane_id: int, seconds: float) -> None:
    """Due so many seconds from now; negative = has been due that long."""
    with desk.system() as session:
        query = text("update lanes set due_at = now() + make_interval(secs => :seconds) where id = :id")
        session.execute(query, {"id": lane_id, "seconds": seconds})


def row_of(desk: Desk, lane_id: int) -> Any:
    with desk.system() as session:
        return session.execute(text("select * from lanes where id = :id"), {"id": lane_id}).one()


def claim(desk: Desk, room: int = 10, lease: float = LEASE) -> list[ClaimedLane]:
    with desk.system() as session:
        return claim_due(session, room, lease)


def take_turn(desk: Desk, lane_id: int, fence: int) -> Turn | None:
    with desk.system() as session:
        return take(session, lane_id, fence, LEASE)


def started(desk: Desk) -> Turn:
    """A turn of the first orders lane."""
    set_due(desk, lane_ids(desk, "orders")[0], -1)
    (bell,) = claim(desk)
    turn = take_turn(desk, bell.lane_id, bell.fence)
    assert turn is not None
    return turn


def end(desk: Desk, turn: Turn, next_due: datetime | None = None, **more: Any) -> bool:
    with desk.system() as session:
        return give_back(session, turn, next_due, **more)


def test_the_lane_that_waited_longest_is_claimed_first(desk: Desk) -> None:
    first, second, third, fourth = lane_ids(desk, "orders")
    for lane_id, seconds in ((first, -1), (second, -30), (third, -10), (fourth, 60)):
        set_due(desk, lane_id, seconds)
    assert [bell.lane_id for bell in claim(desk, room=1)] == [second]
    assert [bell.lane_id for bell in claim(desk, room=1)] == [third]
    assert [bell.lane_id for bell in claim(desk)] == [first], "a lane of the future waits"


def test_a_second_dispatcher_finds_nothing_to_claim(desk: Desk) -> None:
    set_due(desk, lane_ids(desk, "orders")[0], -1)
    assert len(claim(desk)) == 1
    assert claim(desk) == []


def test_in_a_restored_copy_no_lane_is_claimed_and_none_is_even_locked(desk: Desk) -> None:
    fresh, crowded, broken, _asleep = lane_ids(desk, "orders")
    for lane_id in (fresh, crowded):
        set_due(desk, lane_id, -1)
    with desk.owner() as owner:
        owner.execute("update lanes set crowded = true where id = %s", [crowded])
        lost = "update lanes set lease_until = now() - interval '1 minute', fence = fence + 1 where id = %s"
        owner.execute(lost, [broken])
        owner.execute("update home set place = 'elsewhere'")
        try:
            with desk.system() as session:
                assert claim_due(session, 10, LEASE) == []
                # While that transaction is open everybody else can still have each of them.
                assert owner.execute("select id from lanes for update nowait").rowcount >= 4
        finally:
            owner.execute("select settle_home()")
        assert {bell.lane_id for bell in claim(desk)} == {fresh, crowded, broken}
        owner.execute("update lanes set crowded = false")


def test_dispatchers_at_the_same_moment_share_the_lanes_without_overlap(desk: Desk) -> None:
    ids = [*lane_ids(desk, "orders"), *lane_ids(desk, "plan"), *lane_ids(desk, "auth")]
    for lane_id in ids:
        set_due(desk, lane_id, -1)
    claimed: list[int] = []
    barrier = Barrier(4)

    def dispatch() -> None:
        with desk.system() as session:
            barrier.wait(5)
            claimed.extend(bell.lane_id for bell in claim_due(session, 5, LEASE))

    threads = [Thread(target=dispatch) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    claimed.extend(bell.lane_id for bell in claim(desk, room=50))
    assert sorted(claimed) == sorted(ids)


def test_a_bell_is_good_for_one_turn(desk: Desk) -> None:
    set_due(desk, lane_ids(desk, "orders")[0], -1)
    (bell,) = claim(desk)
    assert take_turn(desk, bell.lane_id, bell.fence) is not None
    assert take_turn(desk, bell.lane_id, bell.fence) is None


def test_a_late_or_forged_bell_does_nothing(desk: Desk) -> None:
    lane_id = lane_ids(desk, "orders")[0]
    set_due(desk, lane_id, -1)
    (bell,) = claim(desk)
    before = row_of(desk, lane_id)
    for fence in (bell.fence - 1, bell.fence + 1, -1, 10**9):
        assert take_turn(desk, lane_id, fence) is None
    assert take_turn(desk, 10**9, bell.fence) is None
    assert row_of(desk, lane_id) == before


def test_a_turn_knows_its_tenant_from_the_row(desk: Desk) -> None:
    lane_id = lane_ids(desk, "orders")[0]
    set_due(desk, lane_id, -1)
    (bell,) = claim(desk)
    turn, row = take_turn(desk, bell.lane_id, bell.fence), row_of(desk, lane_id)
    assert turn is not None
    assert (turn.agency_id, turn.client_id, turn.shop_id) == (row.agency_id, row.client_id, row.shop_id)


def test_a_lost_bell_is_claimed_again_after_the_lease(desk: Desk) -> None:
    lane_id = lane_ids(desk, "orders")[0]
    set_due(desk, lane_id, -1)
    (lost,) = claim(desk, lease=-1)  # a lease that is over already
    (found,) = claim(desk)
    assert (found.lane_id, found.fence) == (lane_id, lost.fence + 1)
    assert row_of(desk, lane_id).lost_bells == 1
    assert take_turn(desk, lane_id, lost.fence) is None, "the lost bell rings too late"


def test_a_dead_workers_lane_is_claimed_again_even_if_nothing_was_due(desk: Desk) -> None:
    turn = started(desk)
    with desk.system() as session:
        assert extend(session, turn, -1)
    (found,) = claim(desk)
    assert found.lane_id == turn.lane_id


def test_work_that_arrives_during_a_turn_keeps_its_due_time(desk: Desk) -> None:
    turn = started(desk)
    assert row_of(desk, turn.lane_id).due_at is None
    with desk.session() as session:
        make_due(session, api="orders", shop_id=turn.shop_id)
    arrived = row_of(desk, turn.lane_id).due_at
    assert end(desk, turn, datetime.now(UTC) + timedelta(hours=1))
    assert row_of(desk, turn.lane_id).due_at == arrived
    assert [bell.lane_id for bell in claim(desk)] == [turn.lane_id]


def test_a_turn_that_found_nothing_puts_the_lane_to_sleep(desk: Desk) -> None:
    turn = started(desk)
    assert end(desk, turn, None)
    row = row_of(desk, turn.lane_id)
    assert (row.due_at, row.lease_until, row.failures) == (None, None, 0)
    assert claim(desk) == []


def test_waking_a_lane_never_makes_it_later(desk: Desk) -> None:
    lane_id = lane_ids(desk, "orders")[0]
    shop_id = row_of(desk, lane_id).shop_id
    soon, later = (datetime.now(UTC) + timedelta(minutes=minutes) for minutes in (5, 50))
    with desk.session() as session:
        make_due(session, api="orders", shop_id=shop_id, at=later)
        make_due(session, api="orders", shop_id=shop_id, at=soon)
        make_due(session, api="orders", shop_id=shop_id, at=later)
    assert row_of(desk, lane_id).due_at == soon


def test_a_business_transaction_that_fails_wakes_nobody(desk: Desk) -> None:
    lane_id = lane_ids(desk, "orders")[0]
    with desk.session() as session:
        make_due(session, api="orders", shop_id=row_of(desk, lane_id).shop_id)
        session.rollback()
    assert row_of(desk, lane_id).due_at is None


def test_giving_back_a_lost_lane_changes_nothing(desk: Desk) -> None:
    turn = started(desk)
    with desk.system() as session:
        extend(session, turn, -1)
    (bell,) = claim(desk)
    before = row_of(desk, turn.lane_id)
    assert not end(desk, turn, datetime.now(UTC), failures=7, problem="late")
    with desk.system() as session:
        assert not extend(session, turn, LEASE)
    assert row_of(desk, turn.lane_id) == before
    assert take_turn(desk, bell.lane_id, bell.fence) is not None
