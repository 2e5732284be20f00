"""Challenges for passkeys, and the count of tries with codes: both belong to one session and purpose.

    add_passkey, sign_in, confirm      a challenge lives five minutes and is taken once, whatever comes of it

Both are written in transactions of their own, so that they stay when the answer is a refusal.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.clock import machine_now

CHALLENGE_LIFE = timedelta(minutes=5)
_BYTES = 32
_FORGET = text(
    "delete from challenges where session_id = :session_id and purpose = :purpose and challenge <> ''::bytea"
)
_ADD = text(
    """
    insert into challenges (session_id, purpose, challenge, expires_at)
    values (:session_id, :purpose, :challenge, :expires_at)
    """
)
_TAKE = text(
    """
    update challenges set used_at = :now
    where session_id = :session_id and purpose = :purpose and challenge <> ''::bytea
      and used_at is null and expires_at > :now
    returning challenge
    """
)


def new_challenge(session: Session, session_id: int, purpose: str) -> bytes:
    """Fresh bytes to sign; the one before, of the same session and purpose, is forgotten."""
    challenge = secrets.token_bytes(_BYTES)
    session.execute(_FORGET, {"session_id": session_id, "purpose": purpose})
    values = {"session_id": session_id, "purpose": purpose, "challenge": challenge}
    session.execute(_ADD, values | {"expires_at": machine_now() + CHALLENGE_LIFE})
    return challenge


def take_challenge(session: Session, session_id: int, purpose: str) -> bytes:
    """The open challenge of this session and purpose, used up from now on; empty when there is none."""
    query = {"now": machine_now(), "session_id": session_id, "purpose": purpose}
    taken = session.execute(_TAKE, query).scalars().all()
    return bytes(taken[-1]) if taken else b""
