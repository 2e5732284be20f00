"""Supplier webhooks in the inbox: stored unverified by the door, verified by the worker that has the secret."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from agency.models.inbox import InboxItem


@dataclass(frozen=True)
class Letter:
    """A supplier's webhook: lower-case headers and the exact bytes."""

    id: int
    headers: Mapping[str, str] = field(repr=False)
    raw: bytes = field(repr=False)


def list_letters(session: Session, supplier_id: int, limit: int = 100) -> list[Letter]:
    """Letters that nobody has looked at, oldest first."""
    query = (
        select(InboxItem)
        .where(InboxItem.supplier_id == supplier_id, InboxItem.handled_at.is_(None))
        .order_by(InboxItem.id)
        .limit(limit)
    )
    return [
        Letter(item.id, dict(item.payload.get("headers", {})), str(item.payload.get("raw", "")).encode())
        for item in session.scalars(query)
    ]


def close_letters(session: Session, ids: Sequence[int], outcome: str) -> None:
    """Marks letters as dealt with and drops their text, which may name a buyer."""
    session.execute(
        text(
            "update inbox_items set handled_at = now(), outcome = :outcome, payload = '{}'::jsonb where id = any(:ids)"
        ),
        {"ids": list(ids), "outcome": outcome},
    )
