"""Warming a worker before its first fork: mappers, dialects and the compiled form of the statements that turns use.

A turn is a fresh child and would compile every statement anew; that was a third of a turn's time. Here the statements
run once for an agency that does not exist, inside a transaction that is rolled back.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy.orm import Session, configure_mappers

from agency.clock import machine_now
from agency.domain.scope import Scope, worker_scope
from agency.extensions import Database
from agency.models.accounts import Agency
from agency.models.base import Base
from agency.models.clients import Client
from agency.models.shops import Shop
from agency.models.tenancy import TenantOwned
from agency.services import (
    cancellations,
    effects,
    looks,
    parcel_progress,
    planning_facts,
    settlement,
    shipping,
    shop_reads,
    stages,
    supplier_letters,
    suppliers,
    sweeps,
)

NOBODY = 0  # an id that no row has


def warm(database: Database) -> None:
    """Connects every login, compiles, and closes again: no socket crosses a fork."""
    configure_mappers()
    database.warm()
    scope = worker_scope(NOBODY)
    with database.session(scope) as session:
        for mapper in Base.registry.mappers:
            ours = mapper.class_ in (Agency, Client) or issubclass(mapper.class_, TenantOwned)
            if ours and len(mapper.primary_key) == 1:
                session.get(mapper.class_, NOBODY)
        for step in _reads(scope, session, machine_now()):
            step()
        session.rollback()
    database.dispose()


def _reads(scope: Scope, session: Session, now: datetime) -> list[Callable[[], object]]:
    ghost = Shop(
        id=NOBODY,
        agency_id=NOBODY,
        client_id=NOBODY,
        name="",
        created_at=now,
        last_read_at=now,
        read_error="",
    )
    return [
        lambda: effects.list_due(session, supplier_id=NOBODY + 1),
        lambda: effects.list_due(session, shop_id=NOBODY + 1),
        lambda: effects.next_due(session, supplier_id=NOBODY + 1),
        lambda: effects.next_due(session, shop_id=NOBODY + 1),
        lambda: shop_reads.list_open_notices(session, NOBODY, 1),
        lambda: planning_facts.due_orders(session, NOBODY, now, 1),
        lambda: planning_facts.open_lines(session, []),
        lambda: planning_facts.next_plan_time(session, NOBODY),
        lambda: stages.recompute(scope, session, [NOBODY], now),
        lambda: looks.list_awaited(session, NOBODY, 1),
        lambda: looks.next_look(session, NOBODY),
        lambda: looks.plan_first_looks(session, NOBODY, now),
        lambda: parcel_progress.follow_orders(session, [NOBODY], now),
        lambda: parcel_progress.list_watched(session, NOBODY, now, timedelta(), 1),
        lambda: parcel_progress.is_watching(session, NOBODY),
        lambda: shipping.list_new_parcels(session, NOBODY, 1),
        lambda: shipping.known_providers(session, NOBODY, now),
        lambda: settlement.list_unread(session, NOBODY, []),
        lambda: settlement.awaits_money(session, NOBODY),
        lambda: supplier_letters.list_letters(session, NOBODY),
        lambda: suppliers.list_stale_skus(session, NOBODY, now),
        lambda: sweeps.find_late_tracking(scope, session, ghost, now),
        lambda: sweeps.find_unscanned(scope, session, ghost, now),
        lambda: sweeps.wake_stuck(session, ghost, now),
        lambda: cancellations.freeze_cancelled(scope, session, [], now),
    ]
