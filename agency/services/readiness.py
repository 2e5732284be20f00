"""Can this installation do its work now? Ages of lanes and heartbeats, on the system login."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

HEARTBEAT_LIMIT = 60
LANE_LIMIT = 120
NEEDED = ("dispatcher", "worker")
RESTORED = (
    "This database was restored, moved or failed over, so nothing is bought or sent from it. "
    "Run `shopfleet recover` if it is the one to go on with."
)

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
        oldest = float(session.scalar(_OLDEST) or 0.0)
        at_home = bool(session.scalar(text("select at_home()")))
        beats = {row.kind: float(row.age) for row in session.execute(_BEATS)}
    except SQLAlchemyError:
        return Readiness(0.0, {}, ("The database does not answer. Check DATABASE_URL and the server.",))
    reasons = [reason for kind in NEEDED if (reason := _missing(kind, beats.get(kind)))]
    if oldest > LANE_LIMIT:
        reasons.append(
            f"The oldest due lane has waited {oldest:.0f} s; {LANE_LIMIT} s is the limit. Add workers."
        )
    if not at_home:
        reasons.insert(0, RESTORED)
    return Readiness(oldest, beats, tuple(reasons))


def _missing(kind: str, age: float | None) -> str:
    if age is None:
        return f"No {kind} has ever reported. Start one with `shopfleet {kind}`."
    if age > HEARTBEAT_LIMIT:
        return f"No {kind} has reported for {age:.0f} s; {HEARTBEAT_LIMIT} s is the limit. Start one."
    return ""
