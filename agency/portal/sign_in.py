"""Signing in and out, and changing between the workspaces of one person."""

from __future__ import annotations

from flask import make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from agency.domain.errors import SignInRequired
from agency.portal.blueprint import portal
from agency.portal.frame import page
from agency.portal.kept_forms import keeps_form
from agency.portal.paths import own_path
from agency.services import accounts
from agency.services.callers import SignedIn
from agency.services.pending import find_pending
from agency.services.setup import has_shop
from agency.services.viewing import stop_viewing
from agency.web import (
    client_address,
    cookie_token,
    current_caller,
    db_session,
    find_caller,
    forget_caller,
    remember_caller,
    route,
    system_session,
)


@route(portal, "/", permission="public", endpoint="home")
def home() -> ResponseReturnValue:
    """The first page of whoever calls."""
    caller = find_caller()
    if caller is None:
        return redirect(url_for("portal.sign_in"), 303)
    return redirect(url_for(_first_page(caller), done=request.args.get("done")), 303)


def _first_page(caller: SignedIn) -> str:
    """Set-up while an owner's agency has no shop; nobody would be helped by an empty Today."""
    if caller.scope.login == "portal":
        return "portal.overview"
    begins = caller.role == "owner" and not caller.must_enrol and not has_shop(caller.scope, db_session())
    return "portal.setup" if begins else "portal.today"


@route(portal, "/login", permission="public", endpoint="sign_in")
def sign_in() -> ResponseReturnValue:
    """The form."""
    if find_caller() is not None:
        return redirect(_wanted(), 303)
    return _form(next=request.args.get("next", ""))


@route(portal, "/login", permission="public", methods=["POST"], endpoint="open_session", limit="sign_in")
def open_session() -> ResponseReturnValue:
    """Opens a session, and leads to its second step where one is due.

    A wrong password answers 401 with the form and the e-mail address kept.
    """
    email = request.form.get("email", "")
    try:
        token = accounts.sign_in(
            system_session(),
            email,
            request.form.get("password", ""),
            request.headers.get("User-Agent", ""),
            client_address(),
        )
    except SignInRequired as refusal:
        return _form_again(str(refusal)), 401
    accounts.sign_out(system_session(), cookie_token(), client_address())  # whoever was signed in here before
    pending = find_pending(system_session(), token) is not None
    response = make_response(redirect(_second_step() if pending else _wanted(), 303))
    remember_caller(response, token)
    return response


@route(portal, "/logout", permission="signed_in", methods=["POST"], endpoint="sign_out", while_viewing=True)
def sign_out() -> ResponseReturnValue:
    """Ends the session here and in the database."""
    stop_viewing(current_caller(), system_session())
    accounts.sign_out(system_session(), cookie_token(), client_address())
    response = make_response(redirect(url_for("portal.sign_in"), 303))
    forget_caller(response)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@route(portal, "/workspace", permission="signed_in", methods=["POST"], endpoint="switch_workspace")
def switch_workspace() -> ResponseReturnValue:
    """Points this session at another membership of the same person."""
    accounts.switch_membership(system_session(), current_caller(), request.form.get("membership", ""))
    return redirect(url_for("portal.home", done="switched"), 303)


def _form(email: str = "", problem: str = "", next: str = "") -> str:
    return page("sign_in.html", email=email, problem=problem, next=next)


def _form_again(problem: str) -> str:
    """The form with the e-mail address kept and never the password."""
    return _form(request.form.get("email", "")[:200], problem, request.form.get("next", ""))


keeps_form("portal.open_session", _form_again)


def _wanted() -> str:
    """The page that was asked for before signing in; only a path of ours, never another host."""
    return own_path(request.values.get("next", ""))


def _second_step() -> str:
    return url_for("portal.factor", next=request.form.get("next") or None)
