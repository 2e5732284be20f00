"""What every turn stands on: settings, database, keys, the two clocks and the clients of the outside.

Built once per worker process before any fork: imports and TLS contexts are most of a turn's cost (jobs facts, 5).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from redis import Redis
from sqlalchemy.orm import Session

from agency.clock import Clock, machine_now
from agency.config import Settings
from agency.domain.scope import Scope, worker_scope
from agency.extensions import Database
from agency.integrations.http import ReadClient
from agency.integrations.outbound import Guard
from agency.integrations.tiktok.adapter import TikTokAdapter
from agency.integrations.tiktok.auth import TikTokAuth
from agency.integrations.tiktok.port import TikTokPort
from agency.lanes import Turn, extend
from agency.services.sealing import Keyring
from agency.services.shop_access import ShopAccess, find_access
from agency.transaction import system_transaction, transaction
from workers.pace import Paces

# The shorter, the less fresh work waits for a crowded lane; a turn around it costs 0.06 s.
TURN_SECONDS = 0.25
SHORTEST_RETRY, LONGEST_RETRY = 1.0, 300.0  # seconds of machine time
HANDFUL = 20  # things done in one turn; a lane that had more is crowded, even when nothing is left for now


@dataclass(frozen=True)
class TurnResult:
    """How a turn ended: when the lane wants to be served again (machine time; None = sleep until woken).

    `crowded`: it left work behind, or had more than a handful of things to do; None: it did not come so far.
    """

    next_due: datetime | None
    problem: str = ""
    failed: bool = False
    crowded: bool | None = False


def turn_ends() -> float:
    """The moment (`time.monotonic`) after which a turn begins nothing new, so that nobody waits long behind it."""
    return time.monotonic() + TURN_SECONDS


def retry_after(failures: int) -> float:
    """How many seconds a lane waits after so many failed turns before the last one."""
    return min(SHORTEST_RETRY * 2.0 ** min(failures, 20), LONGEST_RETRY)


class LaneLost(Exception):
    """Another worker has the lane by now; this turn stops without a word."""


@dataclass(frozen=True)
class Context:
    """One per worker process."""

    settings: Settings
    database: Database
    keyring: Keyring
    clock: Clock
    reads: ReadClient
    paces: Paces

    def scope(self, turn: Turn) -> Scope:
        """The scope of a turn comes from the lane row."""
        return worker_scope(turn.agency_id, f"worker:{turn.api}")

    @contextmanager
    def work(self, turn: Turn) -> Iterator[tuple[Scope, Session]]:
        """A transaction of the turn. Never open one around a call to the outside."""
        scope = self.scope(turn)
        with transaction(self.database, scope) as session:
            yield scope, session

    def keep(self, turn: Turn) -> None:
        """Lengthens the lease. Raises LaneLost when it is too late for that."""
        with system_transaction(self.database) as session:
            if not extend(session, turn, self.settings.lane_lease):
                raise LaneLost(f"lane {turn.lane_id}")

    def shop_access(self, turn: Turn, shop_id: int) -> ShopAccess | None:
        """Opens the shop's token and cipher; None while it may not be spoken for."""
        with self.work(turn) as (_scope, session):
            return find_access(session, self.keyring, shop_id)

    def tiktok(self, access: ShopAccess) -> TikTokPort:
        """TikTok's door for one shop."""
        return TikTokAdapter(
            self.settings.tiktok_api_url,
            self.settings.tiktok_app_key,
            self.settings.tiktok_app_secret,
            access.access_token,
            access.cipher,
            self.settings.outside_timeout,
            self.reads,
            partial(self._tiktok_pace, access.shop.id),
        )

    def _tiktok_pace(self, shop_id: int, family: str) -> None:
        self.paces.of(f"tiktok:{shop_id}:{family}", self.settings.tiktok_calls_per_second)()

    def tiktok_auth(self) -> TikTokAuth:
        """TikTok's token desk."""
        settings = self.settings
        return TikTokAuth(
            settings.tiktok_api_url,
            settings.tiktok_auth_url,
            settings.tiktok_app_key,
            settings.tiktok_app_secret,
            settings.outside_timeout,
            client=self.reads,
        )

    def after(self, shop_span: timedelta, floor: timedelta = timedelta(seconds=1)) -> datetime:
        """The machine moment that lies a span of shop time ahead, at least `floor` of machine time."""
        return machine_now() + self.clock.machine_span(shop_span, floor)


def build_context(
    settings: Settings, database: Database, master_key: str, redis: Redis | None = None
) -> Context:
    """Builds what a worker process needs; opens no socket. Without `redis` the paces are of this process alone."""
    clock = Clock(settings.clock_origin, settings.clock_epoch, settings.clock_rate)
    tiktok = Guard.to((settings.tiktok_api_url, settings.tiktok_auth_url), settings.outbound_allow)
    reads = ReadClient(settings.outside_timeout, tiktok)
    paces = Paces(redis, settings.workers)
    return Context(settings, database, Keyring(master_key), clock, reads, paces)
