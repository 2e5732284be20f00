"""Bells: what goes through RQ. A bell is `(lane id, fence)`; losing, doubling or reordering one is harmless.

A warm child answers the bells that wait before it ends: forking, registering with RQ and connecting to PostgreSQL cost
more than a short turn. A child that dies with a popped bell loses one lease, as with any lost bell.
"""

from __future__ import annotations

from redis import Redis
from rq import Queue
from rq.exceptions import NoSuchJobError
from rq.job import Job

from agency.lanes import ClaimedLane

QUEUE, JOB = "turns", "workers.runtime.turn"
JOB_SECONDS = 120  # far above a turn's own limits; also how long a bell may wait


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
        self._queue.enqueue(
            JOB,
            lane.lane_id,
            lane.fence,
            job_timeout=JOB_SECONDS,
            result_ttl=0,
            failure_ttl=3600,
            ttl=JOB_SECONDS,
        )

    def answer_next(self) -> ClaimedLane | None:
        """Takes the oldest waiting bell; None when none waits. What is not a bell of ours is dropped."""
        job_id = self._redis.lpop(self._queue.key)  # RQ's own pop raises when nothing waits
        if not isinstance(job_id, bytes):
            return None
        try:
            job = Job.fetch(job_id.decode(), connection=self._redis, serializer="json")
            lane_id, fence = (int(part) for part in job.args)
        except (NoSuchJobError, TypeError, ValueError):
            return ClaimedLane(0, -1)  # no lane has this id, so serving it does nothing
        job.delete(remove_from_queue=False)
        return ClaimedLane(lane_id, fence)
