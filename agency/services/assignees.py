"""The people of the team who can be given work: owners and operators, as far as the caller has clients with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.domain.errors import Forbidden, Invalid
from agency.domain.scope import Scope
from agency.services.row_acts import Colleague

_TEAM = text(
    """
    select m.public_id, m.user_id, m.client_ids, u.name,
      m.ended_at is null and m.role in ('owner', 'operator') and u.disabled_at is null as works
    from memberships m join users u on u.id = m.user_id
    where m.agency_id = :agency_id and m.role <> 'client_member' order by u.name, m.id
    """
)


@dataclass(frozen=True)
class Team:
    """`people` who can be given work, by name, and the `names` of present and former members by actor ("user:7")."""

    people: tuple[Colleague, ...]
    names: Mapping[str, str]


def read_team(scope: Scope, system: Session) -> Team:
    """The team in one read, on the system login, which holds the people. Raises Forbidden for clients' members.

    Somebody without a client in common with the caller cannot be given work.
    """
    if scope.login != "staff":
        raise Forbidden("The names of the team are for the team.")
    rows = system.execute(_TEAM, {"agency_id": scope.agency_id}).all()
    people = []
    for row in rows:
        clients = None if row.client_ids is None else frozenset(row.client_ids)
        if row.works and (clients is None or scope.client_ids is None or clients & scope.client_ids):
            people.append(Colleague(f"user:{row.user_id}", str(row.public_id), row.name, clients))
    return Team(tuple(people), {f"user:{row.user_id}": row.name for row in rows if row.name})


def list_colleagues(scope: Scope, system: Session) -> tuple[Colleague, ...]:
    """Those who can be given work, by name."""
    return read_team(scope, system).people


def find_colleague(people: tuple[Colleague, ...], membership_id: str) -> Colleague | None:
    """The person of a membership; None for nobody, the empty id. Raises Invalid for one who is not among them."""
    if not membership_id:
        return None
    for person in people:
        if person.membership_id == membership_id:
            return person
    raise Invalid("owner", "Choose somebody of your team.")
