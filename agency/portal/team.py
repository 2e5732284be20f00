"""Team: the agency's people and its client members, open invitations, and the forms to invite. Owners only."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from agency.api.schemas.team import InviteClientSchema, InviteSchema, RoleSchema
from agency.domain.said import said
from agency.portal.blueprint import portal
from agency.portal.forms import Form, sent_form
from agency.portal.language import told_pairs
from agency.portal.sections import settings_page
from agency.services import invitations
from agency.services.callers import is_fresh
from agency.services.invitations import NewInvitation, list_invitations
from agency.services.shop_lists import list_clients
from agency.services.team import change_member as save_member
from agency.services.team import list_members
from agency.web import current_caller, current_scope, db_session, mail_desk, route, system_session

TEAM_ROLES = (
    ("operator", said("Operator: works on orders")),
    ("viewer", said("Viewer: looks, changes nothing")),
    ("owner", said("Owner: everything, people and money too")),
)
REACHES = (("all", said("All clients")), ("some", said("Only the clients ticked below")))


@route(portal, "/team", permission="owner")
def team() -> ResponseReturnValue:
    """Everybody with access, and who is invited."""
    return _show(Form())


@route(portal, "/team/invitations", permission="owner", methods=["POST"], limit="invite")
def invite() -> ResponseReturnValue:
    """Sends an invitation to the team."""
    form = sent_form("invite")
    given = form.load(InviteSchema(unknown="exclude"), **_reach(form))
    return _invite(form, given and NewInvitation(given["email"], given["role"], _ids(given)))


@route(portal, "/team/client-members", permission="owner", methods=["POST"], limit="invite")
def invite_client_member() -> ResponseReturnValue:
    """Sends an invitation to look at one client's pages."""
    form = sent_form("client-member")
    given = form.load(InviteClientSchema(unknown="exclude"))
    return _invite(form, given and NewInvitation(given["email"], "client_member", (str(given["client_id"]),)))


@route(
    portal,
    "/team/invitations/<uuid:invitation_id>/again",
    permission="owner",
    methods=["POST"],
    limit="invite",
)
def invite_again(invitation_id: UUID) -> ResponseReturnValue:
    """Sends a new link; the former one ends."""
    caller = current_caller()
    invitations.send_again(caller, db_session(), mail_desk(), str(invitation_id), fresh=is_fresh(caller))
    return redirect(url_for("portal.team", done="invited_again"), 303)


@route(portal, "/team/invitations/<uuid:invitation_id>/withdraw", permission="owner", methods=["POST"])
def withdraw_invitation(invitation_id: UUID) -> ResponseReturnValue:
    """Ends an invitation."""
    invitations.withdraw(current_scope(), db_session(), str(invitation_id))
    return redirect(url_for("portal.team", done="withdrawn"), 303)


@route(portal, "/team/members/<uuid:membership_id>", permission="owner", methods=["POST"])
def change_member(membership_id: UUID) -> ResponseReturnValue:
    """Gives a team member another role or other clients."""
    form = sent_form(f"member-{membership_id}")
    given = form.load(RoleSchema(unknown="exclude"), **_reach(form))
    if form.fine:
        caller = current_caller()
        with form.keeping_errors():
            save_member(
                caller.scope,
                db_session(),
                system_session(),
                str(membership_id),
                given["role"],
                _ids(given),
                fresh=is_fresh(caller),
            )
            return redirect(url_for("portal.team", done="member_changed"), 303)
    return _show(form)


def _invite(form: Form, new: Any) -> ResponseReturnValue:
    if form.fine:
        caller = current_caller()
        with form.keeping_errors():
            invitations.invite(caller, db_session(), mail_desk(), new, fresh=is_fresh(caller))
            return redirect(url_for("portal.team", done="invited"), 303)
    return _show(form)


def _reach(form: Form) -> dict[str, Any]:
    """The ticked clients, or None for all; an owner has all."""
    if form.value("role") == "owner" or form.value("reach", "all") == "all":
        return {"client_ids": None}
    return {"client_ids": request.form.getlist("client_ids")}


def _ids(given: dict[str, Any]) -> tuple[str, ...] | None:
    ids = given["client_ids"]
    return None if ids is None else tuple(str(one) for one in ids)


def _show(form: Form) -> ResponseReturnValue:
    everybody = list_members(current_scope(), system_session())
    body = settings_page(
        "team.html",
        members=[one for one in everybody if one.role != "client_member"],
        client_members=[one for one in everybody if one.role == "client_member"],
        invitations=list_invitations(current_scope(), db_session()),
        clients=list_clients(current_scope(), db_session()),
        roles=told_pairs(TEAM_ROLES),
        reaches=told_pairs(REACHES),
        ticked=request.form.getlist("client_ids"),
        form=form,
    )
    return body, 200 if form.fine else 422
