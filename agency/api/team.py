"""The people of an agency over JSON: who is there, who is invited; owners only."""

from __future__ import annotations

from typing import Any

from flask import Response

from agency.api.encoding import answer
from agency.api.operations import Shapes, group, operation
from agency.api.schemas.answers import list_of
from agency.api.schemas.team import InviteClientSchema, InvitedSchema, InviteSchema
from agency.services.callers import is_fresh
from agency.services.invitations import InvitationRow, NewInvitation, invite, list_invitations, withdraw
from agency.services.team import MemberRow, list_members
from agency.web import current_caller, current_scope, db_session, mail_desk, system_session

blueprint = group("team", "/api/v1/team", "People of the agency and open invitations")


@operation(blueprint, "GET", "/members", permission="owner", shapes=Shapes(gives=list_of(MemberRow)))
def show_members() -> Response:
    """Everybody with a role in the agency, client members too."""
    return answer({"rows": list_members(current_scope(), system_session())})


@operation(blueprint, "GET", "/invitations", permission="owner", shapes=Shapes(gives=list_of(InvitationRow)))
def show_invitations() -> Response:
    """Invitations that were neither accepted nor withdrawn, newest first."""
    return answer({"rows": list_invitations(current_scope(), db_session())})


@operation(
    blueprint,
    "POST",
    "/invitations",
    permission="owner",
    shapes=Shapes(body=InviteSchema, gives=InvitedSchema, status=201),
    limit="invite",
)
def create_invitation(body: dict[str, Any]) -> Response:
    """Invite somebody to the team; the link goes to that address only. An owner asks for a recent sign-in."""
    clients = body["client_ids"]
    return _invite(
        NewInvitation(body["email"], body["role"], None if clients is None else tuple(map(str, clients)))
    )


@operation(
    blueprint,
    "POST",
    "/client-invitations",
    permission="owner",
    shapes=Shapes(body=InviteClientSchema, gives=InvitedSchema, status=201),
    limit="invite",
)
def create_client_invitation(body: dict[str, Any]) -> Response:
    """Invite somebody to look at one client's pages."""
    return _invite(NewInvitation(body["email"], "client_member", (str(body["client_id"]),)))


@operation(blueprint, "DELETE", "/invitations/<invitation_id>", permission="owner", shapes=Shapes(status=204))
def withdraw_invitation(invitation_id: str) -> Response:
    """Withdraw an invitation: its link stops working now."""
    withdraw(current_scope(), db_session(), invitation_id)
    return Response(status=204)


def _invite(new: NewInvitation) -> Response:
    caller = current_caller()
    made = invite(caller, db_session(), mail_desk(), new, fresh=is_fresh(caller))
    return answer({"invitation_id": made}, 201)
