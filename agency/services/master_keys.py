"""What master keys do: they wrap the clients' data keys, and seal what belongs to no client.

Several keys may be known at once: the first one is the newest, which seals and wraps; the others only open. Values of
no client are sealed under a key derived from the master key (HKDF-SHA256, RFC 5869), not under the master key itself.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from agency.domain.master_keys import ID_BYTES, KEY_BYTES, key_id, raw_key, split_keys

NONCE_BYTES, TAG_BYTES = 12, 16
_SYSTEM_FORMAT = b"\x02"
SYSTEM_HEAD = len(_SYSTEM_FORMAT) + ID_BYTES
_LABEL = b"shopfleet values without a client"
_EVIDENCE = b"shopfleet evidence packs"


class CannotOpen(Exception):
    """The value was not sealed for this place, or the key is another one."""


class MasterKey:
    """One master key. Holds ciphers only, so that neither its repr nor a traceback shows the key."""

    def __init__(self, key: str) -> None:
        """`key` is base64 of 32 bytes. Raises ValueError otherwise."""
        self.id = key_id(key)
        self._wrapping = AESGCM(raw_key(key))
        self._system = AESGCM(HKDF(SHA256(), KEY_BYTES, salt=None, info=_LABEL).derive(raw_key(key)))
        seed = HKDF(SHA256(), KEY_BYTES, salt=None, info=_EVIDENCE).derive(raw_key(key))
        self._signing = Ed25519PrivateKey.from_private_bytes(seed)

    def __repr__(self) -> str:
        return f"MasterKey({self.id})"

    def wrap(self, place: str, data_key: bytes) -> bytes:
        """Wraps a data key for one place."""
        return encrypt(self._wrapping, data_key, place)

    def unwrap(self, place: str, wrapped: bytes) -> bytes | None:
        """The data key, or None when this key did not wrap it for this place."""
        return decrypt(self._wrapping, wrapped, place)

    @property
    def system_head(self) -> bytes:
        """How every value begins that this key sealed for no client."""
        return _SYSTEM_FORMAT + bytes.fromhex(self.id)

    def seal_system(self, place: str, value: bytes) -> bytes:
        """`2 | id of the master key (4 bytes) | nonce (12) | ciphertext and tag`."""
        return self.system_head + encrypt(self._system, value, place)

    def open_system(self, place: str, sealed: bytes) -> bytes | None:
        """What `seal_system` of this key made for this place, else None."""
        if not sealed.startswith(self.system_head):
            return None
        return decrypt(self._system, sealed[SYSTEM_HEAD:], place)

    @property
    def evidence_key(self) -> bytes:
        """The public half of the key that signs evidence packs (Ed25519, 32 bytes)."""
        return self._signing.public_key().public_bytes_raw()

    def sign_evidence(self, message: bytes) -> bytes:
        """The signature of a pack's manifest (Ed25519, 64 bytes)."""
        return self._signing.sign(message)


def parse_master_keys(text: str) -> tuple[MasterKey, ...]:
    """Keys in base64, newest first, separated by commas. Raises ValueError, which never repeats what was given."""
    return tuple(MasterKey(key) for key in split_keys(text))


def find_master(keys: Sequence[MasterKey], wanted: str) -> MasterKey | None:
    """The key of that id, if it is among those known."""
    return next((key for key in keys if key.id == wanted), None)


def encrypt(key: AESGCM, value: bytes, place: str) -> bytes:
    """A fresh nonce and the ciphertext with its tag."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + key.encrypt(nonce, value, place.encode())


def decrypt(key: AESGCM, sealed: bytes, place: str) -> bytes | None:
    """What `encrypt` made, or None when key, place or content are not the same."""
    if len(sealed) < NONCE_BYTES + TAG_BYTES:
        return None
    try:
        return key.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place.encode())
    except InvalidTag:
        return None
