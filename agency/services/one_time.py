"""Secrets that we give out once and know again: sessions, invitations, links in mails, API tokens.

256 random bits, of which only the SHA-256 is stored. A look-up by that hash needs no comparison in constant time, since
nobody can aim at a hash.
"""

from __future__ import annotations

import hashlib
import secrets


def new_secret() -> str:
    """43 characters that fit into a URL."""
    return secrets.token_urlsafe(32)


def secret_hash(secret: str) -> bytes:
    """What is stored in its place; any text has one."""
    return hashlib.sha256(secret.encode(errors="replace")).digest()
