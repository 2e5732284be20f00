"""Master keys: what the installation's secret opens, and the short id by which a key may be spoken of.

Several keys may be known at once: the first one is the newest, which seals and wraps; the others only open. From each
key an id and a key for values without a client are derived (HKDF-SHA256, RFC 5869), each under a label of its own.
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES, NONCE_BYTES, ID_BYTES = 32, 12, 4


class MasterKey:
    """One master key. Holds ciphers only, so that neither its repr nor a traceback shows the key."""

    def __init__(self, raw: bytes) -> None:
        """`raw` is 32 bytes."""
        self.id = _derive(raw, b"shopfleet master key id", ID_BYTES).hex()
        self.wrapping = AESGCM(raw)
        self.system = AESGCM(_derive(raw, b"shopfleet values without a client", KEY_BYTES))

    def __repr__(self) -> str:
        return f"MasterKey({self.id})"


def parse_master_keys(text: str) -> tuple[MasterKey, ...]:
    """Keys in base64, newest first, separated by commas. Raises ValueError, which never repeats what was given."""
    keys = [MasterKey(_decode(part.strip())) for part in text.split(",")]
    return tuple({key.id: key for key in keys}.values())


def encrypt(key: AESGCM, value: bytes, associated: bytes) -> bytes:
    """A fresh nonce and the ciphertext with its tag."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + key.encrypt(nonce, value, associated)


def decrypt(key: AESGCM, sealed: bytes, associated: bytes) -> bytes | None:
    """What `encrypt` made, or None when key, place or content are not the same."""
    try:
        return key.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], associated)
    except (InvalidTag, ValueError):
        return None


def find_key(keys: Sequence[MasterKey], key_id: str) -> MasterKey | None:
    """The key of that id, if it is among those known."""
    return next((key for key in keys if key.id == key_id), None)


def _decode(text: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except binascii.Error:
        raw = b""
    if len(raw) != KEY_BYTES:
        raise ValueError(
            "A master key must be base64 of exactly 32 bytes; make one with `openssl rand -base64 32`."
        )
    return raw


def _derive(raw: bytes, label: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=label).derive(raw)
