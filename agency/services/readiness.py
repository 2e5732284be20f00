"""Can this installation do its work now? Ages of lanes and heartbeats, on the system login."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

HEARTBEAT_LIMIT = 60
# Seconds after which a kind of process counts as silent. The watcher shares its process with slow mail servers.
BEAT_LIMITS = {"dispatcher": HEARTBEAT_LIMIT, "worker": HEARTBEAT_LIMIT, "watcher": 300}
LANE_LIMIT = 120
NEEDED = tuple(BEAT_LIMITS)
_STARTED_BY = {"watcher": "mailer"}  # the watcher is a part of it

# An expired lease counts too: its lane waits for somebody to claim it again.
_OLDEST = text(
    """
    select coalesce(extract(epoch from now() - min(since)), 0)::float from (
      (select due_at as since from lanes where lease_until is null and due_at <= now() order by due_at limit 1)
      union all
      (select lease_until from lanes where lease_until < now() order by lease_until limit 1)
    ) waiting
    """
)
_BEATS = text(
    "select kind, extract(epoch from now() - max(seen_at))::float as age from heartbeats group by kind"
)


@dataclass(frozen=True)
class Readiness:
    """`reasons` is empty when everything needed is alive; ages are in seconds of machine time."""

    oldest_lane_seconds: float
    heartbeat_seconds: dict[str, float]
    reasons: tuple[str, ...]

    @property
    def ready(self) -> bool:
        """True when there is no reason against it."""
        return not self.reasons


def read_readiness(session: Session) -> Readiness:
    """The state of lanes and processes, each problem as one sentence; a silent database is one of them."""
    try:
        oldest, beats = read_oldest_lane(session), read_beats(session)
    except SQLAlchemyError:
        return Readiness(0.0, {}, ("The database does not answer. Check DATABASE_URL and the server.",))
    reasons = [reason for kind in NEEDED if (reason := _missing(kind, beats.get(kind)))]
    if oldest > LANE_LIMIT:
        reasons.append(
            f"The oldest due lane has waited {oldest:.0f} s; {LANE_LIMIT} s is the limit. Add workers."
        )
    return Readiness(oldest, beats, tuple(reasons))


def read_beats(session: Session) -> dict[str, float]:
    """Seconds since each kind of process last reported; a kind that never did is not there (system login)."""
    return {row.kind: float(row.age) for row in session.execute(_BEATS)}


def read_oldest_lane(session: Session) -> float:
    """Seconds for which the oldest due lane has waited (system login)."""
    return float(session.scalar(_OLDEST) or 0.0)


def _missing(kind: str, age: float | None) -> str:
    start, limit = _STARTED_BY.get(kind, kind), BEAT_LIMITS[kind]
    if age is None:
        return f"No {kind} has ever reported. Start one with `shopfleet {start}`."
    if age > limit:
        return f"No {kind} has reported for {age:.0f} s; {limit} s is the limit. Start `shopfleet {start}`."
    return ""
