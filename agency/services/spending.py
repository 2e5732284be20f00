"""What was spent of clients' money today, as the limits count it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

_SPENT = text(
    """
    select client_id, sum(coalesce(actual_minor, expected_minor))::bigint as spent from purchases
    where client_id = any(:client_ids) and state not in ('refused', 'cancelled')
      and decision ->> 'planned_at' >= :since group by client_id
    """
)


def spent_by_client(session: Session, client_ids: Sequence[int], now: datetime) -> Mapping[int, int]:
    """`spent_today` of several clients; those without a purchase are left out."""
    day_start = now.replace(hour=0, minute=0, second=0, microsecond=0)
    values = {"client_ids": list(client_ids), "since": day_start.isoformat()}
    return {row.client_id: row.spent for row in session.execute(_SPENT, values)}


def spent_today(session: Session, client_id: int, now: datetime) -> int:
    """Minor units of what was planned since midnight UTC and not refused or cancelled; `now` is shop time."""
    return spent_by_client(session, [client_id], now).get(client_id, 0)
