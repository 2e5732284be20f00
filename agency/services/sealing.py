"""Sealing of secrets and buyer contacts: AES-256-GCM under a data key per client, wrapped by the master key.

A client's sealed value is `1 | key version (2 bytes) | nonce (12) | ciphertext and tag`. The associated data names
table, column, client and row, so that a value moved to another row does not open. Source of the demand: TikTok's Data
Security and Privacy Review (AES-256 at rest), copy of December 2025.

What belongs to a person or to the installation and to no client (a second factor's secret, a queued mail) is sealed
under a key derived from the master key: `2 | id of the master key (4 bytes) | nonce (12) | ciphertext and tag`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy.orm import Session, SessionTransaction

from agency.domain.scope import Scope
from agency.services.data_keys import MEMO, DataKey, find_data_key, hold_newest
from agency.services.master_keys import CannotOpen, MasterKey, decrypt, encrypt, parse_master_keys

__all__ = ["CLIENT_HEAD", "CannotOpen", "Keyring", "client_head"]

_FORMAT = b"\x01"
CLIENT_HEAD = 3


def client_head(version: int) -> bytes:
    """How every value begins that is sealed under this version of its client's data key."""
    return _FORMAT + version.to_bytes(2, "big")


@dataclass
class _Opened:
    """Data keys that one transaction has looked up; forgotten with it, so that a deleted key lives no longer."""

    transaction: SessionTransaction | None
    keys: dict[tuple[int, int], AESGCM] = field(default_factory=dict)
    newest: dict[int, int] = field(default_factory=dict)


class Keyring:
    """The master keys of the process. Knows data keys only within a transaction; many threads may share it."""

    def __init__(self, master_key: str) -> None:
        """`master_key` is base64 of 32 bytes, or several with commas, newest first. Raises ValueError otherwise."""
        self.masters: tuple[MasterKey, ...] = parse_master_keys(master_key)

    def seal(self, scope: Scope, session: Session, client_id: int, place: str, value: bytes) -> bytes:
        """Seals `value` for `place` ("table.column:row"), to be written in the same transaction.

        Makes the client's data key when there is none. Raises Conflict when the client's keys were destroyed.
        """
        opened = self._opened(session)
        version = opened.newest.get(client_id)
        if version is None:
            version = self._keep(opened, client_id, hold_newest(scope, session, self.masters, client_id))
            opened.newest[client_id] = version
        key = opened.keys[client_id, version]
        return client_head(version) + encrypt(key, value, f"{place}|{client_id}")

    def open(self, session: Session, client_id: int, place: str, sealed: bytes) -> bytes:
        """Opens what `seal` made for the same place and client. Raises CannotOpen."""
        if sealed[:1] != _FORMAT or len(sealed) < CLIENT_HEAD:
            raise CannotOpen(place)
        opened, version = self._opened(session), int.from_bytes(sealed[1:CLIENT_HEAD], "big")
        if (client_id, version) not in opened.keys:
            self._keep(opened, client_id, find_data_key(session, self.masters, client_id, version))
        value = decrypt(opened.keys[client_id, version], sealed[CLIENT_HEAD:], f"{place}|{client_id}")
        if value is None:
            raise CannotOpen(place)
        return value

    def seal_system(self, place: str, value: bytes) -> bytes:
        """Seals a value of no client for `place` ("table.column:row"). Needs no session."""
        return self.masters[0].seal_system(place, value)

    def open_system(self, place: str, sealed: bytes) -> bytes:
        """Opens what `seal_system` made for the same place. Raises CannotOpen, which names the place only."""
        for master in self.masters:
            value = master.open_system(place, sealed)
            if value is not None:
                return value
        raise CannotOpen(place)

    def sign_evidence(self, message: bytes) -> tuple[bytes, bytes]:
        """The public key and the signature of a pack's manifest, under the newest master key."""
        return self.masters[0].evidence_key, self.masters[0].sign_evidence(message)

    @property
    def evidence_keys(self) -> tuple[bytes, ...]:
        """The public keys of all master keys that are known here, the newest first."""
        return tuple(master.evidence_key for master in self.masters)

    def _opened(self, session: Session) -> _Opened:
        """What the running transaction has opened. A savepoint has its own, since rolling it back lets go of locks."""
        if not session.in_transaction():
            session.begin()
        running = session.get_nested_transaction() or session.get_transaction()
        kept: dict[Keyring, _Opened] = session.info.setdefault(MEMO, {})
        if self not in kept or kept[self].transaction is not running:
            kept[self] = _Opened(running)
        return kept[self]

    def _keep(self, opened: _Opened, client_id: int, key: DataKey) -> int:
        opened.keys[client_id, key.version] = AESGCM(key.raw)
        return key.version
