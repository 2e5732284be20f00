"""Carries out the acts of a storm on real processes, and takes back what lasts."""

from __future__ import annotations

import heapq
import signal
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import httpx
from redis.exceptions import RedisError

from agency.demo.stage import Stage
from agency.embedded import EmbeddedServer
from agency.extensions import connect_redis
from tests.chaos.processes import children_of, send
from tests.chaos.storm.cuttable import CuttableWire
from tests.chaos.storm.schedule import Act

NAIVE = "naive"  # the baseline purchaser, which is hit whenever a turn is


@dataclass
class House:
    """What can be hit. `environments` are those that a child gets at its next start, by its name."""

    pids: Callable[[], dict[str, int]]
    postgres: EmbeddedServer
    redis: EmbeddedServer
    stage: Stage
    wire: CuttableWire
    environments: dict[str, dict[str, str]]
    origin: datetime  # of the shop clock


@dataclass
class Blows:
    """`strike` does one act; `relent` ends what has lasted long enough; `end` ends everything at once."""

    house: House
    struck: Counter[str] = field(default_factory=Counter)
    _lasting: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    _count: int = 0

    def strike(self, act: Act, now: float) -> bool:
        """Carries out the act; False when its target is not there just now, and then it should be tried again."""
        try:
            done = self._strike(act, now)
        except (RedisError, httpx.HTTPError):
            done = False  # a server that is down already cannot be hit
        if done:
            self.struck[act.kind] += 1
        return done

    def relent(self, now: float) -> None:
        """Takes back what is due."""
        while self._lasting and self._lasting[0][0] <= now:
            heapq.heappop(self._lasting)[2]()

    def end(self) -> None:
        """The storm is over: the stopped go on, the wire is whole, all clocks agree."""
        self.relent(float("inf"))

    def _strike(self, act: Act, now: float) -> bool:
        verb, _, noun = act.kind.partition("_")
        if verb in ("kill", "stop") and noun not in ("redis",):
            return self._signal(act, verb, noun, now)
        {
            "kill_redis": self.house.redis.kill,
            "flush_redis": self._flush,
            "crash_postgres": lambda: self.house.postgres.process.send_signal(signal.SIGQUIT),
            "cut_refused": lambda: self._cut(act, now),
            "cut_silent": lambda: self._cut(act, now),
            "jump_all_clocks": lambda: self._jump(act.amount, now, 0.0),
            "jump_their_clock": lambda: self._jump(act.amount, now, act.seconds),
            "jump_our_clock": lambda: self._shift_worker(act, now),
            "skew_machine": lambda: self._skew_worker(act, now),
        }[act.kind]()
        return True

    # --- processes -------------------------------------------------------------------------------------------------

    def _signal(self, act: Act, verb: str, noun: str, now: float) -> bool:
        running = self.house.pids()
        victims = self._victims(running, verb, noun, act.target)
        if not victims:
            return False
        if noun in ("horse", "both", "worker") and NAIVE in running:
            victims.append(running[NAIVE])
        if verb == "kill":
            _send_all(victims, signal.SIGKILL)
            return True
        _send_all(victims, signal.SIGSTOP)
        self._later(now + act.seconds, lambda: _send_all(victims, signal.SIGCONT))
        return True

    def _victims(self, running: dict[str, int], verb: str, noun: str, target: str) -> list[int]:
        pid = running.get(target or noun)
        if pid is None:
            return []
        horses = children_of(pid)
        if noun == "horse":
            return horses
        # Killed alone, a worker leaves a child that goes on; stopped alone it would mean little.
        whole = noun == "both" or (verb == "stop" and noun == "worker")
        return [pid, *horses] if whole else [pid]

    def _restart(self, names: Sequence[str]) -> None:
        running = self.house.pids()
        for name in names:
            if name in running:
                _send_all([*children_of(running[name]), running[name]], signal.SIGKILL)

    # --- servers and wires -----------------------------------------------------------------------------------------

    def _flush(self) -> None:
        connect_redis(self.house.redis.url, socket_timeout=2).flushall()

    def _cut(self, act: Act, now: float) -> None:
        self.house.wire.cut(silent=act.kind == "cut_silent")
        self._later(now + act.seconds, self.house.wire.mend)

    # --- clocks ----------------------------------------------------------------------------------------------------

    def _jump(self, seconds: float, now: float, follow_after: float) -> None:
        self.house.stage.jump(seconds)
        self._later(now + follow_after, lambda: self._follow(seconds))

    def _follow(self, seconds: float) -> None:
        self.house.origin += timedelta(seconds=seconds)
        for environment in self.house.environments.values():
            environment["CLOCK_ORIGIN"] = self.house.origin.isoformat()
        self._restart(list(self.house.environments))

    def _shift_worker(self, act: Act, now: float) -> None:
        environment = self.house.environments[act.target]
        environment["CLOCK_ORIGIN"] = (self.house.origin + timedelta(seconds=act.amount)).isoformat()
        self._restart([act.target])
        self._later(now + act.seconds, lambda: self._set_right(act.target))

    def _skew_worker(self, act: Act, now: float) -> None:
        self.house.environments[act.target]["CLOCK_SKEW"] = str(act.amount)
        self._restart([act.target])
        self._later(now + act.seconds, lambda: self._set_right(act.target))

    def _set_right(self, name: str) -> None:
        environment = self.house.environments[name]
        environment["CLOCK_ORIGIN"], environment["CLOCK_SKEW"] = self.house.origin.isoformat(), "0"
        self._restart([name])

    def _later(self, at: float, act: Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self._lasting, (at, self._count, act))


def _send_all(pids: Sequence[int], number: signal.Signals) -> None:
    for pid in pids:
        send(pid, number)
