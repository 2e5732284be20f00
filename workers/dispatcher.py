"""The dispatcher: claims due lanes in PostgreSQL, in order of due time, and rings RQ. Several may run.

It keeps the queue short (two to four turns per worker), so that the order is decided in the database and a flood of one
shop does not delay the others. It rings after the commit; a bell that is lost costs one lease.
"""

from __future__ import annotations

import logging
import os
import signal
import time

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from sqlalchemy.exc import OperationalError

from agency.config import Settings
from agency.extensions import Database
from agency.lanes import ClaimedLane, claim_due
from agency.services.heartbeats import beat
from agency.transaction import system_transaction

log = logging.getLogger(__name__)
QUEUE, JOB = "turns", "workers.runtime.turn"
TURNS_PER_WORKER = 3
JOB_SECONDS = 120
BEAT_EVERY = 5.0


class Dispatcher:
    """One loop; `stop` ends it after the present round."""

    def __init__(self, settings: Settings, database: Database, redis: Redis) -> None:
        self._settings, self._database = settings, database
        self._queue = Queue(QUEUE, connection=redis, serializer="json")
        self._room = max(2, settings.workers * TURNS_PER_WORKER)
        self._stopping = False

    def stop(self, *_signal: object) -> None:
        """Ends the loop after the present round."""
        self._stopping = True

    def run(self) -> None:
        """Runs until stopped. A database or Redis that is away is waited for; the supervisor restarts us if we fall."""
        signal.signal(signal.SIGTERM, self.stop)
        signal.signal(signal.SIGINT, self.stop)
        last_beat = 0.0
        while not self._stopping:
            started = time.monotonic()
            try:
                if started - last_beat >= BEAT_EVERY:
                    self._beat()
                    last_beat = started
                self.round()
            except (OperationalError, RedisError) as error:
                log.warning("dispatcher waits", extra={"problem": type(error).__name__})
                time.sleep(0.5)
            time.sleep(max(0.0, self._settings.dispatcher_tick - (time.monotonic() - started)))

    def round(self) -> int:
        """Claims what there is room for and rings; returns how many bells were rung."""
        room = self._room - self._queue.count
        if room <= 0:
            return 0
        with system_transaction(self._database) as session:
            claimed = claim_due(session, room, self._settings.lane_lease)
        for lane in claimed:
            self._ring(lane)
        return len(claimed)

    def _ring(self, lane: ClaimedLane) -> None:
        self._queue.enqueue(
            JOB,
            lane.lane_id,
            lane.fence,
            job_timeout=JOB_SECONDS,
            result_ttl=0,
            failure_ttl=3600,
            ttl=JOB_SECONDS,
        )

    def _beat(self) -> None:
        with system_transaction(self._database) as session:
            beat(session, f"dispatcher:{os.getpid()}", "dispatcher", os.getpid())
