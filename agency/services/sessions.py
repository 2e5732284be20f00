"""A person's own signed-in devices: listed, ended one by one or all at once, and tidied when they are long over.

All on the system login, since sessions belong to people and not to an agency: every statement is held to the caller's
own user id.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.devices import device_label
from agency.domain.errors import NotFound
from agency.services.audit import Act, record_act
from agency.services.callers import SESSION_IDLE, SignedIn
from agency.services.public_ids import as_public_id

KEPT_FOR = timedelta(days=90)  # how long a session that is over can still be looked up after an incident

_LIVE = (
    "s.user_id = :user_id and s.revoked_at is null and s.expires_at > :now and s.last_seen_at > :idle_since"
)
_LIST = text(
    f"""
    select s.id, s.public_id, s.device, s.address, s.created_at, s.last_seen_at from sessions s
    where {_LIVE} and not s.needs_factor order by s.id = :own_id desc, s.last_seen_at desc, s.id
    """  # noqa: S608 - made of constants
)
_END_ONE = text(
    f"update sessions s set revoked_at = :now where {_LIVE} and s.public_id = :public_id returning s.public_id"  # noqa: S608
)
_END_OTHERS = text(
    f"update sessions s set revoked_at = :now where {_LIVE} and s.id <> :own_id returning s.needs_factor"  # noqa: S608
)
_TIDY = text("delete from sessions where least(expires_at, revoked_at) < :before")


@dataclass(frozen=True)
class DeviceRow:
    """One signed-in device. `device` is what it calls itself; `last_used_at` is exact to five minutes."""

    session_id: str
    device: str
    address: str
    signed_in_at: datetime
    last_used_at: datetime
    is_this: bool


def list_devices(caller: SignedIn, session: Session) -> tuple[DeviceRow, ...]:
    """The caller's live sessions, this one first, then the ones used last."""
    return tuple(
        DeviceRow(
            session_id=str(row.public_id),
            device=device_label(row.device),
            address=row.address,
            signed_in_at=row.created_at,
            last_used_at=row.last_seen_at,
            is_this=row.id == caller.session_id,
        )
        for row in session.execute(_LIST, _own(caller))
    )


def end_device(caller: SignedIn, session: Session, session_id: str) -> None:
    """Signs one of the caller's own devices out. Raises NotFound for any other id, and for one that is over."""
    wanted = as_public_id(session_id, "Session")
    if session.execute(_END_ONE, _own(caller) | {"public_id": wanted}).one_or_none() is None:
        raise NotFound("Session")
    record_act(caller.scope, session, Act("session.ended", "session", str(wanted)))


def end_other_devices(caller: SignedIn, session: Session) -> int:
    """Signs out every device but this one, those that wait for a second factor too; returns how many were signed in."""
    ended = session.execute(_END_OTHERS, _own(caller)).all()
    count = sum(not row.needs_factor for row in ended)
    if ended:
        record_act(caller.scope, session, Act("session.others_ended", "session", details={"count": count}))
    return count


def tidy_sessions(session: Session) -> int:
    """Deletes sessions that ended more than 90 days ago; returns how many. Repeating it changes nothing."""
    result = session.execute(_TIDY, {"before": machine_now() - KEPT_FOR})
    return int(result.rowcount)  # type: ignore[attr-defined]


def _own(caller: SignedIn) -> dict[str, Any]:
    now = machine_now()
    return {
        "user_id": caller.scope.user_id,
        "own_id": caller.session_id,
        "now": now,
        "idle_since": now - SESSION_IDLE,
    }
