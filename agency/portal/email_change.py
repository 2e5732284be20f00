"""A new e-mail address: asked for under Account, then a yes behind each of two links."""

from __future__ import annotations

from flask import Response
from flask.typing import ResponseReturnValue

from agency.portal.blueprint import portal
from agency.portal.entering import alone_page
from agency.services.email_change import confirm_email_change, read_email_change, refuse_email_change
from agency.web import client_address, find_caller, mail_desk, route, system_session

NEW, OLD = "change_email", "keep_email"


@route(portal, "/email/new/<secret>", permission="public", endpoint="new_email")
def new_email(secret: str) -> ResponseReturnValue:
    """Asks the new address for its yes."""
    return _ask(NEW, secret)


@route(
    portal,
    "/email/new/<secret>",
    permission="public",
    methods=["POST"],
    endpoint="confirm_new_email",
    limit="accept",
)
def confirm_new_email(secret: str) -> ResponseReturnValue:
    """The new address says yes."""
    return _confirm(NEW, secret)


@route(portal, "/email/old/<secret>", permission="public", endpoint="old_email")
def old_email(secret: str) -> ResponseReturnValue:
    """Asks the address as it is for a yes or a no."""
    return _ask(OLD, secret)


@route(
    portal,
    "/email/old/<secret>",
    permission="public",
    methods=["POST"],
    endpoint="confirm_old_email",
    limit="accept",
)
def confirm_old_email(secret: str) -> ResponseReturnValue:
    """The address as it is says yes."""
    return _confirm(OLD, secret)


@route(
    portal,
    "/email/old/<secret>/keep",
    permission="public",
    methods=["POST"],
    endpoint="keep_email",
    limit="accept",
)
def keep_email(secret: str) -> ResponseReturnValue:
    """The address as it is says no: nothing changes, and both links end."""
    refuse_email_change(system_session(), secret, client_address())
    return alone_page("email_done.html", word="kept")


def _ask(purpose: str, secret: str) -> Response:
    change = read_email_change(system_session(), purpose, secret)
    return alone_page("email_change.html", change=change, is_new=purpose == NEW, secret=secret)


def _confirm(purpose: str, secret: str) -> Response:
    caller = find_caller()
    changed = confirm_email_change(
        mail_desk(), purpose, secret, caller.session_id if caller else None, client_address()
    )
    return alone_page("email_done.html", word="changed" if changed else "waiting")
