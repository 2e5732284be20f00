"""Everything of one client in one archive: CSV sheets, a README and a manifest with the SHA-256 of each file.

Rows go from the database through the compressor to the reader in pieces, so that no archive is ever held whole.
Buyers' contacts are in it only as long as they exist.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.csv_cells import Cell, csv_text
from agency.domain.scope import Scope
from agency.models.clients import Client
from agency.models.orders import Order, OrderContact
from agency.services.audit import Act, record_act
from agency.services.client_export_sheets import SHEETS
from agency.services.contacts_store import open_contact
from agency.services.public_ids import as_public_id
from agency.services.sealing import Keyring
from agency.services.visibility import get_visible

BATCH = 500  # rows that are turned into text at once
CHUNK = 64 * 1024  # bytes that are handed on at once, about
_CONTACTS = (
    "order_number",
    "masked",
    "name",
    "phone",
    "line1",
    "line2",
    "city",
    "state",
    "postal_code",
    "country",
)


@dataclass(frozen=True)
class ClientArchive:
    """An archive that can be read once: `chunks` is given a session in the caller's scope."""

    file_name: str
    chunks: Callable[[Session], Iterator[bytes]]


class _Sink:
    """Where the compressor writes; what has come is taken away piece by piece. It cannot be rewound."""

    def __init__(self) -> None:
        self._pieces = bytearray()

    def write(self, piece: bytes) -> int:
        """Keeps a piece."""
        self._pieces += piece
        return len(piece)

    def flush(self) -> None:
        """Nothing waits anywhere."""

    def take(self, least: int = 0) -> bytes:
        """What has come, once there is at least this much."""
        if len(self._pieces) < max(least, 1):
            return b""
        taken = bytes(self._pieces)
        self._pieces.clear()
        return taken


def open_archive(scope: Scope, session: Session, keyring: Keyring, client_public_id: str) -> ClientArchive:
    """Prepares the archive and writes down that it was taken. Raises Forbidden unless an owner asks, NotFound."""
    scope.require_owner()
    wanted = as_public_id(client_public_id, "Client")
    client = get_visible(scope, session, Client, "Client", Client.public_id == wanted)
    record_act(scope, session, Act("client.exported", "client", str(client.public_id), client.id))
    client_id, name, at = client.id, client.name, machine_now()
    narrow = replace(scope, client_ids=frozenset({client_id}))

    def chunks(reading: Session) -> Iterator[bytes]:
        return _archive(narrow, reading, keyring, client_id, _readme(name, at))

    return ClientArchive(f"client-{client.public_id}-{at:%Y-%m-%d}.zip", chunks)


def _archive(
    scope: Scope, session: Session, keyring: Keyring, client_id: int, readme: str
) -> Iterator[bytes]:
    sink, manifest = _Sink(), []
    # A file of its own class, which zipfile takes as a stream that cannot be rewound.
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[call-overload]
        for name, pieces in _files(scope, session, keyring, client_id, readme):
            digest, size = hashlib.sha256(), 0
            with archive.open(name, "w", force_zip64=True) as file:
                for piece in pieces:
                    raw = piece.encode()
                    digest.update(raw)
                    size += len(raw)
                    file.write(raw)
                    if ready := sink.take(CHUNK):
                        yield ready
            manifest.append({"name": name, "bytes": size, "sha256": digest.hexdigest()})
        archive.writestr("manifest.json", json.dumps({"files": manifest}, indent=2))
    yield sink.take()


def _files(
    scope: Scope, session: Session, keyring: Keyring, client_id: int, readme: str
) -> Iterator[tuple[str, Iterable[str]]]:
    yield "README.txt", (readme,)
    for sheet in SHEETS:
        yield f"{sheet.name}.csv", _sheet(session, sheet.statement, client_id)
    if scope.role == "owner":
        yield "contacts.csv", _contacts(session, keyring, client_id)


def _sheet(session: Session, statement: str, client_id: int) -> Iterator[str]:
    found = session.execute(text(statement), {"id": client_id}, execution_options={"yield_per": BATCH})
    yield csv_text([list(found.keys())])
    for batch in found.partitions():
        yield csv_text([[_cell(value) for value in row] for row in batch])


def _contacts(session: Session, keyring: Keyring, client_id: int) -> Iterator[str]:
    query = select(OrderContact, Order.tiktok_order_id).join(Order, Order.id == OrderContact.order_id)
    query = query.where(OrderContact.client_id == client_id).order_by(OrderContact.order_id)
    found = session.execute(query, execution_options={"yield_per": BATCH})
    yield csv_text([_CONTACTS])
    for batch in found.partitions():
        yield csv_text([_contact(session, keyring, contact, number) for contact, number in batch])


def _contact(session: Session, keyring: Keyring, contact: OrderContact, number: str) -> Sequence[Cell]:
    address = open_contact(session, keyring, contact).address
    return [number, _cell(contact.masked), *(getattr(address, name) for name in _CONTACTS[2:])]


def _cell(value: Any) -> Cell:
    """A value as people and programs read it; times are UTC."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, dict | list):
        return json.dumps(value, sort_keys=True)
    return value if isinstance(value, int) else str(value)


def _readme(name: str, at: datetime) -> str:
    sheets = "".join(f"{sheet.name}.csv: {sheet.about}\n" for sheet in SHEETS)
    return (
        f"Everything of {name}, as of {at:%Y-%m-%d %H:%M} UTC.\n\n{sheets}"
        "contacts.csv: buyers' contacts, as far as they are not erased; keep them as carefully as we do\n"
        "manifest.json: size and SHA-256 of each file\n\n"
        "CSV as in RFC 4180, UTF-8. Amounts are in minor units (cents) of the currency in the same row, times in UTC.\n"
        "An apostrophe in front of a cell keeps spreadsheets from taking it as a formula; it is not part of the text.\n"
    )
