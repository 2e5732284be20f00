"""Order import: `import_orders` against the same order and line rows by COPY and by one INSERT of many rows.

The import does more than the plain ways: it upserts, remembers skus, seals addresses, appends hash-chained events and
works out stage and deadline. `write_orders` alone is its one statement for orders and lines.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
from sqlalchemy import select

from agency.domain.orders import OrderSnapshot
from agency.domain.scope import Scope, worker_scope
from agency.extensions import Database, login_url
from agency.models.shops import Shop
from agency.services.order_writes import ShopKeys, write_orders
from agency.services.orders import import_orders
from agency.services.sealing import Keyring
from agency.transaction import transaction
from bench.ground import MASTER_KEY, Ground
from bench.plain_rows import Model, copy_batch, insert_batch, read_model
from bench.processes import tree_clock
from bench.report import Section
from bench.rounds import Clocks, Variant, run_rounds
from bench.seed import World
from bench.snapshots import make_snapshots

BATCH = 100
_plain_numbers = itertools.count(578_000_000_000_000_001)
_OURS = {"stage": "to_buy", "due_kind": "", "due_source": "", "due_at": None}


@dataclass
class Desk:
    """One shop, and the three ways into its database."""

    database: Database
    scope: Scope
    shop: Shop
    keyring: Keyring
    owner: psycopg.Connection[Any]
    staff: psycopg.Connection[Any]

    @property
    def begin(self) -> str:
        """What opens a transaction of the staff login in our scope."""
        return f"begin; set local app.agency_id = '{self.scope.agency_id}'"


def measure_import(ground: Ground, world: World, rounds: int, batches: int) -> Section:
    """Orders per second into a database that holds the large number of orders already."""
    desk = _open(world)
    model = _model(desk)
    chunk = BATCH * batches
    variants = [
        Variant("plain: INSERT of many rows, 100 a commit", lambda: _plain_inserts(desk, model, batches)),
        Variant("plain: COPY, 100 a commit", lambda: _plain_copies(desk, model, batches)),
        _imports("write_orders alone, 100 a commit", rounds, chunk, lambda found: _write(desk, found)),
        _imports("import_orders, 100 a commit", rounds, chunk, lambda found: _import(desk, found, BATCH)),
        _imports("import_orders, 50 a commit", rounds, chunk, lambda found: _import(desk, found, BATCH // 2)),
        _again(desk, chunk),
    ]
    clocks = Clocks(time.process_time, tree_clock(ground.postgres_pid))
    laps = run_rounds(variants, rounds, clocks)
    desk.owner.close()
    desk.staff.close()
    desk.database.dispose()
    return Section("Order import, 2 lines each", "order", variants[0].name, laps)


def _open(world: World) -> Desk:
    database = Database(world.url, MASTER_KEY)
    scope = worker_scope(world.agency_id)
    with transaction(database, scope) as session:
        shop = session.scalars(select(Shop).order_by(Shop.id).limit(1)).one()
    staff = login_url(world.url, "staff", MASTER_KEY).set(drivername="postgresql")
    return Desk(
        database,
        scope,
        shop,
        Keyring(MASTER_KEY),
        psycopg.connect(world.url, autocommit=True),
        psycopg.connect(staff.render_as_string(hide_password=False), autocommit=True),
    )


def _model(desk: Desk) -> Model:
    with transaction(desk.database, desk.scope) as session:
        made = import_orders(
            desk.scope, session, desk.keyring, desk.shop, make_snapshots(1), datetime.now(UTC)
        )
    return read_model(desk.owner, made.ids[0])


def _plain_inserts(desk: Desk, model: Model, batches: int) -> int:
    for _ in range(batches):
        insert_batch(desk.staff, model, _numbers(), desk.begin)
    return batches * BATCH


def _plain_copies(desk: Desk, model: Model, batches: int) -> int:
    for _ in range(batches):
        copy_batch(desk.owner, model, _numbers())
    return batches * BATCH


def _numbers() -> list[str]:
    return [str(next(_plain_numbers)) for _ in range(BATCH)]


def _imports(name: str, rounds: int, chunk: int, run: Callable[[list[OrderSnapshot]], int]) -> Variant:
    """A variant that gets orders nobody has seen in every round, made before the clock starts."""
    ready = [make_snapshots(chunk) for _ in range(rounds + 1)]
    return Variant(name, lambda: run(ready.pop()))


def _import(desk: Desk, snapshots: list[OrderSnapshot], batch: int) -> int:
    for start in range(0, len(snapshots), batch):
        with transaction(desk.database, desk.scope) as session:
            part = snapshots[start : start + batch]
            import_orders(desk.scope, session, desk.keyring, desk.shop, part, datetime.now(UTC))
    return len(snapshots)


def _write(desk: Desk, snapshots: list[OrderSnapshot]) -> int:
    keys = ShopKeys(desk.shop.agency_id, desk.shop.client_id, desk.shop.id)
    for start in range(0, len(snapshots), BATCH):
        part = snapshots[start : start + BATCH]
        ours = {snapshot.order_id: {**_OURS, "stage_at": snapshot.created_at} for snapshot in part}
        with transaction(desk.database, desk.scope) as session:
            write_orders(session, keys, part, ours)
    return len(snapshots)


def _again(desk: Desk, chunk: int) -> Variant:
    """The overlap of two polls: the same reads once more, which change nothing."""
    seen = make_snapshots(chunk)
    return Variant("import_orders of the same orders again", lambda: _import(desk, seen, BATCH))
