"""A whole installation of its own for one test: servers, simulator, dispatcher, workers and (if wanted) the web.

    with open_town(folder, workers=2) as town:
        town.hands.kill("dispatcher"); town.place(shop, sku); town.settled()

The programs are the real ones, started by their real command lines; only a test's own entry script (`programs`) may
put another command in the place of one, to install fault points.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import psycopg
from sqlalchemy.engine import make_url

from agency.config import load_settings
from agency.demo.cast import Cast, assemble
from agency.demo.stage import Stage
from agency.embedded import EmbeddedServer
from agency.extensions import Database
from agency.services.sealing import Keyring
from agency.supervisor import Child, our_command
from tests.chaos.doors import Doors
from tests.chaos.people import House, People
from tests.chaos.processes import Hands, living_with, send
from tests.chaos.verdict import Verdict, read_verdict
from tests.chaos.waiting import NeverCame, until
from tests.databases import MASTER_KEY, create_database, drop_database
from tests.ports import closed_port

RATE, PACE = 9_600.0, 0.1  # shop seconds a second; suppliers and carriers that much quicker than in life
SETTLE_DAYS = 0.1
SHORT = {"OUTSIDE_TIMEOUT": "0.6", "LANE_LEASE": "2", "DISPATCHER_TICK": "0.05", "LOG_LEVEL": "WARNING"}
SETTLED_WITHIN = 300.0  # seconds; an undisturbed order takes about 25


@dataclass
class Town:
    """One running installation."""

    cast: Cast
    hands: Hands
    database: Database
    stage: Stage
    people: People
    http: httpx.Client = field(repr=False)
    doors: Doors | None = None
    restored: bool = False  # from a backup, so that it may have forgotten what the vendors know

    def close(self) -> None:
        """Closes what this process holds of the town."""
        self.database.dispose()
        self.http.close()
        self.stage.close()
        if self.doors is not None:
            self.doors.close()

    # --- the outside -----------------------------------------------------------------------------------------------

    def sim(self, action: str, **body: Any) -> dict[str, Any]:
        """One call to the simulator's director's chair; a simulator that is down is waited for."""
        answer = until(lambda: self._post(action, body), f"the simulator takes {action}", every=0.1)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def _post(self, action: str, body: Mapping[str, Any]) -> httpx.Response | None:
        try:
            return self.http.post(f"/_sim/{action}", json=dict(body))
        except httpx.HTTPError:
            return None

    def place(self, shop: str, *skus: str, **more: Any) -> str:
        """A buyer orders one unit of each sku, paid; returns TikTok's order number."""
        lines = [{"sku_id": sku, "quantity": skus.count(sku)} for sku in dict.fromkeys(skus)]
        return str(self.sim("orders/one", shop_id=shop, lines=lines, **more)["order_id"])

    def books(self) -> dict[str, Any]:
        """What really happened, by the outside's own record."""
        return self.stage.books()

    def server(self, name: str) -> EmbeddedServer:
        """ "redis", or "postgres" where the town has its own: `kill()` is SIGKILL, `start_again()` brings it back."""
        return next(server for server in self.cast.servers if server.name == name)

    # --- ours ------------------------------------------------------------------------------------------------------

    @property
    def owner_url(self) -> str:
        """The superuser's address of our database, for libpq."""
        return make_url(self.cast.database_url).set(drivername="postgresql").render_as_string(False)

    def rows(self, query: str, **values: Any) -> list[tuple[Any, ...]]:
        """Reads (or changes) our rows past all scopes, as the superuser."""
        with psycopg.connect(self.owner_url) as owner:
            cursor = owner.execute(query, values)
            return list(cursor.fetchall()) if cursor.description else []

    def verdict(self) -> Verdict:
        """The vendors' own books held against our rows, now."""
        return read_verdict(self.books(), self.database, self.people.agency_id, restored=self.restored)

    def settled(self, within: float = SETTLED_WITHIN) -> Verdict:
        """The verdict once every order is settled, cancelled or in front of a person and nothing is in doubt."""
        found: list[Verdict] = []

        def is_over() -> bool:
            found[:] = [self.verdict()]
            return found[0].is_over

        try:
            until(is_over, "everything is settled", within, every=0.5)
        except NeverCame as never:
            raise NeverCame(f"{never}; left: {found[0].left[:5]}, doubts: {found[0].doubts}") from None
        return found[0]


@contextmanager
def open_town(
    folder: Path,
    houses: Sequence[House],
    *,
    workers: int = 2,
    web: bool = False,
    own_server: bool = False,
    environment: Mapping[str, str] | None = None,
    programs: Mapping[str, Sequence[str]] | None = None,
    entry: Sequence[str] = (),
    doors: bool = False,
    rate: float = RATE,
    **settings: Any,
) -> Iterator[Town]:
    """Starts everything and leaves nothing behind.

    `own_server`: a PostgreSQL of its own with fsync, for tests that crash or dump it; else a database of the run's.
    `programs`: other command lines by name ("worker" for all workers); `entry`: what stands before the words of our
    commands in the place of the command line's own module. `doors`: the outside is reached through doors of the test.
    `settings` go to the simulator.
    """
    made = None if own_server else create_database("town")
    cast = _assemble(folder, "" if made is None else _libpq(made.owner_url), rate, environment or {})
    hands = Hands(folder / "logs")
    try:
        through = Doors.before(cast, houses) if doors else None
        for child in _children(cast, through, workers, web, programs or {}, entry):
            hands.add(child)
        town = _people(cast, hands, houses, through, settings, web)
        with closing(town):
            yield town
    finally:
        hands.close()
        for orphan in living_with("SHOPFLEET_DATA", str(folder)):
            send(orphan, signal.SIGKILL)
        for server in reversed(cast.servers):
            server.stop()
        if made is not None:
            drop_database(made)


def _assemble(folder: Path, url: str, rate: float, environment: Mapping[str, str]) -> Cast:
    wanted = {"SHOPFLEET_DATA": str(folder), "PORT": str(closed_port()), "SHOPFLEET_KEY": MASTER_KEY}
    settings = load_settings({**wanted, "DATABASE_URL": url})
    cast = assemble(settings, rate)
    return replace(cast, environment={**cast.environment, **SHORT, **environment})


def _libpq(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def _children(
    cast: Cast,
    doors: Doors | None,
    workers: int,
    web: bool,
    programs: Mapping[str, Sequence[str]],
    entry: Sequence[str],
) -> Iterator[Child]:
    environment = cast.environment | (doors.environment() if doors else {})
    for child in cast.children(workers):
        word = "worker" if child.name.startswith("worker") else child.name
        if word == "mailer" or (word == "web" and not web):
            continue
        words = child.argv[len(our_command()) :]
        argv = (*entry, *words) if entry and word != "simulator" else child.argv
        yield Child(child.name, tuple(programs.get(word, argv)), environment)


def _people(
    cast: Cast,
    hands: Hands,
    houses: Sequence[House],
    doors: Doors | None,
    settings: Mapping[str, Any],
    web: bool,
) -> Town:
    stage = Stage(cast.simulator_url)
    hands.start("simulator")
    until(stage.is_up, "the simulator answers")
    database = Database(cast.database_url, cast.master_key)
    urls = doors.of_houses() if doors else {}
    keyring = Keyring(cast.master_key)
    people = People(database, keyring, cast.clock, stage, cast.simulator_url, tuple(houses), urls)
    # The simulator hangs up idle connections soon, perhaps in the moment in which one is used again.
    fresh = httpx.Limits(max_keepalive_connections=0)
    http = httpx.Client(base_url=cast.simulator_url, timeout=30.0, limits=fresh)
    town = Town(cast, hands, database, stage, people, http, doors)
    wishes = {"pace": PACE, "settle_days": SETTLE_DAYS, "seed": 5, "calls_per_second": 500, **settings}
    people.settle_in(cast.web_url if web else "", wishes)
    hands.start()
    if web:
        until(lambda: _answers(cast.web_url), "the web answers", every=0.2)
    until(people.map_everything, "the shops are connected", every=0.2)
    return town


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz").status_code == 200
    except httpx.HTTPError:
        return False
