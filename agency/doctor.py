"""`shopfleet doctor`: what is configured, what answers, what waits."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta

from redis.exceptions import RedisError
from sqlalchemy import text

from agency.boot import Booted
from agency.clock import Clock
from agency.domain.scope import worker_scope
from agency.extensions import connect_redis
from agency.services.erasure import KEPT_AFTER_END, read_contact_state
from agency.services.mails import read_queue
from agency.services.readiness import read_readiness
from agency.transaction import system_transaction, transaction

_LANE_LAG = timedelta(days=1)  # sweeps look every half hour of shop time; a day late means that nobody sweeps


def examine(booted: Booted) -> int:
    """Prints one line per finding; exit code 1 when something needs a hand."""
    say = sys.stdout.write
    with system_transaction(booted.database) as session:
        readiness = read_readiness(session)
        mails = read_queue(session)
        agencies = [row[0] for row in session.execute(text("select id from agencies order by id"))]
    say(f"Database: answers, {len(agencies)} agencies\n")
    try:
        connect_redis(booted.redis_url).ping()
        say("Redis: answers\n")
    except RedisError as error:
        say(f"Redis: does not answer ({type(error).__name__}). Check REDIS_URL; no data is lost by it.\n")
    where = "go out through SMTP_URL" if booted.settings.smtp_url else f"land in {booted.settings.outbox_dir}"
    say(
        f"Mails: {where}; {mails.waiting} wait, the oldest for {mails.oldest_seconds:.0f} s; "
        f"{mails.given_up} were given up in the last 30 days\n"
    )
    for reason in readiness.reasons:
        say(f"{reason}\n")
    in_time = _tell_contacts(booted, agencies)
    return 0 if readiness.ready and in_time else 1


def _tell_contacts(booted: Booted, agencies: list[int]) -> bool:
    """Says how many buyers' contacts are kept; False when some are kept a day longer than they may be."""
    settings = booted.settings
    now = Clock(settings.clock_origin, settings.clock_epoch, settings.clock_rate).now()
    kept, overdue, ends = 0, 0, list[datetime]()
    for agency_id in agencies:
        with transaction(booted.database, worker_scope(agency_id, "doctor")) as session:
            state = read_contact_state(session, now)
        kept, overdue = kept + state.kept, overdue + state.overdue
        ends += [state.oldest_end] if state.oldest_end else []
    sys.stdout.write(f"Buyer contacts: {kept} kept, {overdue} due to be erased")
    oldest = now - min(ends) if ends else timedelta()
    sys.stdout.write(f"; the oldest order ended {oldest.days} days ago\n" if ends else "\n")
    if oldest > KEPT_AFTER_END + _LANE_LAG:
        sys.stdout.write("The sweep lanes erase contacts after 30 days and are behind. Check the workers.\n")
        return False
    return True
