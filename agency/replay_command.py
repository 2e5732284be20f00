"""`shopfleet doctor --replay`: rebuilds every order from its changes and says how many are exactly their rows."""

from __future__ import annotations

import sys

from sqlalchemy import text

from agency.boot import Booted
from agency.domain.scope import worker_scope
from agency.extensions import Database
from agency.services.replay import Replayed, replay_all
from agency.transaction import system_transaction, transaction

_MOST_LINES = 20


def differences_of_all(database: Database, agency_id: int) -> Replayed:
    """Rebuilds all orders of one agency and compares them with their rows; safe while everything goes on."""
    with transaction(database, worker_scope(agency_id, "rule:replay")) as session:
        return replay_all(session)


def tell_replay(booted: Booted) -> int:
    """Prints one line, and one for each of the first 20 differences. Exit code 1 when there is any."""
    with system_transaction(booted.database) as session:
        agencies = list(session.scalars(text("select id from agencies order by id")))
    found = [differences_of_all(booted.database, agency_id) for agency_id in agencies]
    orders, exact = (sum(getattr(one, name) for one in found) for name in ("orders", "exact"))
    sys.stdout.write(f"Replay: {exact} of {orders} orders rebuild from their changes to exactly their rows\n")
    wrong = [line for one in found for line in (*map(str, one.differences), *one.broken)]
    for line in wrong[:_MOST_LINES]:
        sys.stdout.write(f"  {line}\n")
    if len(wrong) > _MOST_LINES:
        sys.stdout.write(f"  and {len(wrong) - _MOST_LINES} more\n")
    return 1 if wrong else 0
