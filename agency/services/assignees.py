"""The people of the team who can be given work: owners and operators, as far as the caller has clients with them."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.domain.scope import Scope
from agency.services.row_acts import Colleague

_PEOPLE = text(
    """
    select m.public_id, m.user_id, m.client_ids, u.name from memberships m join users u on u.id = m.user_id
    where m.agency_id = :agency_id and m.ended_at is null and m.role in ('owner', 'operator')
      and u.disabled_at is null
    order by u.name, m.id
    """
)


def list_colleagues(scope: Scope, system: Session) -> tuple[Colleague, ...]:
    """By name; on the system login, which holds the people. Somebody without a client in common is not shown."""
    people = []
    for row in system.execute(_PEOPLE, {"agency_id": scope.agency_id}):
        clients = None if row.client_ids is None else frozenset(row.client_ids)
        if clients is None or scope.client_ids is None or clients & scope.client_ids:
            people.append(Colleague(f"user:{row.user_id}", str(row.public_id), row.name, clients))
    return tuple(people)


def find_colleague(people: tuple[Colleague, ...], membership_id: str) -> Colleague | None:
    """The person of a membership; None for nobody and for somebody who is not among them."""
    return next((person for person in people if person.membership_id == membership_id), None)
