"""Whoever can write to Redis can ring, and nothing more: no other lane, no other function, no word in a log."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from rq import Queue, SimpleWorker
from rq.job import Job
from sqlalchemy import text

from agency.config import Settings
from agency.extensions import connect_redis
from agency.lanes import ClaimedLane, Turn, claim_due
from tests.databases import MASTER_KEY
from tests.isolation import figures
from tests.isolation.snapshot import changed
from tests.isolation.world import World
from tests.servers import redis_url
from workers import runtime
from workers.bells import JOB, QUEUE, BellJob, Bells
from workers.context import Context, TurnResult, build_context

OURS: dict[str, Any] = {"serializer": "json", "job_class": BellJob}
SECRET = "fake-secret-of-a-forged-job"
CALLED: list[str] = []


def trap(*args: object, **_more: object) -> None:
    """What a forged job would love to call."""
    CALLED.append(str(args))


@dataclass
class Tower:
    """A worker's queue, and which lanes were served in it."""

    world: World
    context: Context
    redis: Redis
    queue: Queue
    served: list[Turn] = field(default_factory=list)

    def claim(self) -> list[ClaimedLane]:
        """Every lane, claimed as the dispatcher does."""
        with self.world.desk.system() as session:
            session.execute(text("update lanes set due_at = now()"))
            return claim_due(session, 100, 30)

    def work(self) -> None:
        """What RQ's worker does with each job, without the second that its greeting and parting take."""
        worker = SimpleWorker([self.queue], connection=self.redis, **OURS, log_job_description=False)
        while (found := Queue.dequeue_any([self.queue], None, connection=self.redis, **OURS)) is not None:
            worker.execute_job(*found)

    def serve(self, _context: Context, turn: Turn) -> TurnResult:
        self.served.append(turn)
        return TurnResult(None)


@pytest.fixture
def tower(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tower]:
    CALLED.clear()
    redis = connect_redis(redis_url())
    redis.flushall()
    settings = Settings(data_dir=Path("unused"), master_key=MASTER_KEY)
    context = build_context(settings, world.desk.database, MASTER_KEY)
    made = Tower(world, context, redis, Queue(QUEUE, connection=redis, **OURS))
    runtime.install(context)
    monkeypatch.setattr(runtime, "HANDLERS", dict.fromkeys(runtime.HANDLERS, made.serve))
    yield made
    context.reads.close()
    redis.flushall()
    redis.close()
    world.snapshot.restore()


# (function, args, kwargs); "{lane}" and "{fence}" are those of a claimed lane.
FORGED: dict[str, tuple[str, list[Any], dict[str, Any]]] = {
    "a lane that nobody has": (JOB, [987654, 1], {}),
    "a forged fence": (JOB, ["{lane}", 424242], {}),
    "the fence before": (JOB, ["{lane}", 0], {}),
    "an id as text": (JOB, ["{lane_text}", "{fence}"], {}),
    "an id with SQL": (JOB, ["1 or 1=1", "{fence}"], {}),
    "a yes for an id": (JOB, [True, "{fence}"], {}),
    "a number beyond the database's": (JOB, [2**70, "{fence}"], {}),
    "an id below zero": (JOB, [-1, "{fence}"], {}),
    "no arguments": (JOB, [], {}),
    "an extra argument": (JOB, ["{lane}", "{fence}", SECRET], {}),
    "an agency of its choice": (JOB, ["{lane}", "{fence}"], {"agency_id": 1, "note": SECRET}),
    "named arguments": (JOB, [], {"lane_id": "{lane}", "fence": "{fence}"}),
    "another function of ours": ("workers.runtime.serve", ["{lane}", "{fence}"], {}),
    "a function of the tests": ("tests.isolation.test_workers.trap", ["{lane}", "{fence}"], {}),
    "a function of the system": ("os.putenv", ["SHOPFLEET_FORGED", SECRET], {}),
    "a function by another path": ("workers.runtime.log.critical", [SECRET], {}),
}


@pytest.mark.parametrize("name", FORGED)
@pytest.mark.parametrize("door", ["popped by the worker", "answered by a warm child"])
def test_a_forged_job_does_nothing(
    tower: Tower, name: str, door: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    bell = tower.claim()[0]
    before = tower.world.snapshot.sums()
    caplog.set_level(logging.INFO)
    _forge(tower, name, bell)
    if door == "popped by the worker":
        tower.work()
    else:
        odd = Bells(tower.redis).answer_next()
        assert odd is not None
        runtime.serve(tower.context, odd.lane_id, odd.fence)
    figures.add("bells_forged")
    assert (tower.served, CALLED) == ([], [])
    assert not changed(before, tower.world.snapshot.sums())
    assert SECRET not in caplog.text + capfd.readouterr().err
    figures.add("bells_harmless")


def test_a_true_bell_is_answered_through_both_doors(tower: Tower) -> None:
    """The positive control."""
    bells = Bells(tower.redis)
    first, second, *_ = tower.claim()
    bells.ring(first)
    tower.work()
    bells.ring(second)
    answered = bells.answer_next()
    assert answered == second
    runtime.serve(tower.context, answered.lane_id, answered.fence)
    assert [turn.lane_id for turn in tower.served] == [first.lane_id, second.lane_id]


def test_the_scope_of_a_turn_is_that_of_its_lane_row(tower: Tower) -> None:
    bells = Bells(tower.redis)
    for bell in tower.claim():
        bells.ring(bell)
    tower.work()
    with tower.world.desk.system() as session:
        rows = session.execute(text("select id, agency_id, client_id from lanes")).all()
    owners = {row.id: (row.agency_id, row.client_id) for row in rows}
    assert len(tower.served) == len(owners)
    for turn in tower.served:
        assert (turn.agency_id, turn.client_id) == owners[turn.lane_id]
        with tower.context.work(turn) as (scope, session):
            assert scope.agency_id == turn.agency_id
            seen = set(session.scalars(text("select agency_id from orders")))
        assert seen == {turn.agency_id}


@pytest.mark.parametrize("outcome", ["success", "failure"])
def test_a_job_cannot_name_a_function_for_afterwards(tower: Tower, outcome: str) -> None:
    bell = tower.claim()[0]
    job = tower.queue.enqueue(JOB, bell.lane_id, bell.fence if outcome == "success" else 0)
    tower.redis.hset(job.key, f"{outcome}_callback_name", f"{__name__}.trap")
    tower.work()
    assert CALLED == []


def test_a_body_that_is_no_json_is_dropped(tower: Tower) -> None:
    job = tower.queue.enqueue(JOB, 1, 1)
    tower.redis.hset(job.key, "data", b"\x80\x04nonsense")
    tower.work()
    assert tower.served == []
    assert tower.queue.count == 0


def _forge(tower: Tower, name: str, bell: ClaimedLane) -> None:
    function, args, kwargs = FORGED[name]
    known = {"{lane}": bell.lane_id, "{fence}": bell.fence, "{lane_text}": str(bell.lane_id)}
    filled = json.loads(json.dumps([args, kwargs]), object_hook=lambda found: _filled(found, known))
    forged = [known.get(part, part) if isinstance(part, str) else part for part in filled[0]]
    job = Job.create(function, args=forged, kwargs=filled[1], connection=tower.redis, serializer="json")
    tower.queue.enqueue_job(job)


def _filled(found: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    return {key: known.get(value, value) if isinstance(value, str) else value for key, value in found.items()}
