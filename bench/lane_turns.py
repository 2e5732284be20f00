"""Lane turns: claim, bell, an empty turn in a warmed worker, against a bare RQ job in the very same worker process.

The turn is one of the `plan` lane with nothing to plan: taking the lane, one look for due orders, giving it back. A
bare job costs a fork; so does a turn, but one child answers the bells that wait behind it.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import psycopg
from rq import Queue
from rq.registry import StartedJobRegistry
from sqlalchemy import text

from agency.config import Settings
from agency.extensions import Database, connect_redis
from agency.lanes import claim_due
from agency.transaction import system_transaction
from bench.ground import MASTER_KEY, Ground, running
from bench.processes import tree_clock
from bench.report import Section
from bench.rounds import Clocks, Variant, run_rounds
from bench.seed import World
from workers import runtime
from workers.bells import QUEUE
from workers.context import build_context
from workers.dispatcher import Dispatcher

NOTHING = "os.getpid"  # loaded in every process, so the bare job pays for no import
POLL = 0.005  # seconds between two looks whether the worker is done
_ASLEEP = "update lanes set due_at = null, lease_until = null"
_QUIET = "update orders set plan_at = null where plan_at is not null"
_WAKE = text("update lanes set due_at = now() where id in (select id from lanes where api = 'plan' limit :n)")


class Bench:
    """One worker process, the dispatcher in ours, and the queue between them."""

    def __init__(self, ground: Ground, world: World) -> None:
        self._database = Database(world.url, MASTER_KEY)
        redis = connect_redis(ground.redis_url)
        self._settings = Settings(data_dir=ground.folder, master_key=MASTER_KEY, workers=1)
        self._dispatcher = Dispatcher(self._settings, self._database, redis)
        self._queue = Queue(QUEUE, connection=redis, serializer="json")
        self._started = StartedJobRegistry(queue=self._queue)
        self._context = build_context(self._settings, self._database, MASTER_KEY)

    def bare(self, count: int) -> int:
        """Jobs that do nothing, rung one by one as bells are."""
        for _ in range(count):
            self._queue.enqueue(NOTHING, result_ttl=0, job_timeout=120, failure_ttl=3600, ttl=120)
        self._wait(lambda: None)
        return count

    def turns(self, count: int) -> int:
        """As many lanes made due at once; the dispatcher's round as often as there is room, without its pause."""
        self._wake(count)
        self._wait(self._dispatcher.round)
        return count

    def ticked(self, count: int) -> int:
        """The same with the pause between two rounds that the dispatcher really makes."""
        self._wake(count)
        due = 0.0

        def tick() -> None:
            nonlocal due
            if time.monotonic() >= due:
                due = time.monotonic() + self._dispatcher.pause_after(self._dispatcher.round())

        self._wait(tick)
        return count

    def alone(self, count: int) -> int:
        """The same turns in this process, without Redis and without a fork: what our own part costs."""
        self._wake(count)
        served = 0
        while served < count:
            with system_transaction(self._database) as session:
                claimed = claim_due(session, 3, self._settings.lane_lease)
            for lane in claimed:
                served += runtime.serve(self._context, lane.lane_id, lane.fence)
        return served

    def close(self) -> None:
        """Closes the pools."""
        self._database.dispose()

    def _wake(self, count: int) -> None:
        with system_transaction(self._database) as session:
            session.execute(_WAKE, {"n": count})

    def _wait(self, act: Callable[[], object]) -> None:
        """Acts until every lane sleeps and the worker has nothing left."""
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            act()
            if (
                self._queue.count == 0
                and self._started.get_job_count(cleanup=False) == 0
                and not self._awake()
            ):
                return
            time.sleep(POLL)
        raise TimeoutError("the worker did not finish; see its log")

    def _awake(self) -> int:
        with system_transaction(self._database) as session:
            found = session.scalar(text("select count(*) from lanes where due_at is not null"))
        return int(found or 0)


def measure_turns(ground: Ground, world: World, rounds: int, turns: int) -> Section:
    """Jobs and turns per second of one worker process."""
    with psycopg.connect(world.url) as connection:
        connection.execute(_ASLEEP)
        connection.execute(_QUIET)
    bench = Bench(ground, world)
    environment = ground.environment(world.url)
    with running(ground, "worker", ("-m", "workers", "--name", "bench"), environment) as pid:
        variants = [
            Variant("bare RQ job", lambda: bench.bare(turns)),
            Variant("lane turn, dispatcher without pause", lambda: bench.turns(turns)),
            Variant("lane turn, dispatcher with its pause", lambda: bench.ticked(turns)),
            Variant("lane turn in one process, no RQ", lambda: bench.alone(turns)),
        ]
        clocks = Clocks(
            lambda: tree_clock(pid, with_parent=True)() + time.process_time(), tree_clock(ground.postgres_pid)
        )
        laps = run_rounds(variants, rounds, clocks)
    bench.close()
    return Section("Lane turns, one worker process", "turn", "bare RQ job", laps)
