"""The worker process: RQ's forking Worker on one queue, warmed before the fork, with a heartbeat row.

One queue per process: with two, RQ loses jobs when a worker dies between pop and registration (jobs facts, 1.3).
"""

from __future__ import annotations

import logging
import os
import signal
import threading
from typing import Any

from redis import Redis
from rq import Queue, Worker
from rq.logutils import setup_loghandlers

from agency.boot import Booted
from agency.clock import machine_now
from agency.extensions import Database, connect_redis, redis_in_a_hurry
from agency.services.heartbeats import beat
from agency.transaction import system_transaction
from workers import runtime
from workers.bells import QUEUE, BellJob
from workers.context import build_context
from workers.dispatcher import BEAT_EVERY
from workers.right_clock import ClockWrong, require_right
from workers.warming import warm

log = logging.getLogger(__name__)


def run_worker(booted: Booted, name: str) -> None:
    """Works until SIGTERM; a turn in progress is finished first."""
    database = Database(booted.database_url, booted.master_key, pool_size=10, check=False)
    # A pool of its own, empty until a turn asks: the sockets of the work loop must not be shared with the turns.
    paces = Redis(connection_pool=redis_in_a_hurry(booted.redis_url))
    context = build_context(booted.settings, database, booted.master_key, paces)
    runtime.install(context)
    warm(database)
    redis = connect_redis(booted.redis_url)
    stop = threading.Event()
    # Its own pools: a connection that the parent uses must never be inherited by a forked turn.
    beats = Database(booted.database_url, booted.master_key, pool_size=1)
    tell_alive(beats, name)
    threading.Thread(target=_beats, args=(beats, name, stop), daemon=True).start()
    setup_loghandlers("WARNING")
    options: dict[str, Any] = {"worker_ttl": 60, "maintenance_interval": 60, "log_job_description": False}
    bells_only: dict[str, Any] = {"serializer": "json", "job_class": BellJob}
    queue = Queue(QUEUE, connection=redis, **bells_only)
    worker = Worker([queue], connection=redis, **bells_only, **options)
    try:
        worker.work(with_scheduler=False, logging_level="WARNING")
    finally:
        stop.set()


def tell_alive(database: Database, name: str) -> None:
    """Writes the heartbeat row. Raises ClockWrong, and writes nothing, on a machine that must not work."""
    pid, before = os.getpid(), machine_now()
    with system_transaction(database) as session:
        told = beat(session, f"worker:{name}:{pid}", "worker", pid)
        require_right(before, told, machine_now())


def _beats(database: Database, name: str, stop: threading.Event) -> None:
    while not stop.wait(BEAT_EVERY):
        try:
            tell_alive(database, name)
        except ClockWrong as wrong:
            # The turn under way is finished; whoever keeps us running starts us again, until the clock is right.
            log.critical("the worker stops: %s", wrong)
            os.kill(os.getpid(), signal.SIGTERM)
            return
        except Exception as error:
            log.warning("no heartbeat", extra={"problem": type(error).__name__})
