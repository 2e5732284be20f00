"""The flood among 10,000 shops: the real claim, take and give-back on a seeded database, everything else simulated.

The database holds the lanes and says who is next; a list of events says when workers are free. No time passes really:
before each statement the lanes' moments are shifted by what the simulated clock has moved on, so that `now()` in the
product's own statements is the simulated moment.
"""

from __future__ import annotations

import heapq
import json
import random
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from statistics import quantiles

import psycopg
from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.extensions import Database
from agency.lanes import ClaimedLane, Turn, claim_due, give_back, take
from bench.fairness.lanes import LEASE, REST, lanes_database, time_claims
from bench.ground import MASTER_KEY, Ground
from workers.context import HANDFUL, TURN_SECONDS

TICK = 0.2  # seconds between two rounds of the dispatcher
PER_THING, PER_TURN = 0.05, 0.06  # seconds of a worker for one order, and for a turn around it
MOST_A_TURN = round(TURN_SECONDS / PER_THING)
STAGES = (
    "orders",
    "plan",
    "ship",
)  # `ship` stands for the purchase lane, which has a supplier instead of a shop
_SHIFTS = (
    text(
        "update lanes set due_at = due_at - make_interval(secs => :by) where lease_until is null and due_at is not null"
    ),
    text(
        """
        update lanes set lease_until = lease_until - make_interval(secs => :by),
          due_at = due_at - make_interval(secs => :by) where lease_until is not null
        """
    ),
)
_WAKE = text("update lanes set due_at = least(due_at, now()) where id = :id")


@dataclass(frozen=True)
class SimulatedSizes:
    """How much is simulated. Seconds of simulated time."""

    shops: int = 10_000
    flood: int = 50_000
    workers: int = 8
    orders_per_second: float = 12.0  # with the times above, half of the workers are busy without a flood
    seconds: float = 90.0
    flood_at: float = 10.0
    claims: int = 200


@dataclass
class World:
    """The state of one run: who has what to do, and when it was wanted."""

    lanes: dict[int, dict[str, int]]  # shop -> stage -> lane
    stage_of: dict[int, tuple[int, str]] = field(init=False)
    waiting: dict[int, list[float]] = field(
        default_factory=lambda: defaultdict(list)
    )  # lane -> moments of arrival
    born: dict[int, list[float]] = field(
        default_factory=lambda: defaultdict(list)
    )  # lane -> birth of each order
    took: dict[int, list[float]] = field(
        default_factory=lambda: defaultdict(list)
    )  # shop -> seconds to the end

    def __post_init__(self) -> None:
        self.stage_of = {lane: (shop, api) for shop, own in self.lanes.items() for api, lane in own.items()}


class Simulation:
    """One run with or without a flood, on lanes that sleep at its beginning."""

    def __init__(self, database: Database, lanes: dict[int, dict[str, int]], sizes: SimulatedSizes) -> None:
        self._database, self._sizes = database, sizes
        self._world = World(lanes)
        self._dice, self._now = random.Random(3), 0.0
        self._shifted, self._clock = 0.0, time.monotonic()
        self._events: list[tuple[float, int, str, object]] = []
        self._number = 0
        self._bells: list[ClaimedLane] = []
        self._free = sizes.workers

    def run(self, *, flood: bool) -> tuple[list[float], int]:
        """Seconds from announcement to purchase of the other shops' orders, and how many viral ones were bought."""
        shops = sorted(self._world.lanes)
        viral, others = shops[0], shops[1:]
        self._arrivals(others)
        if flood:
            self._at(self._sizes.flood_at, "order", (viral, self._sizes.flood))
        self._at(0.0, "tick", None)
        while self._events and self._events[0][0] <= self._sizes.seconds:
            self._now, _number, kind, what = heapq.heappop(self._events)
            getattr(self, f"_{kind}")(what)
        took = [seconds for shop in others for seconds in self._world.took[shop]]
        return took, len(self._world.took[viral])

    def _arrivals(self, others: Sequence[int]) -> None:
        moment = 0.0
        while (
            moment := moment + self._dice.expovariate(self._sizes.orders_per_second)
        ) < self._sizes.seconds:
            self._at(moment, "order", (self._dice.choice(others), 1))

    def _at(self, moment: float, kind: str, what: object) -> None:
        self._number += 1
        heapq.heappush(self._events, (moment, self._number, kind, what))

    def _order(self, what: tuple[int, int]) -> None:
        shop, count = what
        self._add(self._world.lanes[shop]["orders"], [self._now] * count)

    def _add(self, lane: int, born: list[float]) -> None:
        self._world.born[lane] += born
        with self._moment() as session:
            session.execute(_WAKE, {"id": lane})
            session.commit()

    def _tick(self, _what: object) -> None:
        """The dispatcher's round, with its own arithmetic of room."""
        room = self._sizes.workers * 3 - len(self._bells)
        if room > 0:
            with self._moment() as session:
                self._bells += claim_due(session, room, LEASE, self._sizes.workers)
                session.commit()
        self._ring()
        self._at(self._now + TICK, "tick", None)

    def _ring(self) -> None:
        while self._free and self._bells:
            bell = self._bells.pop(0)
            with self._moment() as session:
                turn = take(session, bell.lane_id, bell.fence, LEASE)
                session.commit()
            if turn is None:
                continue
            self._free -= 1
            born = self._world.born[turn.lane_id]
            done, self._world.born[turn.lane_id] = born[:MOST_A_TURN], born[MOST_A_TURN:]
            self._at(self._now + PER_TURN + PER_THING * len(done), "end", (turn, done))

    def _end(self, what: tuple[Turn, list[float]]) -> None:
        turn, done = what
        shop, stage = self._world.stage_of[turn.lane_id]
        more = bool(self._world.born[turn.lane_id])
        with self._moment() as session:
            if more:
                session.execute(_WAKE, {"id": turn.lane_id})
            give_back(session, turn, None, crowded=more or len(done) > HANDFUL)
            session.commit()
        self._free += 1
        if stage == STAGES[-1]:
            self._world.took[shop] += [self._now - born for born in done]
        elif done:
            self._add(self._world.lanes[shop][STAGES[STAGES.index(stage) + 1]], done)
        self._ring()

    def _moment(self) -> Session:
        """A session in which `now()` is the simulated moment: lanes are moved by what it is ahead of the real one."""
        session, clock = self._database.system_session(), time.monotonic()
        ahead = (self._now - self._shifted) - (clock - self._clock)
        self._shifted, self._clock = self._now, clock
        for shift in _SHIFTS:
            session.execute(shift, {"by": ahead})
        return session


@dataclass(frozen=True)
class Waits:
    """Seconds from announcement to purchase of the other shops' orders."""

    orders: int
    p50: float
    p95: float
    p99: float
    worst: float


@dataclass(frozen=True)
class Simulated:
    """What the simulation found, and how the claim's own time grows with the number of lanes."""

    calm: Waits
    stormy: Waits
    ratio_p95: float
    viral_bought: int
    claim_ms: dict[str, float]  # by number of lanes
    claim_ratio: dict[str, float]  # to the smallest number


def measure_simulated(
    ground: Ground, sizes: SimulatedSizes, lanes: Sequence[int] = (1_000, 10_000, 40_000)
) -> Simulated:
    """Both runs on one database, then the claim on databases of each size, in turn."""
    url = lanes_database(ground, "simulated", sizes.shops)
    database = Database(url, MASTER_KEY)
    calm, _none = _run(database, url, sizes, flood=False)
    stormy, viral = _run(database, url, sizes, flood=True)
    database.dispose()
    claims = time_claims({n: lanes_database(ground, f"lanes{n}", n // 5) for n in lanes}, sizes.claims)
    first = claims[lanes[0]]
    return Simulated(
        calm,
        stormy,
        round(stormy.p95 / calm.p95, 3),
        viral,
        {str(n): round(ms, 3) for n, ms in claims.items()},
        {str(n): round(ms / first, 2) for n, ms in claims.items()},
    )


def _run(database: Database, url: str, sizes: SimulatedSizes, *, flood: bool) -> tuple[Waits, int]:
    with psycopg.connect(url) as connection:
        connection.execute(REST)
        rows = connection.execute(
            "select shop_id, api, id from lanes where api = any(%s) and shop_id is not null", (list(STAGES),)
        ).fetchall()
    lanes: dict[int, dict[str, int]] = defaultdict(dict)
    for shop, api, lane in rows:
        lanes[shop][api] = lane
    took, viral = Simulation(database, dict(lanes), sizes).run(flood=flood)
    cuts = quantiles(took, n=100, method="inclusive")
    p50, p95, p99, worst = (round(value, 3) for value in (cuts[49], cuts[94], cuts[98], max(took)))
    return Waits(len(took), p50, p95, p99, worst), viral


def show_simulated(found: Simulated, sizes: SimulatedSizes) -> str:
    """A Markdown table and one line of JSON with everything."""
    rows = [
        f"## Fairness, simulated: {sizes.flood:,} orders at once, {sizes.shops:,} shops, {sizes.workers} workers",
        "",
        "| announcement to purchase, the other shops | orders | p50 s | p95 s | p99 s | max s |",
        "|---|---|---|---|---|---|",
    ]
    for title, one in (("without the viral shop", found.calm), ("with it", found.stormy)):
        rows.append(
            f"| {title} | {one.orders} | {one.p50:.2f} | {one.p95:.2f} | {one.p99:.2f} | {one.worst:.2f} |"
        )
    claims = ", ".join(
        f"{int(n):,} lanes {found.claim_ratio[n]:.2f} ({ms:.2f} ms)" for n, ms in found.claim_ms.items()
    )
    rows += [
        "",
        f"p95 with the viral shop over p95 without: {found.ratio_p95:.2f}."
        f" Of its orders {found.viral_bought:,} were bought.",
        f"One claim of 20 lanes, time against the smallest house: {claims}.",
        "",
        json.dumps({"simulated": asdict(found), "sizes": asdict(sizes)}),
        "",
    ]
    return "\n".join(rows)
