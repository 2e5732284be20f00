"""Heartbeats: which worker and dispatcher processes are alive, kept where Redis cannot lose them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

_BEAT = text(
    """
    insert into heartbeats (name, kind, pid, started_at, seen_at) values (:name, :kind, :pid, now(), now())
    on conflict (name) do update set seen_at = now(), pid = excluded.pid
    returning seen_at
    """
)
_TIDY = text("delete from heartbeats where seen_at < now() - interval '1 hour'")


def beat(session: Session, name: str, kind: str, pid: int) -> datetime:
    """Says that a process is alive (system login), and forgets those long gone; gives the database's time."""
    session.execute(_TIDY)
    seen_at: datetime = session.execute(_BEAT, {"name": name, "kind": kind, "pid": pid}).scalar_one()
    return seen_at
