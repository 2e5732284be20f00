"""The dispatcher: claims due lanes in PostgreSQL, in order of due time, and rings RQ. Several may run.

It keeps the queue short (two to four turns per worker), so that the order is decided in the database. Crowded lanes,
those of a shop in a flood, leave workers to the others, so that these are not delayed. It rings after the
commit; a bell that is lost costs one lease.
"""

from __future__ import annotations

import logging
import os
import signal
import time

from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy.exc import OperationalError

from agency.config import Settings
from agency.extensions import Database
from agency.lanes import claim_due
from agency.services.heartbeats import beat
from agency.services.sessions import tidy_sessions
from agency.transaction import system_transaction
from workers.bells import Bells

log = logging.getLogger(__name__)
TURNS_PER_WORKER = 3
BEAT_EVERY = 5.0
TIDY_EVERY = 3600.0


class Dispatcher:
    """One loop; `stop` ends it after the present round."""

    def __init__(self, settings: Settings, database: Database, redis: Redis) -> None:
        self._settings, self._database = settings, database
        self._bells = Bells(redis)
        self._room = max(2, settings.workers * TURNS_PER_WORKER)
        self._stopping = False

    def stop(self, *_signal: object) -> None:
        """Ends the loop after the present round."""
        self._stopping = True

    def run(self) -> None:
        """Runs until stopped. A database or Redis that is away is waited for; the supervisor restarts us if we fall."""
        signal.signal(signal.SIGTERM, self.stop)
        signal.signal(signal.SIGINT, self.stop)
        last_beat, last_tidy = 0.0, -TIDY_EVERY
        while not self._stopping:
            started, rung = time.monotonic(), 0
            try:
                if started - last_beat >= BEAT_EVERY:
                    self._beat()
                    last_beat = started
                if started - last_tidy >= TIDY_EVERY:
                    self.tidy()
                    last_tidy = started
                rung = self.round()
            except (OperationalError, RedisError) as error:
                log.warning("dispatcher waits", extra={"problem": type(error).__name__})
                time.sleep(0.5)
            time.sleep(max(0.0, self.pause_after(rung) - (time.monotonic() - started)))

    def round(self) -> int:
        """Claims what there is room for and rings; returns how many bells were rung."""
        room = self._room - self._bells.waiting()
        if room <= 0:
            return 0
        with system_transaction(self._database) as session:
            claimed = claim_due(session, room, self._settings.lane_lease, self._settings.workers)
        for lane in claimed:
            self._bells.ring(lane)
        return len(claimed)

    def tidy(self) -> None:
        """Deletes what is long over and belongs to no shop, so that no lane would."""
        with system_transaction(self._database) as session:
            tidy_sessions(session)

    def pause_after(self, rung: int) -> float:
        """Seconds until the next round: a quarter of the tick while more waits than there was room for."""
        tick = self._settings.dispatcher_tick
        return tick / 4 if rung >= self._room // 2 else tick

    def _beat(self) -> None:
        with system_transaction(self._database) as session:
            beat(session, f"dispatcher:{os.getpid()}", "dispatcher", os.getpid())
