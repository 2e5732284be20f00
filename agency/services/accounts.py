"""Who is signed in: sessions of people, each pointing at one membership. All on the system login, before any tenant.

A session is 256 random bits in the browser and their SHA-256 here. It ends 12 hours after its last use and 30 days
after sign-in. Rights are read with it on every request, so a right that was taken away is gone at the next click.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping, text
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.errors import NotFound, SignInRequired
from agency.domain.scope import Scope
from agency.services.audit import Act, record_act_of
from agency.services.one_time import new_secret, secret_hash
from agency.services.passwords import needs_rehash, rehash, verify_password

SESSION_LIFE = timedelta(days=30)
SESSION_IDLE = timedelta(hours=12)
PENDING_LIFE = timedelta(minutes=10)  # of a session whose second factor is due
FRESH = timedelta(minutes=10)  # how long a proof of who one is counts for acts that ask for it again
_TOUCH_EVERY = timedelta(minutes=5)
_WRONG = "E-mail or password is not right. Check both and try again."


@dataclass(frozen=True)
class Membership:
    """One role of a person; `client_name` is set for client members."""

    public_id: str
    agency_name: str
    role: str
    client_name: str


@dataclass(frozen=True)
class SignedIn:
    """Who calls, as what, and what else this person could be.

    `must_enrol`: the agency asks for a second factor and this person has none yet; only their own account is open.
    `viewing`: the name of the client whose pages a team member looks at as that client sees them; empty otherwise.
    A program with an API token has a `token_id` (public), the `areas` of that token, and no session.
    """

    scope: Scope
    session_id: int
    membership_id: str
    user_name: str
    email: str
    time_zone: str
    agency_name: str
    brand_colour: str
    role: str
    client_name: str
    memberships: tuple[Membership, ...]
    confirmed_at: datetime | None = None
    must_enrol: bool = False
    viewing: str = ""
    token_id: str = ""
    areas: frozenset[str] = frozenset()


_LIVE = """
    select m.id, m.public_id, m.role, m.agency_id, m.client_ids, a.name as agency_name, a.brand_colour,
      a.requires_second_factor,
      case when m.role = 'client_member' then (select c.name from clients c where c.id = m.client_ids[1]) end
        as client_name
    from memberships m join agencies a on a.id = m.agency_id
    where m.ended_at is null
"""

_READ_SESSION = text(
    f"""
    select s.id as session_id, s.last_seen_at, s.confirmed_at, u.id as user_id, u.name as user_name, u.email,
      u.time_zone, m.public_id, m.role, m.agency_id, m.client_ids, m.agency_name, m.brand_colour, m.client_name,
      m.requires_second_factor and not exists (
        select from second_factors f where f.user_id = u.id and f.confirmed_at is not null) as must_enrol,
      (select json_agg(json_build_array(o.public_id, o.agency_name, o.role, coalesce(o.client_name, '')) order by o.id)
       from ({_LIVE} and m.user_id = s.user_id) o) as memberships
    from sessions s
    join users u on u.id = s.user_id and u.disabled_at is null
    join ({_LIVE}) m on m.id = s.membership_id
    where s.token_hash = :token_hash and s.revoked_at is null and not s.needs_factor
      and s.expires_at > :now and s.last_seen_at > :idle_since
    """  # noqa: S608 - put together from constants of this module
)

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


def is_fresh(caller: SignedIn) -> bool:
    """True while the caller's last proof of who they are counts for acts that ask for it again."""
    return caller.confirmed_at is not None and machine_now() - caller.confirmed_at < FRESH


def scope_of_session(session: Session, token: str, *, touch: bool = True) -> SignedIn | None:
    """Who holds this token, in one indexed read; None when it is unknown, ended or idle for too long.

    `touch` counts as a use; without it nothing is written.
    """
    now = machine_now()
    query = {"token_hash": secret_hash(token), "now": now, "idle_since": now - SESSION_IDLE}
    row = session.execute(_READ_SESSION, query).mappings().one_or_none()
    if row is None:
        return None
    if touch:
        _touch(session, row, now)
    return SignedIn(
        scope=_scope(row),
        session_id=row["session_id"],
        membership_id=str(row["public_id"]),
        user_name=row["user_name"],
        email=row["email"],
        time_zone=row["time_zone"],
        agency_name=row["agency_name"],
        brand_colour=row["brand_colour"],
        role=row["role"],
        client_name=row["client_name"] or "",
        memberships=tuple(Membership(*fields) for fields in row["memberships"]),
        confirmed_at=row["confirmed_at"],
        must_enrol=row["must_enrol"],
    )


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
            update sessions s set membership_id = m.id from memberships m
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


def _touch(session: Session, row: RowMapping, now: datetime) -> None:
    """Writes the last use, at most every five minutes, so that reading a page seldom writes."""
    if now - row["last_seen_at"] >= _TOUCH_EVERY:
        session.execute(
            text("update sessions set last_seen_at = :now where id = :id"),
            {"now": now, "id": row["session_id"]},
        )


def _scope(row: RowMapping) -> Scope:
    common: dict[str, Any] = {
        "agency_id": row["agency_id"],
        "actor": f"user:{row['user_id']}",
        "role": row["role"],
        "user_id": row["user_id"],
    }
    clients: list[int] | None = row["client_ids"]
    if row["role"] == "client_member":
        return Scope(login="portal", client_id=(clients or [0])[0], read_only=True, **common)
    return Scope(login="staff", client_ids=None if clients is None else frozenset(clients), **common)
