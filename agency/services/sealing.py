"""Sealing of secrets and buyer contacts: AES-256-GCM under a data key per client, wrapped by the master key.

A client's sealed value is `1 | key version (2 bytes) | nonce (12) | ciphertext and tag`. The associated data names
table, column, client and row, so that a value moved to another row does not open. Source of the demand: TikTok's Data
Security and Privacy Review (AES-256 at rest), copy of December 2025.

What belongs to a person or to the installation and to no client (a second factor's secret, a queued mail) is sealed
under a key derived from the master key: `2 | id of the master key (4 bytes) | nonce (12) | ciphertext and tag`.
"""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import select
from sqlalchemy.orm import Session

from agency.domain.scope import Scope
from agency.models.clients import ClientKey
from agency.services.master_keys import ID_BYTES, NONCE_BYTES, decrypt, encrypt, find_key, parse_master_keys

_FORMAT, _SYSTEM_FORMAT = b"\x01", b"\x02"
_TAG_BYTES = 16


class CannotOpen(Exception):
    """The value was not sealed for this place, or the key is another one."""


class Keyring:
    """The master keys, and the clients' data keys once they were unwrapped. Lives as long as the process."""

    def __init__(self, master_key: str) -> None:
        """`master_key` is base64 of 32 bytes, or several with commas, newest first. Raises ValueError otherwise."""
        self._masters = parse_master_keys(master_key)
        self._master = self._masters[0].wrapping
        self._opened: dict[tuple[int, int], AESGCM] = {}

    def seal(self, scope: Scope, session: Session, client_id: int, place: str, value: bytes) -> bytes:
        """Seals `value` for `place` ("table.column:row"). Makes the client's data key when there is none."""
        version, key = self._newest(scope, session, client_id)
        nonce = os.urandom(12)
        sealed = key.encrypt(nonce, value, _associated(place, client_id))
        return _FORMAT + version.to_bytes(2, "big") + nonce + sealed

    def open(self, session: Session, client_id: int, place: str, sealed: bytes) -> bytes:
        """Opens what `seal` made for the same place and client. Raises CannotOpen."""
        if sealed[:1] != _FORMAT or len(sealed) < 31:
            raise CannotOpen(place)
        key = self._data_key(session, client_id, int.from_bytes(sealed[1:3], "big"))
        try:
            return key.decrypt(sealed[3:15], sealed[15:], _associated(place, client_id))
        except InvalidTag as error:
            raise CannotOpen(place) from error

    def seal_system(self, place: str, value: bytes) -> bytes:
        """Seals a value of no client for `place` ("table.column:row"). Needs no session."""
        newest = self._masters[0]
        return _SYSTEM_FORMAT + bytes.fromhex(newest.id) + encrypt(newest.system, value, place.encode())

    def open_system(self, place: str, sealed: bytes) -> bytes:
        """Opens what `seal_system` made for the same place. Raises CannotOpen, which names the place only."""
        if sealed[:1] != _SYSTEM_FORMAT or len(sealed) < 1 + ID_BYTES + NONCE_BYTES + _TAG_BYTES:
            raise CannotOpen(place)
        master = find_key(self._masters, sealed[1 : 1 + ID_BYTES].hex())
        value = decrypt(master.system, sealed[1 + ID_BYTES :], place.encode()) if master else None
        if value is None:
            raise CannotOpen(place)
        return value

    def _newest(self, scope: Scope, session: Session, client_id: int) -> tuple[int, AESGCM]:
        known = [version for client, version in self._opened if client == client_id]
        if known:
            return max(known), self._opened[client_id, max(known)]
        query = (
            select(ClientKey)
            .where(ClientKey.client_id == client_id)
            .order_by(ClientKey.version.desc())
            .limit(1)
        )
        row = session.scalars(query).one_or_none()
        if row is None:
            row = self._create(scope, session, client_id)
        return row.version, self._unwrap(row)

    def _create(self, scope: Scope, session: Session, client_id: int) -> ClientKey:
        nonce, key = os.urandom(12), os.urandom(32)
        wrapped = nonce + self._master.encrypt(nonce, key, _associated("client_keys", client_id))
        row = ClientKey(agency_id=scope.agency_id, client_id=client_id, version=1, wrapped_key=wrapped)
        session.add(row)
        session.flush()
        return row

    def _data_key(self, session: Session, client_id: int, version: int) -> AESGCM:
        found = self._opened.get((client_id, version))
        if found is not None:
            return found
        row = session.get(ClientKey, {"client_id": client_id, "version": version})
        if row is None:
            raise CannotOpen(f"no data key {version} of this client")
        return self._unwrap(row)

    def _unwrap(self, row: ClientKey) -> AESGCM:
        try:
            key = self._master.decrypt(
                row.wrapped_key[:12], row.wrapped_key[12:], _associated("client_keys", row.client_id)
            )
        except InvalidTag as error:
            raise CannotOpen("the master key is not the one that wrapped this client's key") from error
        opened = AESGCM(key)
        self._opened[row.client_id, row.version] = opened
        return opened


def _associated(place: str, client_id: int) -> bytes:
    return f"{place}|{client_id}".encode()
