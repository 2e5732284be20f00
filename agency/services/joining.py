"""Accepting an invitation: as a new person, as somebody signed in, or as somebody whose every role has ended.

On the system login, found by the hash of the secret. Unknown, used, withdrawn and old links read the same, and so does
one whose inviter is no owner any more: nobody gives what they no longer have.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.errors import Conflict, Forbidden, Invalid
from agency.services.audit import Act, record_act_of
from agency.services.callers import SignedIn
from agency.services.mail_links import LinkGone
from agency.services.memberships import Person, add_member
from agency.services.one_time import secret_hash
from agency.services.passwords import verify_password
from agency.services.people import find_person
from agency.services.sign_up import check_time_zone

_LIVING = """
    i.token_hash = :token_hash and i.accepted_at is null and i.withdrawn_at is null and i.expires_at > :now
    and exists (select from memberships m where m.agency_id = i.agency_id and m.ended_at is null
      and m.role = 'owner' and 'user:' || m.user_id = i.invited_by)
"""
_READ = text(
    f"""
    select i.agency_id, i.email, i.role, i.expires_at, a.name as agency_name,
      (select array_agg(c.name order by c.name) from clients c
       where c.agency_id = i.agency_id and c.id = any(i.client_ids)) as client_names,
      exists (select from memberships m join users u on u.id = m.user_id
        where m.agency_id = i.agency_id and m.ended_at is null and u.email = i.email) as is_member
    from invitations i join agencies a on a.id = i.agency_id where {_LIVING}
    """  # noqa: S608 - put together from constants of this module
)
_ACCEPT = text(
    f"""
    update invitations i set accepted_at = :now where {_LIVING}
    returning i.public_id, i.agency_id, i.email, i.role, i.client_ids
    """  # noqa: S608 - the same
)


@dataclass(frozen=True)
class Offer:
    """An open invitation as the invited person reads it. `client_names` is None when it is for all clients.

    `has_account`: the address has an account, and its owner signs in. `can_sign_in` is false when every role of that
    account has ended; then the password is asked for beside the invitation.
    """

    agency_name: str
    role: str
    client_names: tuple[str, ...] | None
    email: str
    expires_at: datetime
    is_member: bool
    has_account: bool
    can_sign_in: bool


@dataclass(frozen=True)
class Newcomer:
    """What somebody without an account says about themselves."""

    name: str
    password: str = field(repr=False)
    time_zone: str = "UTC"


def read_offer(session: Session, secret: str) -> Offer:
    """The invitation behind a link; reading changes nothing. Raises LinkGone."""
    row = session.execute(_READ, _now(secret)).one_or_none()
    if row is None:
        raise LinkGone
    person = find_person(session, row.email)
    return Offer(
        row.agency_name,
        row.role,
        None if row.client_names is None else tuple(row.client_names),
        row.email,
        row.expires_at,
        row.is_member,
        person is not None,
        person is not None and person.has_workspace,
    )


def join_as_newcomer(session: Session, secret: str, new: Newcomer, address: str = "") -> str:
    """Makes account and membership and returns the address to sign in with.

    Raises LinkGone, Invalid naming the field, and Conflict when the address has an account.
    """
    row = _accept(session, secret)
    if find_person(session, row.email) is not None:
        raise Conflict("This address has an account. Sign in with it, then accept.")
    check_time_zone(new.time_zone)
    _add(session, row, Person(row.email, new.name, new.password, new.time_zone), address)
    return str(row.email)


def join_as_caller(session: Session, secret: str, caller: SignedIn) -> str:
    """Gives the caller the role; returns the new membership's public id.

    Raises LinkGone, Forbidden when the invitation is for another address, and Conflict for somebody who belongs there.
    """
    row = _accept(session, secret)
    if row.email != caller.email:
        raise Forbidden("This invitation is for another address. Sign out, then open its link again.")
    return _add(session, row, Person(caller.email, caller.user_name, ""), caller.scope.address)


def join_as_former(session: Session, secret: str, password: str, address: str = "") -> None:
    """Gives a new role to somebody with an account and no role anywhere, who cannot sign in before.

    The password is checked; signing in, with the second factor, comes after it. Raises LinkGone, and Invalid.
    """
    row = _accept(session, secret)
    person = find_person(session, row.email)
    if person is None or person.has_workspace:
        raise Conflict("Sign in with this address first, then accept.")
    if not verify_password(person.password_hash, password):
        raise Invalid("password", "This is not the password of your account.")
    _add(session, row, Person(person.email, person.name, ""), address)


def _accept(session: Session, secret: str) -> Row[Any]:
    row = session.execute(_ACCEPT, _now(secret)).one_or_none()
    if row is None:
        raise LinkGone
    return row


def _add(session: Session, row: Row[Any], person: Person, address: str) -> str:
    agency_id, role, client_ids = row.agency_id, row.role, row.client_ids
    try:
        user_id = add_member(session, agency_id, person, role, client_ids)
    except Conflict as refusal:
        if "has a role" not in str(refusal):
            raise
        raise Conflict("You belong to this agency already. Ask an owner there to change your role.") from None
    query = text(
        "select public_id from memberships where agency_id = :agency and user_id = :user and ended_at is null"
    )
    membership_id = str(session.scalar(query, {"agency": agency_id, "user": user_id}))
    act = Act(
        "member.joined",
        "membership",
        membership_id,
        client_id=client_ids[0] if role == "client_member" else None,
        details={"role": role, "invitation": str(row.public_id)},
    )
    record_act_of(session, agency_id, f"user:{user_id}", act, address)
    return membership_id


def _now(secret: str) -> dict[str, object]:
    return {"token_hash": secret_hash(secret), "now": machine_now()}
