"""One storm: the whole house under fire while orders arrive, then calm, and a verdict by the vendors' books."""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field

from agency.demo.cast import Cast
from agency.demo.director import Director
from agency.demo.stage import Stage
from agency.demo.verdict import read_ours
from agency.extensions import Database
from agency.replay_command import differences_of_all
from agency.supervisor import Supervisor
from tests.chaos.storm import naive
from tests.chaos.storm.blows import Blows
from tests.chaos.storm.promises import REBUILDS, Standing, judge_naive, look, read_rows
from tests.chaos.storm.schedule import Act

# Fifteen of a hundred calls to a vendor go wrong, half of them after the vendor acted.
FIRE = {
    "timeout_before": 0.03, "timeout_after": 0.03, "http_429": 0.02, "http_500_before": 0.02, "http_500_after": 0.03,
    "cut_answer": 0.02, "slow": 0.03, "supplier_nonsense": 0.01, "webhook_duplicate": 0.15,
    "webhook_out_of_order": 0.1, "webhook_lost": 0.12, "webhook_late": 0.1, "late_tracking": 0.02,
    "wrong_carrier": 0.02, "bad_tracking": 0.02, "out_of_stock": 0.005, "price_change": 0.005,
    "masked_address": 0.01, "cancel_late": 0.02, "address_change": 0.02,
}  # fmt: skip

_ARRIVING = 0.7  # the part of the storm in which orders come, so that they are bought under fire
_UNDER_FIRE = 0.4  # purchases per order that the fire waits for
# Seconds for which a storm goes on because an act has no target yet (a worker without a turn) or the baseline has jobs.
_MOST_DELAY = 180.0


@dataclass(frozen=True)
class Plan:
    """What a storm is made of. Times in seconds; `rate` is shop time against machine time."""

    seed: int
    orders: int
    acts: list[Act]
    seconds: float
    rate: float
    limit: float  # for everything to settle after the last act
    naive_lines: int


@dataclass
class Storm:
    """`step` is the supervisor's summary: it sets up, strikes, and afterwards looks until everything is settled."""

    plan: Plan
    cast: Cast
    director: Director
    stage: Stage
    database: Database
    blows: Blows
    supervisor: Supervisor
    tell: Callable[[str], None]
    standing: Standing = field(default_factory=Standing)
    recovered: dict[str, float] = field(default_factory=dict)  # promise -> seconds after the last act
    began: float = 0.0
    over: float = 0.0
    settled: bool = False
    _acts: list[Act] = field(default_factory=list)
    _look_at: float = 0.0
    _started: float = field(default_factory=time.monotonic)

    def step(self) -> str:
        """One step; a server that is away just now is part of the weather, anything else is told."""
        try:
            return self._step()
        except Exception as error:
            self.tell(f"storm: {type(error).__name__}: {error}".splitlines()[0][:200])
            if not _is_weather(error):
                traceback.print_exc(file=sys.stderr)
            raise

    def _step(self) -> str:
        now = time.monotonic()
        if not self.director.advance():
            if now - self._started > self.plan.limit:
                self.supervisor.request_stop()
            return self.director.scene
        if not self.began:
            self._begin()
        elif not self.over:
            self._blow(now)
        elif now >= self._look_at:
            self._watch(now)
        return ""

    def _begin(self) -> None:
        naive.lay_out(self.cast.database_url, self.plan.naive_lines, self.plan.seconds * _ARRIVING)
        self.stage.people({"rest_accounts": [naive.ACCOUNT]})
        self.stage.order(self.plan.orders, self.plan.seconds * _ARRIVING * self.plan.rate / 3600)
        self.stage.turn({"preset": "none", **FIRE})
        self._acts = list(self.plan.acts)
        self.began = time.monotonic()
        self.tell(
            f"the storm begins: {self.plan.orders} orders, {len(self._acts)} acts, {self.plan.seconds:.0f} s"
        )

    def _blow(self, now: float) -> None:
        since = now - self.began
        self.blows.relent(since)
        due = [act for act in self._acts if act.at <= since]
        for act in due:
            self._acts.remove(act)
            if self.blows.strike(act, since):
                self.tell(f"{since:6.1f} s  {act.kind} {act.target} {act.seconds:.1f} {act.amount:.0f}")
            else:
                self._acts.append(act)
        if since > self.plan.seconds and (self._has_raged(now) or since > self.plan.seconds + _MOST_DELAY):
            self.blows.end()
            self.stage.turn({"preset": "none"})
            self.over = time.monotonic()
            self.tell(f"the storm is over after {since:.0f} s")

    def _has_raged(self, now: float) -> bool:
        """Whether every act was carried out, enough was bought under fire, and the baseline has done all its jobs."""
        if self._acts or now < self._look_at:
            return False
        self._look_at = now + 1.0
        bought = sum(self.stage.summary()["supplier_orders"].values()) - self.plan.naive_lines
        under_fire = bought >= self.plan.orders * _UNDER_FIRE
        return under_fire and "open" not in naive.states(self.cast.database_url).values()

    def _watch(self, now: float) -> None:
        if now - self.over > self.plan.limit:
            self.supervisor.request_stop()
        books = self.stage.books()
        ours = read_ours(self.database, self.director.agency_id or 0)
        since = time.monotonic() - self.over
        self.standing = look(books, ours, read_rows(self.cast.database_url), time.monotonic() - self.began)
        self.standing.figures["baseline"] = judge_naive(books, naive.states(self.cast.database_url))
        if not any(self.standing.broken.values()):  # every order of the storm, so once all else is quiet
            self.standing.broken[REBUILDS] = self._not_rebuilt()
        for promise, sentences in self.standing.broken.items():
            if sentences:
                self.recovered.pop(promise, None)
            else:
                self.recovered.setdefault(promise, round(since, 1))
        # The books are read under the vendors' one lock: not so often that the witness becomes the bottleneck.
        self._look_at = time.monotonic() + max(1.0, 5 * (time.monotonic() - now))
        open_promises = {name: len(found) for name, found in self.standing.broken.items() if found}
        self.tell(f"calm {since:5.0f} s  {open_promises}")
        complete = len(books["orders"]) >= self.plan.orders and self.stage.summary()["webhooks_waiting"] == 0
        self.settled = complete and not open_promises
        if self.settled:
            self.supervisor.request_stop()

    def _not_rebuilt(self) -> list[str]:
        replayed = differences_of_all(self.database, self.director.agency_id or 0)
        self.standing.figures["orders_rebuilt"] = replayed.exact
        return [*map(str, replayed.differences), *replayed.broken]


def _is_weather(error: Exception) -> bool:
    return type(error).__module__.partition(".")[0] in ("psycopg", "sqlalchemy", "redis", "httpx")
