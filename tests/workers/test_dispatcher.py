"""The dispatcher with a real Redis: bells after the commit, a short queue, and nothing lost when Redis forgets."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from redis import Redis
from rq import Queue, SimpleWorker
from rq.timeouts import JobTimeoutException
from sqlalchemy import text

from agency.clock import machine_now
from agency.extensions import connect_redis
from agency.lanes import ClaimedLane, Turn
from agency.services.one_time import secret_hash
from agency.transaction import system_transaction
from tests.desk import Desk
from tests.servers import redis_url
from workers import runtime
from workers.bells import QUEUE, Bells
from workers.context import Context, TurnResult
from workers.dispatcher import TURNS_PER_WORKER, Dispatcher


@dataclass
class Tower:
    """The dispatcher, its bells, and a worker that serves in this process."""

    desk: Desk
    context: Context
    redis: Redis
    dispatcher: Dispatcher
    queue: Queue

    def make_due(self, api: str = "plan", limit: int = 100) -> list[int]:
        with self.desk.system() as session:
            query = text(
                "update lanes set due_at = now() where id in"
                " (select id from lanes where api = :api order by id limit :limit) returning id"
            )
            return sorted(session.scalars(query, {"api": api, "limit": limit}))

    def lanes(self, ids: list[int]) -> list[Any]:
        with self.desk.system() as session:
            return list(
                session.execute(text("select * from lanes where id = any(:ids) order by id"), {"ids": ids})
            )

    def work(self) -> None:
        worker = SimpleWorker([self.queue], connection=self.redis, serializer="json")
        worker.work(burst=True, with_scheduler=False, logging_level="ERROR")


@pytest.fixture
def tower(desk: Desk, context: Context) -> Iterator[Tower]:
    redis = connect_redis(redis_url())
    redis.flushall()
    runtime.install(context)
    queue = Queue(QUEUE, connection=redis, serializer="json")
    yield Tower(desk, context, redis, Dispatcher(context.settings, desk.database, redis), queue)
    redis.flushall()
    redis.close()


def test_every_due_lane_gets_one_bell_that_carries_ids_and_nothing_else(tower: Tower) -> None:
    ids = tower.make_due()
    assert tower.dispatcher.round() == len(ids)
    rung = sorted(tuple(job.args) for job in tower.queue.jobs)
    assert rung == [(lane.id, lane.fence) for lane in tower.lanes(ids)]
    assert tower.dispatcher.round() == 0


def test_a_bell_rings_only_after_the_lease_is_committed(tower: Tower) -> None:
    (lane_id,) = tower.make_due(limit=1)
    seen: list[bool] = []

    class Listening(Bells):
        def ring(self, lane: ClaimedLane) -> None:
            seen.append(tower.lanes([lane_id])[0].lease_until is not None)  # read on a connection of its own
            super().ring(lane)

    tower.dispatcher._bells = Listening(tower.redis)
    tower.dispatcher.round()
    assert seen == [True]


def test_the_queue_stays_short_so_that_the_database_decides_the_order(tower: Tower) -> None:
    limit = tower.context.settings.workers * TURNS_PER_WORKER
    ids = tower.make_due("plan") + tower.make_due("orders")
    assert len(ids) > limit
    assert tower.dispatcher.round() == limit
    assert tower.dispatcher.round() == 0, "the queue is full"
    assert tower.queue.count == limit
    waiting = [lane for lane in tower.lanes(ids) if lane.lease_until is None]
    assert len(waiting) == len(ids) - limit


def test_turns_are_served_and_the_lanes_come_back(tower: Tower) -> None:
    ids = tower.make_due("plan")
    tower.dispatcher.round()
    tower.work()
    for lane in tower.lanes(ids):
        assert (lane.lease_until, lane.due_at, lane.problem, lane.turns > 0) == (None, None, "", True)


def test_a_flushed_redis_loses_no_work(tower: Tower) -> None:
    ids = tower.make_due("plan")
    turns = [lane.turns for lane in tower.lanes(ids)]
    tower.dispatcher.round()
    tower.redis.flushall()
    tower.work()
    assert [lane.turns for lane in tower.lanes(ids)] == turns, "no bell was left"
    with tower.desk.system() as session:
        session.execute(
            text("update lanes set lease_until = now() - interval '1 second' where lease_until is not null")
        )
    assert tower.dispatcher.round() == len(ids)
    tower.work()
    assert [lane.turns for lane in tower.lanes(ids)] == [count + 1 for count in turns]
    assert all(lane.lost_bells == 1 for lane in tower.lanes(ids))


def test_a_bell_that_rings_twice_is_served_once(tower: Tower) -> None:
    (lane_id,) = tower.make_due("plan", limit=1)
    before = tower.lanes([lane_id])[0].turns
    tower.dispatcher.round()
    (job,) = tower.queue.jobs
    tower.queue.enqueue(job.func_name, *job.args)
    tower.work()
    assert tower.lanes([lane_id])[0].turns == before + 1


def test_a_warm_child_answers_the_bells_that_wait(tower: Tower) -> None:
    ids = tower.make_due("plan")
    before = [lane.turns for lane in tower.lanes(ids)]
    tower.dispatcher.round()
    worker = SimpleWorker([tower.queue], connection=tower.redis, serializer="json")
    worker.work(burst=True, max_jobs=1, with_scheduler=False, logging_level="ERROR")
    assert [lane.turns for lane in tower.lanes(ids)] == [count + 1 for count in before]
    assert tower.queue.count == 0


@pytest.mark.parametrize("args", [(), ("x", "y"), (1, 2, 3), (None, None)])
def test_what_is_not_a_bell_of_ours_is_dropped(tower: Tower, args: tuple[Any, ...]) -> None:
    tower.queue.enqueue("workers.runtime.turn", *args)
    bells = Bells(tower.redis)
    odd = bells.answer_next()
    assert odd is not None
    assert not runtime.serve(tower.context, odd.lane_id, odd.fence)
    assert bells.answer_next() is None


def test_a_turn_that_crashes_backs_off_and_says_only_what_kind_of_error_it_was(
    tower: Tower, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(_context: Context, _turn: Turn) -> TurnResult:
        raise KeyError("Ana Buyer, 1 Fake Street")

    monkeypatch.setattr(runtime, "HANDLERS", {**runtime.HANDLERS, "plan": crash})
    (lane_id,) = tower.make_due("plan", limit=1)
    for failures in (1, 2, 3):
        tower.dispatcher.round()
        tower.work()
        (lane,) = tower.lanes([lane_id])
        assert (lane.failures, lane.problem, lane.lease_until) == (failures, "KeyError", None)
        assert lane.due_at > lane.last_turn_at
        tower.make_due("plan", limit=1)


def test_a_turn_that_was_cut_off_keeps_its_lease_until_it_runs_out(
    tower: Tower, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(_context: Context, _turn: Turn) -> TurnResult:
        raise JobTimeoutException

    monkeypatch.setattr(runtime, "HANDLERS", {**runtime.HANDLERS, "plan": cut})
    (lane_id,) = tower.make_due("plan", limit=1)
    tower.dispatcher.round()
    tower.work()
    assert tower.lanes([lane_id])[0].lease_until > machine_now()
    assert tower.dispatcher.round() == 0


def test_the_heartbeat_is_a_row_that_outlives_redis(tower: Tower) -> None:
    tower.dispatcher._beat()
    tower.redis.flushall()
    with system_transaction(tower.desk.database) as session:
        kinds = set(
            session.scalars(text("select kind from heartbeats where seen_at > now() - interval '1 minute'"))
        )
    assert kinds == {"dispatcher"}


def test_a_running_dispatcher_deletes_sessions_that_ended_long_ago(
    tower: Tower, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended, lives = tower.desk.token("owner"), tower.desk.token("owner")
    old = text("update sessions set expires_at = now() - interval '91 days' where token_hash = :token_hash")
    with tower.desk.system() as session:
        session.execute(old, {"token_hash": secret_hash(ended)})

    def only_round() -> int:
        tower.dispatcher.stop()
        return 0

    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    monkeypatch.setattr(tower.dispatcher, "round", only_round)
    try:
        tower.dispatcher.run()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    with tower.desk.system() as session:
        kept = {bytes(row.token_hash) for row in session.execute(text("select token_hash from sessions"))}
    assert secret_hash(lives) in kept
    assert secret_hash(ended) not in kept
