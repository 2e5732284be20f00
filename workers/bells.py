"""Bells: what goes through RQ. A bell is `(lane id, fence)`; losing, doubling or reordering one is harmless.

A warm child answers the bells that wait before it ends: forking, registering with RQ and connecting to PostgreSQL cost
more than a short turn. A child that dies with a popped bell loses one lease, as with any lost bell.

RQ runs whatever function a job names, with whatever it carries. Whoever can write to Redis must not be able to use
that: `BellJob` lets one function with two numbers through, and everything else becomes a job that does nothing.
"""

from __future__ import annotations

import logging
from typing import Any

from redis import Redis
from rq import Queue
from rq.exceptions import DeserializationError, NoSuchJobError
from rq.job import Job

from agency.fault_points import reach
from agency.lanes import ClaimedLane

log = logging.getLogger(__name__)

QUEUE, JOB = "turns", "workers.runtime.turn"
JOB_SECONDS = 120  # far above a turn's own limits; also how long a bell may wait
_NO_BELL = "workers.bells.drop"
_HIGHEST = 2**63 - 1  # a bigint of PostgreSQL


def drop() -> None:
    """What a job becomes that is no bell of ours; what it carried is not looked at and not logged."""
    log.warning("a job that is no bell of ours was dropped")


class BellJob(Job):
    """A job as read from Redis, before anything of it is used: a bell of ours, or nothing."""

    def _deserialize_data(self) -> None:
        try:
            super()._deserialize_data()  # type: ignore[no-untyped-call]
            ours = not self._instance and _is_bell(self._func_name, self._args, self._kwargs)
        except DeserializationError:
            ours = False
        if not ours:
            self._func_name, self._instance, self._args, self._kwargs = _NO_BELL, None, (), {}

    @property
    def bell(self) -> ClaimedLane | None:
        """The lane and fence that it carries; None when it is no bell of ours."""
        return ClaimedLane(*self.args) if self.func_name == JOB else None

    # A job may name functions that RQ calls afterwards; ours never does.
    success_callback = failure_callback = stopped_callback = property(lambda self: None)


def _is_bell(function: object, args: Any, kwargs: object) -> bool:
    if function != JOB or kwargs or not isinstance(args, list | tuple) or len(args) != 2:
        return False
    return all(type(part) is int and 0 <= part <= _HIGHEST for part in args)


_NOBODYS = ClaimedLane(0, 0)  # no lane has this id, so serving it does nothing


class Bells:
    """The one queue. JSON only: a pickle in Redis would be code."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._queue = Queue(QUEUE, connection=redis, serializer="json")

    def waiting(self) -> int:
        """How many bells nobody has answered."""
        return int(self._queue.count)

    def ring(self, lane: ClaimedLane) -> None:
        """Wakes a worker for a claimed lane."""
        reach("before_ring")
        self._queue.enqueue(
            JOB,
            lane.lane_id,
            lane.fence,
            job_timeout=JOB_SECONDS,
            result_ttl=0,
            failure_ttl=3600,
            ttl=JOB_SECONDS,
        )
        reach("after_ring")

    def answer_next(self) -> ClaimedLane | None:
        """Takes the oldest waiting bell; None when none waits. What is not a bell of ours is dropped."""
        job_id = self._redis.lpop(self._queue.key)  # RQ's own pop raises when nothing waits
        if not isinstance(job_id, bytes):
            return None
        reach("after_pop")
        try:
            job = BellJob.fetch(job_id.decode(), connection=self._redis, serializer="json")
            bell = job.bell if isinstance(job, BellJob) else None
        except (NoSuchJobError, ValueError):
            return _NOBODYS
        job.delete(remove_from_queue=False)
        reach("after_answer")
        return bell or _NOBODYS
