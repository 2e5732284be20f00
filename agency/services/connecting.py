"""Connecting a shop by our own link: the `state` that we give out, and the code that comes back with it."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.errors import Invalid
from agency.domain.scope import Scope
from agency.lanes import add_lane, make_due
from agency.models.clients import Client
from agency.models.shops import Authorization, ConnectRequest
from agency.services.audit import Act, record_act
from agency.services.client_status import require_present, require_present_id
from agency.services.public_ids import as_public_id
from agency.services.sealing import Keyring
from agency.services.shops import code_place
from agency.services.visibility import get_visible

LINK_LIFE = timedelta(minutes=30)  # as long as TikTok's own code lives
LONGEST_CODE = 1024  # characters; TikTok's codes have about a hundred


def request_connection(scope: Scope, session: Session, client_public_id: str, session_id: int = 0) -> str:
    """Starts connecting a client's shops; returns the `state` to put into TikTok's link. Single use, 30 minutes.

    The answer is taken in the same sign-in session only (`session_id`; ASVS 5.0, 10.2.1).
    """
    scope.require_write()
    client = get_visible(
        scope, session, Client, "Client", Client.public_id == as_public_id(client_public_id, "Client")
    )
    require_present(client)
    state = secrets.token_urlsafe(32)
    session.add(
        ConnectRequest(
            agency_id=scope.agency_id,
            client_id=client.id,
            state_hash=_state_hash(session_id, state),
            user_id=scope.user_id,
            expires_at=machine_now() + LINK_LIFE,
        )
    )
    session.flush()
    return state


def accept_connection(
    scope: Scope, session: Session, keyring: Keyring, state: str, code: str, session_id: int = 0
) -> str:
    """Takes TikTok's one-time code for a link that we gave out; the auth lane exchanges it. Returns its public id.

    Raises Invalid for an unknown, used or expired link, or one that was asked for by another person or in another
    session.
    """
    scope.require_write()
    check_code(code)
    digest = _state_hash(session_id, state)
    request = session.scalars(
        select(ConnectRequest).where(ConnectRequest.state_hash == digest).with_for_update()
    ).one_or_none()
    now = machine_now()
    if (
        request is None
        or request.used_at is not None
        or request.expires_at < now
        or request.user_id != scope.user_id
    ):
        raise Invalid("state", "This link was used already or has expired. Start again with Connect a shop.")
    request.used_at = now
    return start_exchange(scope, session, keyring, request.client_id, code)


def check_code(code: str) -> None:
    """Raises Invalid when TikTok brought no code: the seller said no ("null"), or nobody asked."""
    if not code or code == "null" or len(code) > LONGEST_CODE:
        raise Invalid(
            "code", "TikTok did not give access. Open the link again and confirm, as the shop's owner."
        )


def start_exchange(scope: Scope, session: Session, keyring: Keyring, client_id: int, code: str) -> str:
    """Seals a code for a client and wakes the auth lane that exchanges it. Returns the authorisation's public id.

    Raises Conflict for a client that has left.
    """
    require_present_id(session, client_id)
    authorization = Authorization(agency_id=scope.agency_id, client_id=client_id)
    session.add(authorization)
    session.flush()
    place = code_place(authorization.id)
    authorization.sealed_code = keyring.seal(scope, session, client_id, place, code.encode())
    session.flush()
    keys: dict[str, Any] = {"agency_id": scope.agency_id, "client_id": client_id}
    add_lane(session, **keys, api="auth", authorization_id=authorization.id)
    make_due(session, api="auth", authorization_id=authorization.id)
    record_act(
        scope, session, Act("shop.connected", "authorization", str(authorization.public_id), client_id)
    )
    return str(authorization.public_id)


def _state_hash(session_id: int, state: str) -> bytes:
    return hashlib.sha256(f"{session_id}:{state}".encode()).digest()
