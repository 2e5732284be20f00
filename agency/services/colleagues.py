"""The names of the people who work in an agency, for those who work there too."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.domain.errors import Forbidden
from agency.domain.scope import Scope

_PEOPLE = text(
    """
    select distinct u.id, u.name from users u join memberships m on m.user_id = u.id
    where m.agency_id = :agency_id and m.role <> 'client_member'
    """
)


def read_colleagues(scope: Scope, system: Session) -> Mapping[str, str]:
    """Name by actor ("user:7"), of present and former members of the team, on the system login.

    Raises Forbidden for clients' members.
    """
    if scope.login != "staff":
        raise Forbidden("The names of the team are for the team.")
    rows = system.execute(_PEOPLE, {"agency_id": scope.agency_id})
    return {f"user:{row.id}": row.name for row in rows if row.name}


def name_actor(actor: str | None, scope: Scope, names: Mapping[str, str]) -> str:
    """An actor for this reader: "you", a colleague's name, "a team member", or the name of a rule."""
    if not actor:
        return ""
    if actor == scope.actor:
        return "you"
    if actor in names:
        return names[actor]
    return "a team member" if actor.startswith(("user:", "token:")) else actor.removeprefix("rule:")
