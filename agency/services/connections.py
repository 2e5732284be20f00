"""Connections that have not brought a shop yet: what is happening to them, or why TikTok said no."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.said import said
from agency.domain.scope import Scope
from agency.services.visibility import visible_sql

KEPT = timedelta(days=3)  # how long a refused attempt stays in view
_SLOW = timedelta(minutes=2)  # an exchange takes seconds
_OPEN = """
    select a.public_id, a.state, a.problem, a.created_at, c.public_id as client_public_id, c.name as client_name,
      coalesce(l.problem, '') as lane_problem
    from authorizations a join clients c on c.id = a.client_id left join lanes l on l.authorization_id = a.id
    where not exists (select from shops s where s.client_id = a.client_id and s.authorization_id >= a.id)
      and c.left_at is null
      and (a.state = 'pending' or a.created_at > :since) and {seen}
    order by a.id desc limit 10
"""


@dataclass(frozen=True)
class ConnectionRow:
    """One attempt to connect. `state` is exchanging, slow or refused; `why` says what is going on, or what to do."""

    connection_id: str
    client_id: str
    client_name: str
    state: str
    text: str
    tone: str
    why: str
    asked_at: datetime


def list_connections(scope: Scope, session: Session) -> tuple[ConnectionRow, ...]:
    """Attempts without a shop, the newest first: those under way, and those that failed in the last three days."""
    query = text(_OPEN.format(seen=visible_sql(scope, "a.client_id")))
    now = machine_now()
    return tuple(_row(row, now) for row in session.execute(query, {"since": now - KEPT}))


def _row(row: Any, now: datetime) -> ConnectionRow:
    state, words, tone, why = _state(row, now)
    return ConnectionRow(
        str(row.public_id),
        str(row.client_public_id),
        row.client_name,
        state,
        words,
        tone,
        why,
        row.created_at,
    )


def _state(row: Any, now: datetime) -> tuple[str, str, str, str]:
    if row.state in ("rejected", "revoked"):
        why = said(
            "TikTok refused: {problem}. Start again; the owner has to say yes within 30 minutes.",
            problem=row.problem.rstrip(".") or said("it gave no reason"),
        )
        return "refused", said("TikTok said no"), "bad", why
    if row.state == "active":
        why = said("TikTok said yes, but this account has no shop that may be connected here.")
        return "refused", said("No shop came"), "bad", why
    if row.lane_problem:
        why = said("Being tried again. The last try failed: {problem}", problem=row.lane_problem)
        return "slow", said("Takes longer"), "warn", why
    if now - row.created_at > _SLOW:
        return (
            "slow",
            said("Takes longer"),
            "warn",
            said("Nobody has exchanged TikTok's answer yet. Check the workers."),
        )
    return "exchanging", said("Connecting"), "", said("TikTok has said yes; its answer is being exchanged.")
