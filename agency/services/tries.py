"""Tries with a code or a password: at most five in a session, then the session ends and sign-in starts anew.

A try is counted before it is looked at, in a transaction of its own and one after the other, so that many requests at
once share no try. Signing in again gives no endless supply: a person has at most fifteen wrong codes an hour. Only
somebody who knows the password comes this far, and the person is told by mail.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.services.factors import Holder

MOST_IN_A_SESSION = 5
MOST_OF_A_PERSON = 15
WINDOW = timedelta(hours=1)
_LOCK = text("select id from users where id = :user_id for no key update")
_COUNT = text(
    """
    select count(*) filter (where s.id = :session_id) as here, count(*) filter (where s.needs_factor) as everywhere
    from challenges c join sessions s on s.id = c.session_id
    where s.user_id = :user_id and c.challenge = ''::bytea and c.expires_at > :now
    """
)
_ADD = text(
    """
    insert into challenges (session_id, purpose, challenge, expires_at)
    values (:session_id, :purpose, ''::bytea, :expires_at)
    """
)
_END = text("update sessions set revoked_at = :now where id = :session_id and revoked_at is null")


def count_try(session: Session, holder: Holder, purpose: str) -> bool:
    """Counts a try (`purpose` is sign_in or confirm). False when none was left; the answer is no then."""
    session.execute(_LOCK, {"user_id": holder.user_id})
    if _used_up(session, holder):
        return False
    values = {"session_id": holder.session_id, "purpose": purpose, "expires_at": machine_now() + WINDOW}
    session.execute(_ADD, values)
    return True


def end_when_used_up(session: Session, holder: Holder) -> bool:
    """After a wrong try: ends the session when that was the last one, and says whether it did so."""
    if not _used_up(session, holder):
        return False
    session.execute(_END, {"now": machine_now(), "session_id": holder.session_id})
    return True


def forget_tries(session: Session, session_id: int) -> None:
    """After a right one the count begins anew."""
    session.execute(text("delete from challenges where session_id = :id"), {"id": session_id})


def _used_up(session: Session, holder: Holder) -> bool:
    query = {"session_id": holder.session_id, "user_id": holder.user_id, "now": machine_now()}
    here, everywhere = session.execute(_COUNT, query).one()
    pending = session.scalar(
        text("select needs_factor from sessions where id = :id"), {"id": holder.session_id}
    )
    return bool(here >= MOST_IN_A_SESSION or (pending and everywhere >= MOST_OF_A_PERSON))
