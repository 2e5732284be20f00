"""Accepting an invitation. Opening the link changes nothing; the form behind it does."""

from __future__ import annotations

from flask import redirect, url_for
from flask.typing import ResponseReturnValue

from agency.portal.blueprint import portal
from agency.portal.entering import alone_page, enter, typed_password, zones
from agency.portal.forms import Form, sent_form
from agency.services.accounts import switch_membership
from agency.services.callers import scope_of_session
from agency.services.joining import (
    Newcomer,
    join_as_caller,
    join_as_former,
    join_as_newcomer,
    read_offer,
)
from agency.web import client_address, cookie_token, current_caller, find_caller, route, system_session


@route(portal, "/invitation/<secret>", permission="public", endpoint="invitation")
def invitation(secret: str) -> ResponseReturnValue:
    """What is offered, and how to accept it."""
    return _show(secret, Form())


@route(
    portal, "/invitation/<secret>", permission="public", methods=["POST"], endpoint="join_new", limit="accept"
)
def join_new(secret: str) -> ResponseReturnValue:
    """Accepts as somebody without an account, and signs in."""
    form, password = sent_form("join"), typed_password()
    with form.keeping_errors(), system_session().begin_nested():
        new = Newcomer(form.value("name"), password, form.value("time_zone", "UTC"))
        email = join_as_newcomer(system_session(), secret, new, client_address())
        return enter(email, password, "joined")
    return _show(secret, form)


@route(
    portal,
    "/invitation/<secret>/join",
    permission="signed_in",
    methods=["POST"],
    endpoint="join",
    limit="accept",
)
def join(secret: str) -> ResponseReturnValue:
    """Accepts as whoever is signed in, and changes to the new workspace."""
    form = sent_form("join")
    with form.keeping_errors(), system_session().begin_nested():
        membership_id = join_as_caller(system_session(), secret, current_caller())
        enter_workspace(membership_id)
        return redirect(url_for("portal.home", done="joined"), 303)
    return _show(secret, form)


@route(
    portal,
    "/invitation/<secret>/return",
    permission="public",
    methods=["POST"],
    endpoint="join_again",
    limit="accept",
)
def join_again(secret: str) -> ResponseReturnValue:
    """Accepts as somebody whose every role has ended; signing in, with the second factor, comes after it."""
    form = sent_form("join")
    with form.keeping_errors(), system_session().begin_nested():
        join_as_former(system_session(), secret, typed_password(), client_address())
        return redirect(url_for("portal.sign_in", done="joined_sign_in"), 303)
    return _show(secret, form)


def enter_workspace(membership_id: str) -> None:
    """Points the caller's session at a role that they have since this request."""
    again = scope_of_session(system_session(), cookie_token())
    if again is not None:
        switch_membership(system_session(), again, membership_id)


def _show(secret: str, form: Form) -> ResponseReturnValue:
    offer = read_offer(system_session(), secret)
    caller = find_caller()
    return alone_page(
        "invitation.html",
        200 if form.fine else 422,
        offer=offer,
        secret=secret,
        somebody_else=caller is not None and caller.email != offer.email,
        zones=zones(),
        form=form,
    )
