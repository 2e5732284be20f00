"""What was spent of a client's money today, as the limits count it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

_SPENT = text(
    """
    select coalesce(sum(coalesce(actual_minor, expected_minor)), 0) from purchases
    where client_id = :client_id and state not in ('refused', 'cancelled') and decision ->> 'planned_at' >= :since
    """
)


def spent_today(session: Session, client_id: int, now: datetime) -> int:
    """Minor units of what was planned since midnight UTC and not refused or cancelled; `now` is shop time."""
    day_start = now.replace(hour=0, minute=0, second=0, microsecond=0)
    values = {"client_id": client_id, "since": day_start.isoformat()}
    return int(session.execute(_SPENT, values).scalar_one())
