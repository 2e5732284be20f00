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
# The last of its kind stays, however old: that a kind of process has fallen silent must not be forgotten.
_TIDY = text(
    """
    delete from heartbeats h where h.seen_at < now() - interval '1 hour'
      and exists (select from heartbeats n where n.kind = h.kind and n.seen_at > h.seen_at)
    """
)


def beat(session: Session, name: str, kind: str, pid: int) -> datetime:
    """Says that a process is alive (system login), and forgets those long gone; gives the database's time."""
    session.execute(_TIDY)
    seen_at: datetime = session.execute(_BEAT, {"name": name, "kind": kind, "pid": pid}).scalar_one()
    return seen_at
