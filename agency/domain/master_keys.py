"""Master keys as text: several in one string, newest first, and the short id by which a key may be spoken of."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

KEY_BYTES, ID_BYTES = 32, 4


def split_keys(text: str) -> tuple[str, ...]:
    """Keys in base64, separated by commas, newest first. Raises ValueError, which never repeats what was given."""
    keys = {key_id(part): part for part in (each.strip() for each in text.split(","))}
    return tuple(keys.values())


def key_id(key: str) -> str:
    """Eight hex digits: one way from the key, and too few to say anything about it."""
    return hmac.new(raw_key(key), b"shopfleet master key id", hashlib.sha256).digest()[:ID_BYTES].hex()


def raw_key(key: str) -> bytes:
    """The 32 bytes. Raises ValueError for anything else."""
    try:
        raw = base64.b64decode(key, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != KEY_BYTES:
        raise ValueError(
            "a master key must be base64 of exactly 32 bytes; make one with `openssl rand -base64 32`"
        )
    return raw
