"""A whole small agency at work: the simulator in this process, a real database, and turns that are served one by one.

Nothing here waits. `pass_time` moves the simulator's shop clock and ours together and lets as much machine time pass by
moving every machine time that is written down the same span into the past. `work` serves due lanes until none is due.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
from sqlalchemy import select
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from agency.clock import Clock
from agency.config import Settings
from agency.domain.outbound import read_allowance
from agency.domain.scope import Scope
from agency.lanes import claim_due
from agency.models.attention import Attention
from agency.models.orders import Order
from agency.models.parcels import Parcel
from agency.models.purchasing import Purchase
from agency.simulator.clock import ShopClock
from agency.simulator.order_book import SimOrder, find_order, save_order
from agency.simulator.server import RunningSimulator, start
from agency.transaction import system_transaction, transaction
from tests.databases import MASTER_KEY, TestDatabase
from tests.servers import generous_limits, redis_url
from workers.context import build_context
from workers.runtime import serve

MONDAY = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)  # the week before Thanksgiving, 04:00 in New York
APP_KEY, APP_SECRET = "fake-app-key", "fake-app-secret"
LEASE, ROOM = 30.0, 50
MOST_TURNS = 300  # far above what any story needs: a lane that never sleeps is a fault

# Machine times that are written down; an hour that passes is an hour less until each of them.
MACHINE_TIMES = {
    "lanes": ("due_at", "lease_until"),
    "effects": ("next_at", "sent_at"),
    "purchases": ("next_at", "claimed_until"),
    "shops": ("last_read_at", "last_order_at", "counted_at", "read_failed_at", "restored_at", "reread_at"),
    "suppliers": ("relisted_at",),
    "read_cycles": ("created_at", "ended_at"),
    "inbox_items": ("retry_at",),
    "authorizations": ("access_expires_at", "refresh_expires_at"),
}


class Journey:
    """The agency, its outside world and the clock of both."""

    def __init__(self, folder: Path, made: TestDatabase) -> None:
        epoch = datetime.now(UTC)
        shop_clock = ShopClock(MONDAY.timestamp(), epoch.timestamp(), 1.0)
        self.simulator: RunningSimulator = start(
            str(folder / "world.sqlite"), app_key=APP_KEY, app_secret=APP_SECRET, clock=shop_clock
        )
        self.url = self.simulator.url
        self.stage = httpx.Client(base_url=self.url, timeout=20.0)
        self.database = made.database
        self.owner_url = (
            make_url(made.owner_url).set(drivername="postgresql").render_as_string(hide_password=False)
        )
        self.settings = Settings(
            data_dir=folder,
            master_key=MASTER_KEY,
            tiktok_api_url=self.url,
            tiktok_auth_url=self.url,
            tiktok_authorize_url=f"{self.url}/open/authorize",
            tiktok_app_key=APP_KEY,
            tiktok_app_secret=APP_SECRET,
            clock_origin=MONDAY,
            clock_epoch=epoch,
            outside_timeout=2.0,
            lane_lease=LEASE,
            outbound_allow=read_allowance("127.0.0.1"),
            redis_url=redis_url(),
            limits=generous_limits(),
        )
        self.context = build_context(self.settings, made.database, MASTER_KEY)
        self.agency_id = 0
        self.user_id = 0
        self.clients: dict[str, int] = {}
        self.suppliers: dict[str, str] = {}  # name -> public id

    def close(self) -> None:
        """Ends the outside world."""
        self.stage.close()
        self.context.reads.close()
        self.simulator.stop()

    # --- time ------------------------------------------------------------------------------------------------------

    @property
    def now(self) -> datetime:
        """Shop time."""
        return self.context.clock.now()

    def pass_time(self, span: timedelta) -> None:
        """Lets shop time and machine time pass, and everything outside that falls due happen."""
        clock = self.context.clock
        assert clock.origin is not None
        self.context = replace(self.context, clock=Clock(clock.origin + span, clock.epoch, clock.rate))
        self.sim("clock", advance_seconds=span.total_seconds())
        with psycopg.connect(self.owner_url) as owner:
            for table, columns in MACHINE_TIMES.items():
                moved = ", ".join(f"{column} = {column} - %(span)s" for column in columns)
                owner.execute(f"update {table} set {moved}", {"span": span})
        self.sim("tick")

    def work(self) -> int:
        """Serves every due lane until none is due; returns the number of turns."""
        served = 0
        while True:
            with system_transaction(self.database) as session:
                claimed = claim_due(session, ROOM, LEASE)
            if not claimed:
                return served
            for lane in claimed:
                assert serve(self.context, lane.lane_id, lane.fence)
                served += 1
            assert served < MOST_TURNS, "a lane is due again and again"

    def live(self, hours: float, steps: int = 1) -> None:
        """Works, lets the time pass in so many steps, and works after each."""
        self.work()
        for _ in range(steps):
            self.pass_time(timedelta(hours=hours / steps))
            self.work()

    def live_until(self, reached: Callable[[], bool], step_hours: float = 3, most_hours: float = 240) -> None:
        """Lives on until something is true; fails when it does not become true in time."""
        self.work()
        passed = 0.0
        while not reached():
            assert passed < most_hours, f"not reached within {most_hours} hours of shop time"
            self.pass_time(timedelta(hours=step_hours))
            self.work()
            passed += step_hours

    # --- the outside -----------------------------------------------------------------------------------------------

    def sim(self, action: str, **body: Any) -> dict[str, Any]:
        """One call to the simulator's director's chair."""
        answer = self.stage.post(f"/_sim/{action}", json=body)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def books(self) -> dict[str, Any]:
        """What really happened, by the outside's own record."""
        found: dict[str, Any] = self.stage.get("/_sim/books").json()
        return found

    def place(self, shop: str, *skus: str, **more: Any) -> str:
        """A buyer orders one unit of each sku; returns TikTok's order number."""
        lines = [{"sku_id": sku, "quantity": skus.count(sku)} for sku in dict.fromkeys(skus)]
        return str(self.sim("orders/one", shop_id=shop, lines=lines, **more)["order_id"])

    def sold(self, number: str) -> dict[str, Any]:
        """TikTok's own record of an order."""
        found: dict[str, Any] = self.books()["orders"][number]
        return found

    @contextmanager
    def tampering(self, number: str) -> Iterator[SimOrder]:
        """TikTok's own record of an order, to be changed; what has changed since is read as an update."""
        world = self.simulator.app.world
        with world.book.transaction():
            order = find_order(world.book, number)
            assert order is not None
            yield order
            order.doc["update_time"] = max(int(world.now()), order.doc["update_time"] + 1)
            save_order(world.book, order)

    def supplied(self, number: str) -> list[dict[str, Any]]:
        """What suppliers hold for an order, cancelled orders left out."""
        lines = {line["line_id"] for line in self.sold(number)["lines"]}
        return [
            order
            for order in self.books()["supplier_orders"]
            if not order["cancelled"]
            and any(lines & set(str(line["line_ref"]).split(",")) for line in order["lines"])
        ]

    # --- ours ------------------------------------------------------------------------------------------------------

    def scope(self) -> Scope:
        """The owner of the agency."""
        return Scope("staff", self.agency_id, f"user:{self.user_id}", "owner", user_id=self.user_id)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A transaction of the owner."""
        with transaction(self.database, self.scope()) as session:
            yield session

    def order(self, number: str) -> Order:
        """Our row of an order."""
        with self.session() as session:
            return session.scalars(select(Order).where(Order.tiktok_order_id == number)).one()

    def is_known(self, number: str) -> bool:
        """Whether we have seen the order."""
        with self.session() as session:
            return session.scalar(select(Order.id).where(Order.tiktok_order_id == number)) is not None

    def is_at(self, number: str, *stages: str) -> Callable[[], bool]:
        """A question for `live_until`."""
        return lambda: self.is_known(number) and self.order(number).stage in stages

    def purchases(self, number: str) -> list[Purchase]:
        """Our purchases for an order, oldest first."""
        with self.session() as session:
            query = select(Purchase).join(Order, Order.id == Purchase.order_id).order_by(Purchase.id)
            return list(session.scalars(query.where(Order.tiktok_order_id == number)))

    def place_bought(self, shop: str, *skus: str, state: str = "paid", **more: Any) -> str:
        """An order whose one purchase has come this far."""
        number = self.place(shop, *skus, **more)
        self.live_until(
            lambda: any(p.state == state for p in self.purchases(number)), step_hours=0.5, most_hours=30
        )
        return number

    def parcels(self, number: str) -> list[Parcel]:
        """The parcels of an order, oldest first."""
        with self.session() as session:
            query = select(Parcel).join(Order, Order.id == Parcel.order_id).order_by(Parcel.id)
            return list(session.scalars(query.where(Order.tiktok_order_id == number)))

    def attentions(self, number: str = "") -> dict[str, Attention]:
        """Open decisions by kind: of one order, or those of no order."""
        with self.session() as session:
            query = select(Attention).where(Attention.resolved_at.is_(None))
            if number:
                query = query.join(Order, Order.id == Attention.order_id).where(
                    Order.tiktok_order_id == number
                )
            else:
                query = query.where(Attention.order_id.is_(None))
            return {row.kind: row for row in session.scalars(query)}
