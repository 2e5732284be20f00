"""Sign-ins whose second factor is due, and the new token that every proof brings (ASVS 5.0, 7.2.4).

A pending session opens nothing: `scope_of_session` does not know it. It lives ten minutes and is found only here.
"""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.errors import SignInRequired
from agency.domain.said import said
from agency.services.accounts import SESSION_LIFE, record_opened
from agency.services.factors import Holder
from agency.services.one_time import new_secret, secret_hash

TOO_LATE = said("This sign-in took too long, or was ended. Sign in again.")
_FIND = text(
    """
    select u.id, s.id as session_id, u.email
    from sessions s join users u on u.id = s.user_id and u.disabled_at is null
    where s.token_hash = :token_hash and s.needs_factor and s.revoked_at is null and s.expires_at > :now
    """
)
_RENEW = text(
    """
    with old as (
      select s.id, s.needs_factor, m.agency_id from sessions s join memberships m on m.id = s.membership_id
      where s.id = :session_id and s.token_hash = :token_hash for update of s
    )
    update sessions s set token_hash = :new_hash, needs_factor = false, confirmed_at = :now, last_seen_at = :now,
      expires_at = case when s.needs_factor then :expires_at else s.expires_at end
    from old where s.id = old.id and s.token_hash = :token_hash and s.revoked_at is null and s.expires_at > :now
    returning s.public_id, s.user_id, s.address, old.needs_factor as was_pending, old.agency_id
    """
)


def find_pending(session: Session, token: str) -> Holder | None:
    """Whose sign-in waits for a second factor under this token; None for any other token."""
    query = {"token_hash": secret_hash(token), "now": machine_now()}
    row = session.execute(_FIND, query).one_or_none()
    return Holder(row.id, row.session_id, row.email) if row else None


def renew_session(session: Session, session_id: int, token: str) -> str:
    """After a proof: a new token in place of `token`, fresh from now on. A pending session becomes a full one.

    Raises SignInRequired when the session ended meanwhile or has another token already.
    """
    renewed, now = new_secret(), machine_now()
    values = {
        "new_hash": secret_hash(renewed),
        "now": now,
        "expires_at": now + SESSION_LIFE,
        "session_id": session_id,
        "token_hash": secret_hash(token),
    }
    row = session.execute(_RENEW, values).one_or_none()
    if row is None:
        raise SignInRequired(TOO_LATE)
    if row.was_pending:
        record_opened(session, row.agency_id, row.user_id, str(row.public_id), row.address)
    return renewed
