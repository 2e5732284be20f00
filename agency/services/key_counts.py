"""How much is sealed under which key: counts and ids of keys, nothing that is secret."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agency.models.clients import ClientKey
from agency.services.master_keys import SYSTEM_HEAD
from agency.services.sealed_columns import CLIENT_COLUMNS, SealedColumn
from agency.services.sealing import CLIENT_HEAD


@dataclass
class KeyCounts:
    """Data keys per id of the master key that wrapped them, values per (column, version, state), values per master."""

    wrapped: Counter[str] = field(default_factory=Counter)
    values: Counter[tuple[str, int, str]] = field(default_factory=Counter)
    system: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, other: KeyCounts) -> None:
        """Adds another agency's counts."""
        self.wrapped += other.wrapped
        self.values += other.values
        self.system += other.system

    def left_under(self, master_id: str) -> int:
        """How many data keys and values need that master key, or may need it (wrapped before ids were written down)."""
        values = sum(count for (_column, master), count in self.system.items() if master == master_id)
        return self.wrapped[master_id] + self.wrapped[""] + values


def count_keys(session: Session) -> KeyCounts:
    """Counts what the session's agency holds for its clients."""
    counts = KeyCounts()
    wrapped = select(ClientKey.master_key_id, func.count()).group_by(ClientKey.master_key_id)
    counts.wrapped.update(dict(session.execute(wrapped).all()))
    newest = select(ClientKey.client_id, func.max(ClientKey.version)).group_by(ClientKey.client_id)
    versions = dict(session.execute(newest).all())
    for sealed in CLIENT_COLUMNS:
        _count_values(session, sealed, versions, counts)
    return counts


def count_system(session: Session, sealed: SealedColumn, counts: KeyCounts) -> None:
    """Adds one column of no client."""
    head = func.substring(sealed.column, 2, SYSTEM_HEAD - 1).label("head")
    query = select(head, func.count()).where(sealed.column.is_not(None)).group_by("head")
    for master, count in session.execute(query):
        counts.system[str(sealed), bytes(master).hex()] += count


def _count_values(
    session: Session, sealed: SealedColumn, versions: dict[int, int], counts: KeyCounts
) -> None:
    client, head = sealed.table.c.client_id, func.substring(sealed.column, 2, CLIENT_HEAD - 1).label("head")
    query = select(client, head, func.count()).where(sealed.column.is_not(None)).group_by(client, "head")
    for client_id, written, count in session.execute(query):
        version = int.from_bytes(written, "big")
        newest = versions.get(client_id)
        state = "destroyed" if newest is None else "newest" if version == newest else "older"
        counts.values[str(sealed), version, state] += count
