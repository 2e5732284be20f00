"""Installations that begin in TikTok's app store: a code without our `state`, parked until an owner says whose it is.

    callback without state -> parked, sealed, known to one browser -> an owner confirms the client -> the auth lane

Without that confirmation an attacker could plant his own shop in an agency by one link (tenancy facts, 6). Source for
the missing state: Partner Center, seller authorization guide, copy of 2025-12-03.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.errors import Conflict
from agency.domain.said import said
from agency.domain.scope import Scope
from agency.models.clients import Client
from agency.models.shops import ParkedInstallation
from agency.services.connecting import LINK_LIFE, check_code, start_exchange
from agency.services.public_ids import as_public_id
from agency.services.sealing import Keyring
from agency.services.visibility import get_visible

MOST_PARKED = 10_000  # rows of about 400 bytes: anybody may bring a code, so the table has an end
_GONE = said(
    "No shop waits here any more. A shop that was started in TikTok's app store is kept for "
    "30 minutes, once, in the browser that started it. Start again there, or use Connect a "
    "shop."
)


@dataclass(frozen=True)
class Waiting:
    """A parked installation, as far as a page may know it: until when it can be confirmed (machine time)."""

    until: datetime


def park_installation(session: Session, keyring: Keyring, code: str) -> str:
    """Keeps a code for 30 minutes on the system login; returns the token by which only this browser finds it.

    Raises Invalid without a code and Conflict when too many wait.
    """
    check_code(code)
    now = machine_now()
    session.execute(delete(ParkedInstallation).where(ParkedInstallation.expires_at <= now))
    parked = session.scalar(select(func.count()).select_from(ParkedInstallation)) or 0
    if parked >= MOST_PARKED:
        raise Conflict("Too many shops wait to be connected. Try again in half an hour.")
    token = secrets.token_urlsafe(32)
    digest = _hash(token)
    sealed = keyring.seal_system(parked_place(digest), code.encode())
    session.add(ParkedInstallation(token_hash=digest, sealed_code=sealed, expires_at=now + LINK_LIFE))
    session.flush()
    return token


def get_parked(session: Session, token: str) -> Waiting:
    """What waits for the holder of this token. Raises Conflict when nothing does: unknown, used or too old."""
    query = select(ParkedInstallation.expires_at).where(
        ParkedInstallation.token_hash == _hash(token), ParkedInstallation.expires_at > machine_now()
    )
    until = session.scalar(query) if token else None
    if until is None:
        raise Conflict(_GONE)
    return Waiting(until)


def take_parked(session: Session, keyring: Keyring, token: str) -> str:
    """The parked code, which is gone with this: of two that come at once, one gets it. Raises Conflict."""
    digest = _hash(token)
    query = (
        delete(ParkedInstallation)
        .where(ParkedInstallation.token_hash == digest, ParkedInstallation.expires_at > machine_now())
        .returning(ParkedInstallation.sealed_code)
    )
    sealed = session.scalar(query) if token else None
    if sealed is None:
        raise Conflict(_GONE)
    return keyring.open_system(parked_place(digest), sealed).decode()


def discard_parked(session: Session, token: str) -> None:
    """Forgets what waits for this token; nothing there changes nothing."""
    session.execute(delete(ParkedInstallation).where(ParkedInstallation.token_hash == _hash(token)))


def accept_installation(
    scope: Scope, session: Session, keyring: Keyring, client_public_id: str, code: str
) -> str:
    """Gives a parked code to a client; its auth lane exchanges it. Returns the authorisation's public id.

    Raises Forbidden unless the caller owns the agency, and NotFound for the client.
    """
    scope.require_owner()
    client = get_visible(
        scope, session, Client, "Client", Client.public_id == as_public_id(client_public_id, "Client")
    )
    return start_exchange(scope, session, keyring, client.id, code)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def parked_place(digest: bytes) -> str:
    """What the seal of a parked code is bound to; `digest` is the hash of its browser's token."""
    return f"parked_installations.sealed_code:{digest!r}"
