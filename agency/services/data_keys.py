"""The clients' data keys: held while something is sealed, added, wrapped anew, destroyed.

Whoever seals holds the newest version's row (FOR KEY SHARE) until its transaction ends, and whoever deletes a version
takes the row FOR UPDATE first: so no value can arrive under a version after it was found unused. Nothing is remembered
beyond a transaction, so that a running process never works with a key that is gone.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Row, delete, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from agency.domain.errors import Conflict, NotFound
from agency.domain.scope import Scope
from agency.models.clients import Client, ClientKey
from agency.services.master_keys import CannotOpen, MasterKey, find_master

MEMO = "data_keys"  # where a session keeps what its transaction has opened
_COLUMNS = (ClientKey.client_id, ClientKey.version, ClientKey.wrapped_key, ClientKey.master_key_id)


@dataclass(frozen=True)
class DataKey:
    """One version of a client's data key, unwrapped."""

    version: int
    raw: bytes = field(repr=False)


def hold_newest(scope: Scope, session: Session, masters: Sequence[MasterKey], client_id: int) -> DataKey:
    """The version to seal with, held to the end of the transaction; made when there is none.

    Raises Conflict when the client's keys were destroyed, CannotOpen when the master key is not known.
    """
    query = select(*_COLUMNS).where(ClientKey.client_id == client_id)
    newest = query.order_by(ClientKey.version.desc()).limit(1).with_for_update(read=True, key_share=True)
    for _attempt in range(3):
        # A version that is deleted while we wait for its row is no answer; the next look sees the newer one.
        row = session.execute(newest).one_or_none()
        if row is not None:
            return DataKey(row.version, _unwrap(masters, row))
        add_version(scope, session, masters[0], client_id)
    raise CannotOpen("the client's data keys changed three times in a row")


def find_data_key(session: Session, masters: Sequence[MasterKey], client_id: int, version: int) -> DataKey:
    """The version that a value names. Raises CannotOpen when it is gone or its master key is not known."""
    query = select(*_COLUMNS).where(ClientKey.client_id == client_id, ClientKey.version == version)
    row = session.execute(query).one_or_none()
    if row is None:
        raise CannotOpen(f"no data key {version} of this client")
    return DataKey(version, _unwrap(masters, row))


def add_version(scope: Scope, session: Session, master: MasterKey, client_id: int) -> None:
    """Adds the next version, unless somebody else did so at this moment.

    Raises NotFound for a client of another agency, Conflict when the client's keys were destroyed.
    """
    # Held against `shred_client_keys`, so that no key comes into being behind its back.
    query = select(Client.keys_shredded_at).where(Client.id == client_id).with_for_update(read=True)
    client = session.execute(query).one_or_none()
    if client is None:
        raise NotFound("Client")
    if client.keys_shredded_at is not None:
        raise Conflict("This client's keys were destroyed; nothing more can be stored sealed for it.")
    last = session.scalar(select(func.max(ClientKey.version)).where(ClientKey.client_id == client_id))
    version = (last or 0) + 1
    values = {
        "agency_id": scope.agency_id,
        "client_id": client_id,
        "version": version,
        "wrapped_key": master.wrap(_place(client_id, version), os.urandom(32)),
        "master_key_id": master.id,
    }
    session.execute(insert(ClientKey).values(**values).on_conflict_do_nothing())


def rewrap_batch(
    session: Session, masters: Sequence[MasterKey], after: tuple[int, int], limit: int
) -> tuple[int, int, tuple[int, int] | None]:
    """Wraps data keys anew under the newest master key, in order of (client, version) behind `after`.

    Returns how many were wrapped, how many no known master key opens, and where to go on (None = at the end).
    """
    here = tuple_(ClientKey.client_id, ClientKey.version)
    query = select(*_COLUMNS).where(here > after, ClientKey.master_key_id != masters[0].id)
    rows = session.execute(query.order_by(here).limit(limit)).all()
    done = failed = 0
    for row in rows:
        try:
            wrapped = masters[0].wrap(_place(row.client_id, row.version), _unwrap(masters, row))
        except CannotOpen:
            failed += 1
            continue
        same = (ClientKey.client_id == row.client_id, ClientKey.version == row.version)
        unchanged = update(ClientKey).where(*same, ClientKey.wrapped_key == row.wrapped_key)
        values = {"wrapped_key": wrapped, "master_key_id": masters[0].id}
        result = session.execute(unchanged.values(**values).execution_options(synchronize_session=False))
        done += result.rowcount  # type: ignore[attr-defined]
    return done, failed, (rows[-1].client_id, rows[-1].version) if rows else None


def shred_client_keys(scope: Scope, session: Session, client_id: int) -> int:
    """Destroys a client's data keys, and with them everything sealed for it, in backups of values too.

    Waits for transactions that are sealing. Afterwards nothing can be sealed for the client. Returns how many versions
    there were; a second call finds none. Raises Forbidden unless an owner asks, NotFound for a foreign client.
    """
    scope.require_owner()
    mark = update(Client).where(Client.id == client_id)
    mark = mark.values(keys_shredded_at=func.coalesce(Client.keys_shredded_at, func.now()))
    quiet = {"synchronize_session": False}
    if not session.execute(mark, execution_options=quiet).rowcount:  # type: ignore[attr-defined]
        raise NotFound("Client")
    gone = session.execute(delete(ClientKey).where(ClientKey.client_id == client_id), execution_options=quiet)
    session.info.pop(MEMO, None)
    return int(gone.rowcount)  # type: ignore[attr-defined]


def _unwrap(masters: Sequence[MasterKey], row: Row[int, int, bytes, str]) -> bytes:
    if not row.master_key_id:  # wrapped before the id was written down
        tries = [master.unwrap(f"client_keys|{row.client_id}", row.wrapped_key) for master in masters]
        found = next((raw for raw in tries if raw is not None), None)
    else:
        master = find_master(masters, row.master_key_id)
        found = master.unwrap(_place(row.client_id, row.version), row.wrapped_key) if master else None
    if found is None:
        which = row.master_key_id or "of an earlier time"
        raise CannotOpen(f"the master key {which} that wrapped this client's key is not configured")
    return found


def _place(client_id: int, version: int) -> str:
    return f"client_keys.wrapped_key:{version}|{client_id}"
