"""A person leaves the agency: removed by an owner, or by themselves; first what will end, then what was done."""

from __future__ import annotations

from uuid import UUID

from flask import make_response, redirect, url_for
from flask.typing import ResponseReturnValue

from agency.portal.blueprint import portal
from agency.portal.forms import Form, sent_form
from agency.portal.sections import account_page
from agency.portal.staff import staff_page
from agency.services.departures import get_member_departure, leave_agency, remove_member
from agency.web import current_caller, current_scope, db_session, forget_caller, ground, route, system_session


@route(portal, "/team/<uuid:membership_id>/remove", permission="owner")
def show_removal(membership_id: UUID) -> ResponseReturnValue:
    """What will end, or what has."""
    return _show_removal(membership_id, Form())


@route(portal, "/team/<uuid:membership_id>/remove", permission="owner", methods=["POST"], fresh=True)
def remove_from_team(membership_id: UUID) -> ResponseReturnValue:
    """Ends the membership and everything that stands on it."""
    form = sent_form("remove")
    with form.keeping_errors():
        remove_member(current_scope(), db_session(), system_session(), ground().keyring, str(membership_id))
    if not form.fine:
        return _show_removal(membership_id, form)
    return redirect(url_for("portal.show_removal", membership_id=membership_id, done="member_removed"), 303)


@route(portal, "/account/leave", permission="signed_in")
def show_own_leaving() -> ResponseReturnValue:
    """What it means to leave this agency."""
    return account_page("leave_agency.html", form=Form())


@route(portal, "/account/leave", permission="signed_in", methods=["POST"], fresh=True)
def leave() -> ResponseReturnValue:
    """Ends one's own membership here; other workspaces stay."""
    caller, form = current_caller(), sent_form("leave")
    session = None if caller.scope.login == "portal" else db_session()
    with form.keeping_errors():
        leave_agency(caller.scope, session, system_session(), ground().keyring, caller.membership_id)
    if not form.fine:
        return account_page("leave_agency.html", form=form), 422
    response = make_response(redirect(url_for("portal.sign_in"), 303))
    forget_caller(response)
    return response


def _show_removal(membership_id: UUID, form: Form) -> ResponseReturnValue:
    found = get_member_departure(current_scope(), db_session(), system_session(), str(membership_id))
    body = staff_page("member_leaving.html", departure=found, form=form)
    return body, 200 if form.fine else 422
