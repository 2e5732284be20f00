"""What an agency asks of everybody who signs in to it: a second factor, for the team and for client members alike."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from agency.domain.errors import Conflict
from agency.domain.scope import Scope
from agency.models.accounts import Agency
from agency.services.audit import Act, record_act


def requires_second_factor(scope: Scope, session: Session) -> bool:
    """Whether the caller's agency asks everybody for a second factor."""
    return bool(session.scalar(select(Agency.requires_second_factor).where(Agency.id == scope.agency_id)))


def require_second_factor(scope: Scope, session: Session, required: bool, owner_has_one: bool) -> None:
    """Asks everybody for a second factor, or no longer; it counts from everybody's next request on.

    Raises Forbidden for others than owners, and Conflict when the owner who asks for it has none (`owner_has_one`).
    """
    scope.require_owner()
    if required and not owner_has_one:
        raise Conflict("Add a second factor to your own account first, so that you do not lock yourself out.")
    if required == requires_second_factor(scope, session):
        return
    session.execute(
        update(Agency).where(Agency.id == scope.agency_id).values(requires_second_factor=required)
    )
    record_act(scope, session, Act("agency.second_factor_rule", "agency", details={"required": required}))
