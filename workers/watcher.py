"""The second watcher, a step of the mailer's loop: it needs neither Redis nor a lane, a worker or any vendor.

silent processes, overdue lanes -> a row of each agency      unread shops, missed sweeps -> rows of that agency
figures of all agencies -> kept for /metrics                 its own heartbeat last: it speaks for a whole round
"""

from __future__ import annotations

import logging
import os
from collections import Counter
from datetime import timedelta

from agency.clock import Clock
from agency.domain.scope import worker_scope
from agency.extensions import Database
from agency.services.figures import Key, add_figures, count_figures, keep_figures
from agency.services.heartbeats import beat
from agency.services.sweeps import UNREAD_AFTER
from agency.services.watching import (
    SWEEP_AFTER,
    Silence,
    find_all_unread,
    list_agencies,
    note_silences,
    silent_processes,
    silent_sweeps,
)
from agency.transaction import system_transaction, transaction

log = logging.getLogger(__name__)
EVERY = 30.0  # seconds of machine time
_WATCHED = ("dispatcher", "worker", "lanes", "sweep")
_FLOOR = timedelta(seconds=120)  # machine time, while shop time runs fast


class Watcher:
    """One round looks at everything; the loop belongs to the mailer."""

    def __init__(self, database: Database, clock: Clock, *, counts: bool) -> None:
        """`counts`: somebody may ask for the figures, so they are counted."""
        self._database, self._counts = database, counts
        self._unread_after = clock.machine_span(UNREAD_AFTER, _FLOOR)
        self._sweep_after = clock.machine_span(SWEEP_AFTER, _FLOOR)

    def round(self) -> int:
        """Looks once; returns how many agencies were looked at. One that cannot be looked at stops no other."""
        with system_transaction(self._database) as system:
            silent = {silence.subject: silence for silence in silent_processes(system)}
            agencies = list_agencies(system)
        total: Counter[Key] = Counter()
        looked = 0
        for agency_id in agencies:
            try:
                add_figures(total, self._look_at(agency_id, silent))
                looked += 1
            except Exception:
                log.exception("the watcher could not look at an agency", extra={"agency": agency_id})
        with system_transaction(self._database) as system:
            if self._counts:
                keep_figures(system, total)
            if looked == len(agencies):
                beat(system, f"watcher:{os.getpid()}", "watcher", os.getpid())
        return looked

    def _look_at(self, agency_id: int, silent: dict[str, Silence]) -> dict[Key, float]:
        scope = worker_scope(agency_id, "rule:watcher")
        with transaction(self._database, scope) as session:
            sweeps = silent_sweeps(session, self._sweep_after)
            note_silences(scope, session, _WATCHED, silent | ({"sweep": sweeps} if sweeps else {}))
            find_all_unread(scope, session, self._unread_after)
            return count_figures(session) if self._counts else {}
