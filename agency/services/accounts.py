"""Signing in and out, and changing the workspace: sessions of people, each pointing at one membership.

A session is 256 random bits in the browser and their SHA-256 here. All on the system login, before any tenant.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.errors import NotFound, SignInRequired
from agency.domain.said import said
from agency.services.audit import Act, record_act_of
from agency.services.callers import SignedIn
from agency.services.one_time import new_secret, secret_hash
from agency.services.passwords import needs_rehash, rehash, verify_password

SESSION_LIFE = timedelta(days=30)
PENDING_LIFE = timedelta(minutes=10)  # of a session whose second factor is due
_WRONG = said("E-mail or password is not right. Check both and try again.")


_FIND_USER = text(
    """
    select u.id, u.password_hash, m.id as membership_id, m.agency_id, exists (
      select from second_factors f where f.user_id = u.id and f.confirmed_at is not null) as has_factor
    from users u
    left join lateral (
      select m.id, m.agency_id from memberships m
      left join lateral (
        select max(s.last_seen_at) as at from sessions s where s.user_id = u.id and s.membership_id = m.id
      ) used on true
      where m.user_id = u.id and m.ended_at is null order by used.at desc nulls last, m.id limit 1
    ) m on true
    where u.email = :email and u.disabled_at is null
    """
)

# Only while the hash is still the one that was checked: a change of password in between must win.
_REHASH = text("update users set password_hash = :new where id = :id and password_hash = :old")

_ADD_SESSION = text(
    """
    insert into sessions
      (token_hash, user_id, membership_id, last_seen_at, expires_at, needs_factor, confirmed_at, device, address)
    values (:token_hash, :user_id, :membership_id, :now, :expires_at, :needs_factor, :confirmed_at, :device,
      :address)
    returning public_id
    """
)

_END_SESSION = text(
    """
    update sessions s set revoked_at = :now from memberships m
    where s.token_hash = :token_hash and s.revoked_at is null and m.id = s.membership_id
    returning s.public_id, s.user_id, m.agency_id
    """
)


def sign_in(session: Session, email: str, password: str, device: str = "", address: str = "") -> str:
    """Opens a session on the membership that was used last and returns its token.

    For a person with a second factor the session opens no page until the factor was proven (`services/pending.py`).
    Raises SignInRequired with one sentence for every kind of wrong, and TooBusy.
    """
    user = session.execute(_FIND_USER, {"email": account_of(email)}).mappings().one_or_none()
    right = verify_password(user["password_hash"] if user else None, password)
    if user is None or not right or user["membership_id"] is None:
        raise SignInRequired(_WRONG)
    if needs_rehash(user["password_hash"]):
        session.execute(_REHASH, {"id": user["id"], "old": user["password_hash"], "new": rehash(password)})
    token = new_secret()
    now = machine_now()
    opened = session.execute(
        _ADD_SESSION,
        {
            "token_hash": secret_hash(token),
            "user_id": user["id"],
            "membership_id": user["membership_id"],
            "now": now,
            "expires_at": now + (PENDING_LIFE if user["has_factor"] else SESSION_LIFE),
            "needs_factor": user["has_factor"],
            "confirmed_at": None if user["has_factor"] else now,
            "device": device[:200],
            "address": address,
        },
    ).scalar_one()
    if not user["has_factor"]:
        record_opened(session, user["agency_id"], user["id"], str(opened), address)
    return token


def record_opened(session: Session, agency_id: int, user_id: int, session_id: str, address: str) -> None:
    """Writes down that a person is signed in, once every proof was given."""
    record_act_of(
        session, agency_id, f"user:{user_id}", Act("session.opened", "session", session_id), address
    )


def account_of(email: str) -> str:
    """An e-mail address as accounts are found by it; what no database can hold is left out."""
    return email.strip().lower().replace("\0", "").encode(errors="replace").decode()


def sign_out(session: Session, token: str, address: str = "") -> None:
    """Ends the session of this token; an unknown token changes nothing."""
    query = {"now": machine_now(), "token_hash": secret_hash(token)}
    ended = session.execute(_END_SESSION, query).one_or_none()
    if ended is not None:
        act = Act("session.closed", "session", str(ended.public_id))
        record_act_of(session, ended.agency_id, f"user:{ended.user_id}", act, address)


def switch_membership(session: Session, caller: SignedIn, membership_id: str) -> None:
    """Points the caller's session at another of the person's memberships. Raises NotFound for any other id."""
    if membership_id not in {membership.public_id for membership in caller.memberships}:
        raise NotFound("Membership")
    entered = session.execute(
        text(
            """
            update sessions s set membership_id = m.id, viewing_client_id = null from memberships m
            where s.id = :session_id and m.user_id = s.user_id and m.ended_at is null
              and m.public_id = cast(:membership_id as uuid)
            returning m.agency_id
            """
        ),
        {"session_id": caller.session_id, "membership_id": membership_id},
    ).one_or_none()
    if entered is not None:
        act = Act("session.switched", "membership", membership_id)
        record_act_of(session, entered.agency_id, caller.scope.actor, act, caller.scope.address)
