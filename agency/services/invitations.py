"""Invitations: an owner offers a role to an address; the link in the mail works once, within seven days.

The rows belong to the agency (staff login, row-level security); the mail is queued on the system login. The row is
committed first, so a mail that could not be queued leaves an open invitation that can be sent again.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select, text, update
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.emails import normal_email
from agency.domain.errors import ConfirmRequired, Conflict, Invalid, NotFound
from agency.domain.said import said
from agency.domain.scope import ROLES, Scope
from agency.models.clients import Client
from agency.models.team import Invitation
from agency.services.audit import Act, record_act
from agency.services.callers import SignedIn
from agency.services.mail_texts import invitation_letter
from agency.services.mails import MailDesk
from agency.services.one_time import new_secret, secret_hash
from agency.services.public_ids import as_public_id
from agency.services.visibility import get_visible

LIFE = timedelta(days=7)
MOST_OPEN = 100  # per agency; nobody's team is larger, and nobody may send mails without end
_SHOWN_AFTER_END = timedelta(days=30)


@dataclass(frozen=True)
class NewInvitation:
    """What is offered to whom. `client_ids` are public ids, None = all clients; a client member has exactly one."""

    email: str
    role: str
    client_ids: tuple[str, ...] | None = None


@dataclass(frozen=True)
class InvitationRow:
    """An invitation that was neither accepted nor withdrawn. `client_names` is null when it is for all clients."""

    invitation_id: str
    email: str
    role: str
    client_names: tuple[str, ...] | None
    created_at: datetime
    expires_at: datetime
    expired: bool


def invite(caller: SignedIn, session: Session, desk: MailDesk, new: NewInvitation, *, fresh: bool) -> str:
    """Sends an invitation and returns its public id; an older one to the same address ends.

    Raises Forbidden unless an owner asks, ConfirmRequired for an owner without a `fresh` proof, Invalid naming the
    field, NotFound for a client, Conflict when the person is in the agency already.
    """
    scope = caller.scope
    scope.require_owner()
    email = normal_email(new.email)
    if new.role not in ROLES:
        raise Invalid("role", said("Choose one of {choices}.", choices=", ".join(ROLES)))
    require_proof(new.role, fresh)
    clients = pick_clients(scope, session, new.role, new.client_ids)
    if _has_role(desk.session, scope.agency_id, email):
        raise Conflict("This person is in your agency already. Change their role in the list instead.")
    _end_older(session, email)
    secret = new_secret()
    row = Invitation(
        agency_id=scope.agency_id,
        email=email,
        role=new.role,
        client_ids=clients,
        token_hash=secret_hash(secret),
        invited_by=_inviter(scope),
        expires_at=machine_now() + LIFE,
    )
    session.add(row)
    session.flush()
    _record(scope, session, Act("member.invited"), row)
    _mail(caller, desk, row, secret)
    return str(row.public_id)


def send_again(
    caller: SignedIn, session: Session, desk: MailDesk, invitation_id: str, *, fresh: bool
) -> None:
    """Sends a new link for another seven days; the former link ends. Raises as `invite` does."""
    scope = caller.scope
    row = _get_open(scope, session, invitation_id)
    require_proof(row.role, fresh)
    secret = new_secret()
    row.token_hash, row.expires_at, row.invited_by = (
        secret_hash(secret),
        machine_now() + LIFE,
        _inviter(scope),
    )
    session.flush()
    _record(scope, session, Act("member.invited_again"), row)
    _mail(caller, desk, row, secret)


def withdraw(scope: Scope, session: Session, invitation_id: str) -> None:
    """Ends an invitation; its link reads like an unknown one. Raises Forbidden unless an owner asks, and NotFound."""
    row = _get_open(scope, session, invitation_id)
    row.withdrawn_at = machine_now()
    session.flush()
    _record(scope, session, Act("invitation.withdrawn"), row)


def list_invitations(scope: Scope, session: Session) -> tuple[InvitationRow, ...]:
    """The agency's open invitations, newest first; those that ended by time within the last 30 days too."""
    scope.require_owner()
    now = machine_now()
    names = {row.id: row.name for row in session.execute(select(Client.id, Client.name))}
    query = select(Invitation).where(_open(), Invitation.expires_at > now - _SHOWN_AFTER_END)
    return tuple(
        InvitationRow(
            str(row.public_id),
            row.email,
            row.role,
            None if row.client_ids is None else tuple(names.get(client, "") for client in row.client_ids),
            row.created_at,
            row.expires_at,
            row.expires_at <= now,
        )
        for row in session.scalars(query.order_by(Invitation.id.desc()))
    )


def require_proof(role: str, fresh: bool) -> None:
    """Raises ConfirmRequired when power over the whole agency is given without a recent proof of who gives it."""
    if role == "owner" and not fresh:
        raise ConfirmRequired


def pick_clients(
    scope: Scope, session: Session, role: str, public_ids: Sequence[str] | None
) -> list[int] | None:
    """The clients of a role by their keys, None = all; never more than the caller has.

    Raises NotFound for a client that the caller does not see, Invalid for a number that the role does not allow, and
    Conflict for clients of an owner.
    """
    if public_ids is None:
        if role == "client_member":
            raise Invalid("client_ids", "A client member belongs to exactly one client. Choose it.")
        return None if scope.client_ids is None else sorted(scope.client_ids)
    if role == "owner":
        raise Conflict("An owner sees all clients. Leave the clients out, or choose another role.")
    if not public_ids:
        raise Invalid("client_ids", "Choose at least one client, or all of them.")
    if role == "client_member" and len(public_ids) != 1:
        raise Invalid("client_ids", "A client member belongs to exactly one client. Choose it.")
    wanted = [as_public_id(public_id, "Client") for public_id in dict.fromkeys(public_ids)]
    staying = Client.left_at.is_(None)
    return [
        get_visible(scope, session, Client, "Client", Client.public_id == one, staying).id for one in wanted
    ]


def _open() -> ColumnElement[bool]:
    return Invitation.accepted_at.is_(None) & Invitation.withdrawn_at.is_(None)


def _get_open(scope: Scope, session: Session, invitation_id: str) -> Invitation:
    scope.require_owner()
    public_id: uuid.UUID = as_public_id(invitation_id, "Invitation")
    query = select(Invitation).where(Invitation.public_id == public_id, _open()).with_for_update()
    row = session.scalars(query).one_or_none()
    if row is None:
        raise NotFound("Invitation")
    return row


def _end_older(session: Session, email: str) -> None:
    older = update(Invitation).where(_open(), Invitation.email == email)
    session.execute(older.values(withdrawn_at=machine_now()))
    living = select(func.count()).where(_open(), Invitation.expires_at > machine_now())
    if (session.scalar(living) or 0) >= MOST_OPEN:
        raise Conflict(said("{most} invitations are open. Withdraw some first.", most=MOST_OPEN))


def _has_role(system: Session, agency_id: int, email: str) -> bool:
    query = text(
        """
        select exists (select from memberships m join users u on u.id = m.user_id
          where m.agency_id = :agency_id and m.ended_at is null and u.email = :email)
        """
    )
    return bool(system.scalar(query, {"agency_id": agency_id, "email": email}))


def _inviter(scope: Scope) -> str:
    return scope.actor if scope.user_id is None else f"user:{scope.user_id}"


def _record(scope: Scope, session: Session, act: Act, row: Invitation) -> None:
    clients = row.client_ids
    about = replace(
        act,
        object_kind="invitation",
        object_id=str(row.public_id),
        client_id=clients[0] if row.role == "client_member" and clients else None,
        details={"role": row.role, "clients": "all" if clients is None else len(clients)},
    )
    record_act(scope, session, about)


def _mail(caller: SignedIn, desk: MailDesk, row: Invitation, secret: str) -> None:
    link = desk.link(f"/invitation/{secret}")
    letter = invitation_letter(link, caller.agency_name, row.role, caller.user_name, row.expires_at)
    desk.send(row.email, letter)
