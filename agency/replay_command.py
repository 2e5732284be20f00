"""`shopfleet doctor --replay`: rebuilds every order from its changes and says how many are exactly their rows."""

from __future__ import annotations

import sys

from sqlalchemy import text

from agency.boot import Booted
from agency.domain.scope import worker_scope
from agency.extensions import Database
from agency.services.replay import Replayed, differences, next_orders
from agency.transaction import system_transaction, transaction

_MOST_LINES = 20


def differences_of_all(database: Database, agency_id: int) -> Replayed:
    """Rebuilds all orders of one agency and compares them with their rows; safe while everything goes on.

    Each 200 are read in a transaction of their own, so that none stays open for as long as an agency is large.
    """
    found, last = Replayed(), 0
    while True:
        with transaction(database, worker_scope(agency_id, "rule:replay")) as session:
            if not (ids := next_orders(session, last)):
                return found
            found += differences(session, ids)
        last = ids[-1]


def tell_replay(booted: Booted) -> int:
    """Prints one line, and one for each of the first 20 differences. Exit code 1 when there is any."""
    with system_transaction(booted.database) as session:
        agencies = list(session.scalars(text("select id from agencies order by id")))
    found = sum((differences_of_all(booted.database, each) for each in agencies), Replayed())
    sys.stdout.write(
        f"Replay: {found.exact} of {found.orders} orders rebuild from their changes to exactly their rows\n"
    )
    wrong = [*map(str, found.differences), *found.broken]
    for line in wrong[:_MOST_LINES]:
        sys.stdout.write(f"  {line}\n")
    if len(wrong) > _MOST_LINES:
        sys.stdout.write(f"  and {len(wrong) - _MOST_LINES} more\n")
    return 1 if wrong else 0
