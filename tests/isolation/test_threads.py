"""Many threads, few connections, changing scopes, failures and killed backends: nobody gets another's rows."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

from agency.domain.scope import Scope
from agency.extensions import Database
from tests.databases import MASTER_KEY
from tests.isolation import figures
from tests.isolation.canaries import CLIENTS
from tests.isolation.world import World, side_of

THREADS, EACH = 8, 660  # transactions of each thread
POOLED = 2
FAILS, KILLS = 0.1, 0.01  # shares of transactions that fail in the middle, or lose their backend


@dataclass
class Load:
    """What one thread does, and what it found."""

    database: Database
    world: World
    counts: Counter[str] = field(default_factory=Counter)

    def live(self, seed: int) -> Counter[str]:
        """A new scope for each transaction."""
        dice = random.Random(seed)
        for _ in range(EACH):
            code, login = dice.choice(list(CLIENTS)), dice.choice(("staff", "portal", "system"))
            try:
                with self._session(code, login) as session:
                    self._read(session, code, login)
                    self._suffer(session, dice.random())
                    self.counts["transactions"] += 1
            except OperationalError:
                self.counts["lost"] += 1  # its backend was killed; the next transaction must find another
        return self.counts

    def _session(self, code: str, login: str) -> Session:
        if login == "system":
            return self.database.system_session()
        return self.database.session(self._scope(code, login))

    def _scope(self, code: str, login: str) -> Scope:
        side = side_of(self.world.desk, code)
        return side.scope() if login == "staff" else side.scope(
            login="portal", role="client_member", client_id=self.world.clients[code], read_only=True
        )  # fmt: skip

    def _read(self, session: Session, code: str, login: str) -> None:
        table = "shops" if login == "system" else "orders"
        rows = {row.client_id for row in session.execute(text(f"select client_id from {table}"))}
        wanted = {
            "system": set(self.world.clients.values()),
            "staff": {id_ for other, id_ in self.world.clients.items() if other[0] == code[0]},
            "portal": {self.world.clients[code]},
        }[login]
        self.counts["wrong"] += len(rows ^ wanted)

    def _suffer(self, session: Session, luck: float) -> None:
        if luck < KILLS:
            pid = session.execute(text("select pg_backend_pid()")).scalar_one()
            with psycopg.connect(self.world.desk.owner_url.replace("+psycopg", ""), autocommit=True) as owner:
                owner.execute("select pg_terminate_backend(%s, 5000)", (pid,))
            self.counts["killed"] += 1
            session.execute(text("select 1"))
        elif luck < FAILS:
            with pytest.raises(DBAPIError):
                session.execute(text("select 1 / 0"))


@pytest.fixture
def database(world: World) -> Iterator[Database]:
    made = Database(world.desk.owner_url, MASTER_KEY, pool_size=POOLED)
    for engine in made._engines.values():
        engine.pool._max_overflow = 0  # type: ignore[attr-defined]
    yield made
    made.dispose()


def test_five_thousand_transactions_on_two_connections_never_mix_tenants(
    world: World, database: Database
) -> None:
    loads = [Load(database, world) for _ in range(THREADS)]
    with ThreadPoolExecutor(THREADS) as pool:
        counts = sum(pool.map(Load.live, loads, range(THREADS)), Counter())
    figures.add("transactions", counts["transactions"])
    figures.add("wrong_rows", counts["wrong"])
    assert counts["wrong"] == 0
    assert counts["transactions"] >= 5000
    assert counts["killed"] > 10, "no backend was killed, so nothing was proved about that"
    assert counts["lost"] <= counts["killed"] * POOLED


def test_no_connection_is_lost_to_the_pool(world: World, database: Database) -> None:
    load = Load(database, world)
    load.live(99)
    for engine in database._engines.values():
        assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]
    for code in CLIENTS:
        for login in ("staff", "portal", "system"):
            with load._session(code, login) as one, load._session(code, login) as other:
                load._read(one, code, login)
                load._read(other, code, login)
    assert load.counts["wrong"] == 0
