"""The people of an agency: who they are, what they may do, and changing that. Owners only.

People live on the system login, which has no tenant scope: every statement here names the scope's agency itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import RowMapping, text
from sqlalchemy.orm import Session

from agency.domain.errors import Conflict, Invalid, NotFound
from agency.domain.said import said
from agency.domain.scope import STAFF_ROLES, Scope
from agency.services.audit import Act, record_act
from agency.services.invitations import pick_clients, require_proof
from agency.services.public_ids import as_public_id

_LIST = text(
    """
    select m.public_id, u.name, u.email, m.role, m.user_id, m.created_at,
      (select max(s.last_seen_at) from sessions s where s.membership_id = m.id) as last_seen_at,
      exists (select from second_factors f where f.user_id = u.id and f.confirmed_at is not null) as second_factor,
      (select json_agg(json_build_array(c.public_id, c.name) order by c.name) from clients c
       where c.agency_id = m.agency_id and c.id = any(m.client_ids)) as clients,
      m.client_ids is null as all_clients
    from memberships m join users u on u.id = m.user_id
    where m.agency_id = :agency_id and m.ended_at is null order by m.id
    """
)
_ONE = text(
    """
    select id, public_id, role from memberships
    where agency_id = :agency_id and public_id = :public_id and ended_at is null for update
    """
)
# All owners are held in one order, so that two of them who step down at once follow one another.
_OWNERS = text(
    """
    select id from memberships where agency_id = :agency_id and role = 'owner' and ended_at is null
    order by id for update
    """
)
_SET = text("update memberships set role = :role, client_ids = :client_ids where id = :id")


@dataclass(frozen=True)
class MemberRow:
    """A person's role here. `client_ids` and `client_names` are null for somebody who sees all clients."""

    membership_id: str
    name: str
    email: str
    role: str
    client_ids: tuple[str, ...] | None
    client_names: tuple[str, ...] | None
    joined_at: datetime
    last_seen_at: datetime | None
    second_factor: bool
    is_you: bool


def list_members(scope: Scope, session: Session) -> tuple[MemberRow, ...]:
    """Everybody with a role in the scope's agency, client members too (system login)."""
    scope.require_owner()
    rows = session.execute(_LIST, {"agency_id": scope.agency_id}).mappings()
    return tuple(_member(row, scope.user_id) for row in rows)


def change_member(
    scope: Scope,
    session: Session,
    system: Session,
    membership_id: str,
    role: str,
    client_ids: Sequence[str] | None,
    *,
    fresh: bool,
) -> None:
    """Gives a team member another role or other clients; it holds from their next request on.

    `session` is the staff session (it knows the clients), `system` the one that is written. Raises Forbidden unless an
    owner asks, NotFound alike for unknown and foreign ids, Conflict for the last owner and for a client member,
    ConfirmRequired when an owner is made or unmade without a `fresh` proof.
    """
    scope.require_owner()
    public_id = as_public_id(membership_id, "Member")
    owners = [row.id for row in system.execute(_OWNERS, {"agency_id": scope.agency_id})]
    found = system.execute(_ONE, {"agency_id": scope.agency_id, "public_id": public_id}).one_or_none()
    if found is None:
        raise NotFound("Member")
    if found.role not in STAFF_ROLES:
        raise Conflict(
            "A client member looks at one client. Invite the person to the team under another address."
        )
    if role not in STAFF_ROLES:
        raise Invalid("role", said("Choose one of {choices}.", choices=", ".join(STAFF_ROLES)))
    if role != found.role and "owner" in (role, found.role):
        require_proof("owner", fresh)
    if found.role == "owner" and role != "owner" and owners == [found.id]:
        raise Conflict("This is the only owner. Make somebody else an owner first.")
    clients = pick_clients(scope, session, role, client_ids)
    system.execute(_SET, {"role": role, "client_ids": clients, "id": found.id})
    details = {"role": role, "former_role": found.role, "clients": "all" if clients is None else len(clients)}
    record_act(scope, system, Act("member.changed", "membership", membership_id, details=details))


def _member(row: RowMapping, user_id: int | None) -> MemberRow:
    clients = row["clients"] or []
    every = row["all_clients"]
    return MemberRow(
        str(row["public_id"]),
        row["name"],
        row["email"],
        row["role"],
        None if every else tuple(client[0] for client in clients),
        None if every else tuple(client[1] for client in clients),
        row["created_at"],
        row["last_seen_at"],
        row["second_factor"],
        row["user_id"] == user_id,
    )
