"""Sealing again under the newest key, a batch at a time; and deleting a data key under which nothing is left.

Each batch is one transaction: rows that somebody else is writing are passed over (so that nobody waits for us in a
circle), and a value is replaced only if it is still the one that was opened, so that the other writer wins.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, delete, func, literal, select, tuple_, update
from sqlalchemy.orm import Session

from agency.domain.errors import Conflict
from agency.domain.scope import Scope
from agency.models.clients import ClientKey
from agency.services.sealed_columns import CLIENT_COLUMNS, SealedColumn
from agency.services.sealing import CLIENT_HEAD, CannotOpen, Keyring, client_head


@dataclass(frozen=True)
class Batch:
    """What came of one batch; `last` is the primary key to go on behind, None when no row was left."""

    last: tuple[Any, ...] | None
    resealed: int = 0
    unopened: int = 0


def list_clients_to_reseal(session: Session) -> list[int]:
    """Clients of the session's agency that have more than one version of their data key."""
    query = select(ClientKey.client_id).group_by(ClientKey.client_id).having(func.count() > 1)
    return list(session.scalars(query.order_by(ClientKey.client_id)))


def reseal_client_batch(
    scope: Scope,
    session: Session,
    keyring: Keyring,
    sealed: SealedColumn,
    client_id: int,
    after: tuple[Any, ...] | None,
    limit: int,
) -> Batch:
    """Seals up to `limit` values of one client under its newest data key."""
    newest = session.scalar(select(func.max(ClientKey.version)).where(ClientKey.client_id == client_id))
    if newest is None:
        return Batch(None)

    def again(place: str, value: bytes) -> bytes:
        return keyring.seal(scope, session, client_id, place, keyring.open(session, client_id, place, value))

    of_client = sealed.table.c.client_id == client_id
    old = _head(sealed, CLIENT_HEAD) != client_head(newest)
    return _reseal(session, sealed, and_(of_client, old), again, after, limit)


def reseal_system_batch(
    session: Session, keyring: Keyring, sealed: SealedColumn, after: tuple[Any, ...] | None, limit: int
) -> Batch:
    """Seals up to `limit` values of no client under the newest master key."""

    def again(place: str, value: bytes) -> bytes:
        return keyring.seal_system(place, keyring.open_system(place, value))

    head = keyring.masters[0].system_head
    old = _head(sealed, len(head)) != head
    return _reseal(session, sealed, old, again, after, limit)


def count_system_left(session: Session, keyring: Keyring, sealed: SealedColumn) -> int:
    """Values of no client that an older master key sealed."""
    head = keyring.masters[0].system_head
    query = select(func.count()).select_from(sealed.table).where(_head(sealed, len(head)) != head)
    return session.scalar(query) or 0


def delete_unused_keys(session: Session, client_id: int) -> tuple[int, int]:
    """Deletes the client's older data keys if no value is left under them. Returns (deleted, values left).

    Taking the rows waits for every transaction that seals under them; what those wrote is seen by the count after it.
    """
    newest = session.scalar(select(func.max(ClientKey.version)).where(ClientKey.client_id == client_id))
    if newest is None:
        return 0, 0
    old = and_(ClientKey.client_id == client_id, ClientKey.version < newest)
    older = session.scalars(
        select(ClientKey.version).where(old).order_by(ClientKey.version).with_for_update()
    ).all()
    if not older:
        return 0, 0
    left = sum(_count_older(session, sealed, client_id, older) for sealed in CLIENT_COLUMNS)
    if left:
        return 0, left
    session.execute(delete(ClientKey).where(old), execution_options={"synchronize_session": False})
    return len(older), 0


def _count_older(session: Session, sealed: SealedColumn, client_id: int, versions: Sequence[int]) -> int:
    under = _head(sealed, CLIENT_HEAD).in_([client_head(version) for version in versions])
    query = select(func.count()).select_from(sealed.table)
    return session.scalar(query.where(sealed.table.c.client_id == client_id, under)) or 0


def _head(sealed: SealedColumn, length: int) -> ColumnElement[bytes]:
    return func.substring(sealed.column, 1, length)


def _reseal(
    session: Session,
    sealed: SealedColumn,
    which: ColumnElement[bool],
    again: Callable[[str, bytes], bytes],
    after: tuple[Any, ...] | None,
    limit: int,
) -> Batch:
    rows = session.execute(_page(sealed, which, after, limit)).all()
    changed, unopened = [], 0
    for row in rows:
        try:
            changed.append((row, again(sealed.place_of(row), row._mapping[sealed.column])))
        except (CannotOpen, Conflict):  # damaged, or the client's keys were destroyed at this moment
            unopened += 1
    written = sum(_replace(session, sealed, row, value) for row, value in changed)
    last = tuple(rows[-1]._mapping[column] for column in sealed.key) if rows else None
    return Batch(last, written, unopened)


def _page(sealed: SealedColumn, which: ColumnElement[bool], after: tuple[Any, ...] | None, limit: int) -> Any:
    names = [sealed.table.c[name] for name in sealed.named_by if sealed.table.c[name] not in sealed.key]
    query = select(*sealed.key, *names, sealed.column).where(sealed.column.is_not(None), which)
    if after is not None:
        query = query.where(tuple_(*sealed.key) > tuple_(*(literal(value) for value in after)))
    return query.order_by(*sealed.key).limit(limit).with_for_update(skip_locked=True, key_share=True)


def _replace(session: Session, sealed: SealedColumn, row: Row[Any], value: bytes) -> int:
    """Compare-and-set on the old ciphertext."""
    here = [column == row._mapping[column] for column in sealed.key]
    same = update(sealed.table).where(*here, sealed.column == row._mapping[sealed.column])
    return int(session.execute(same.values({sealed.name: value})).rowcount)  # type: ignore[attr-defined]
