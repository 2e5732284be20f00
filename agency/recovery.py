"""`shopfleet recover`: after a restore, everything that must be true before anything is sent from this database.

    doubt, wait, erase, end keys (a transaction per agency) -> end sessions, wake lanes, vouch for the place (the last)

Until the last transaction no lane is claimed and nothing is sent, so that a run that was cut off is simply run again.
"""

from __future__ import annotations

import sys
from datetime import datetime

from sqlalchemy import text

from agency.boot import Booted
from agency.clock import Clock, machine_now
from agency.domain.scope import worker_scope
from agency.services.recoveries import (
    Recovered,
    is_at_home,
    last_sign_of_life,
    recover_agency,
    settle,
    settle_here,
)
from agency.services.restores import Gap
from agency.startup import StartupProblem
from agency.transaction import system_transaction, transaction

_NOTHING = (
    "This database is where it was; there is nothing to recover. "
    "If a copy of its disk was set back, say --since.\n"
)
_MOVED = (
    "This place is noted. Nothing was doubted, because you say that nothing ran between backup and restore.\n"
)
_BY_PEOPLE = (
    "For people: everybody signs in again; programs need new API tokens, clients new monthly links, and whoever was "
    "invited a new invitation. What people did in the gap is forgotten; Today has a row per client that says so.\n"
)


def parse_moment(words: str) -> datetime:
    """A moment with its offset, such as 2026-11-26T02:00Z. Raises StartupProblem for anything else."""
    try:
        moment = datetime.fromisoformat(words)
    except ValueError as error:
        raise StartupProblem(f"{words} is not a moment; write it like 2026-11-26T02:00Z.") from error
    if moment.tzinfo is None:
        raise StartupProblem(f"{words} has no time zone; write it like 2026-11-26T02:00Z.")
    if moment > machine_now():
        raise StartupProblem(f"{words} lies ahead; give the moment at which the backup was made.")
    return moment


def recover(booted: Booted, since: datetime | None, moved: bool) -> int:
    """Exit code 0. `since` is when the backup was made; without it the backup's own last sign of life counts."""
    say = sys.stdout.write
    with system_transaction(booted.database) as session:
        at_home, last = is_at_home(session), last_sign_of_life(session)
        agencies = [row[0] for row in session.execute(text("select id from agencies order by id"))]
        if moved:
            settle_here(session)
    if moved or (at_home and since is None):
        say(_MOVED if moved else _NOTHING)
        return 0
    start, settings = min(since or last, last), booted.settings
    clock = Clock(settings.clock_origin, settings.clock_epoch, settings.clock_rate)
    gap = Gap(clock.at(start), clock.now())
    say(f"The gap: from {start:%Y-%m-%d %H:%M:%S} UTC, the backup's last sure sign of life, until now.\n")
    for agency_id in agencies:
        with transaction(booted.database, worker_scope(agency_id, "rule:restore")) as session:
            done = recover_agency(worker_scope(agency_id, "rule:restore"), session, gap, start)
        _tell(done)
    with system_transaction(booted.database) as session:
        ended = settle(session)
    say(f"{ended} sessions were ended, every lane was woken, and this place is noted.\n{_BY_PEOPLE}")
    say(
        "Now start dispatcher, workers and mailer. Each shop buys again by itself once it has caught up, usually in a "
        "quarter of an hour: a purchase that was on its way when the old database ended may take that long to arrive.\n"
    )
    return 0


def _tell(done: Recovered) -> None:
    say = sys.stdout.write
    say(
        f"{done.agency}: {done.doubted} open writes are asked for at the vendors before anything is sent; "
        f"{done.shops} shops buy nothing until they are read again and the suppliers' lists are compared; "
        f"{done.erased} contacts erased again; ended: {done.tokens} API tokens, {done.links} monthly links, "
        f"{done.invitations} invitations.\n"
    )
    if done.blind:
        say(
            f"  A person must look at the order lists of {', '.join(done.blind)}: they find nothing by reference.\n"
        )
    if done.shelves:
        say(f"  A person must count the shelves of {', '.join(done.shelves)}.\n")
    if done.tokens_due:
        say(
            f"  TikTok may have given {', '.join(done.tokens_due)} new tokens since; if it refuses the old ones, Today "
            "asks for a new connection.\n"
        )
