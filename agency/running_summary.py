"""The calm live summary of a run: orders by stage, the oldest unread shop, lost bells, doubts and errors."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import text

from agency.clock import Clock, machine_now
from agency.config import Settings
from agency.domain.orders import Stage
from agency.domain.scope import worker_scope
from agency.extensions import Database
from agency.integrations.notify.outbox import list_outbox
from agency.transaction import transaction

_STAGES = text("select stage, count(*) from orders group by stage")
_SHOPS = text(
    """
    select count(*), min(last_read_at), count(*) filter (where last_read_at is null or read_error <> '') from shops
    """
)
_LANES = text(
    """
    select coalesce(sum(lost_bells), 0), coalesce(sum(turns), 0), count(*) filter (where failures > 0),
      coalesce(max(problem) filter (where failures > 0), '') from lanes
    """
)
_OPEN = text(
    """
    select (select count(*) from attentions where resolved_at is null),
      (select count(*) from effects where state in ('sending', 'unknown')),
      (select count(*) from effects where state = 'review')
    """
)


def describe(database: Database, agency_id: int, clock: Clock) -> str:
    """Four lines for the terminal."""
    with transaction(database, worker_scope(agency_id)) as session:
        stages = {row[0]: row[1] for row in session.execute(_STAGES)}
        shops, oldest, unread = session.execute(_SHOPS).one()
        lost, turns, failing, problem = session.execute(_LANES).one()
        open_rows, doubts, reviews = session.execute(_OPEN).one()
    words = ", ".join(f"{stages[stage]} {stage.replace('_', ' ')}" for stage in Stage.ALL if stage in stages)
    age = _span(machine_now() - oldest) if oldest else "never read"
    errors = f"{failing} lanes failing ({problem})" if failing else "no lane failing"
    return (
        f"Shop time {clock.now():%a %d %b %H:%M} UTC    {sum(stages.values())} orders: {words or 'none yet'}\n"
        f"Shops {shops}, oldest read {age}, unread {unread}    {open_rows} decisions wait for a person\n"
        f"Turns {turns}, lost bells {lost}, writes in doubt {doubts}, in review {reviews}    {errors}"
    )


def describe_mails(settings: Settings, count: int = 2) -> str:
    """The newest mails of the local outbox with the link on a line of its own; empty text with a mail server."""
    if settings.smtp_url:
        return ""
    lines = []
    for mail in list_outbox(settings.outbox_dir, count):
        lines += [f"Mail to {mail.recipient}: {mail.subject}", *([mail.link] if mail.link else [])]
    return "".join(f"\n{line}" for line in lines)


def _span(age: timedelta) -> str:
    seconds = int(age.total_seconds())
    return f"{seconds} s ago" if seconds < 120 else f"{seconds // 60} min ago"
