"""Opening an agency: an address, a link by mail, then name and password; and another agency for who is signed in."""

from __future__ import annotations

from flask import redirect, url_for
from flask.typing import ResponseReturnValue

from agency.domain.errors import NotFound
from agency.portal.blueprint import portal
from agency.portal.entering import alone_page, enter, typed_password, zones
from agency.portal.forms import Form, sent_form
from agency.portal.invitation import enter_workspace
from agency.portal.sections import account_page
from agency.services import sign_up as service
from agency.web import client_address, current_caller, ground, mail_desk, route, system_session


@route(portal, "/signup", permission="public", endpoint="sign_up")
def sign_up() -> ResponseReturnValue:
    """Asks for an address and nothing else."""
    _require_open()
    return alone_page("sign_up.html", form=Form())


@route(portal, "/signup", permission="public", methods=["POST"], endpoint="ask_sign_up", limit="sign_up")
def ask_sign_up() -> ResponseReturnValue:
    """Queues a mail in any case, and always answers the same."""
    _require_open()
    form = sent_form("sign-up")
    with form.keeping_errors(), system_session().begin_nested():
        service.request_sign_up(mail_desk(), form.value("email"))
        return alone_page("look_into_mail.html", minutes=24 * 60)
    return alone_page("sign_up.html", 422, form=form)


@route(portal, "/signup/<secret>", permission="public", endpoint="finish_sign_up")
def finish_sign_up(secret: str) -> ResponseReturnValue:
    """Asks for the agency's name, one's own, and a password."""
    _require_open()
    return _show(secret, Form())


@route(
    portal, "/signup/<secret>", permission="public", methods=["POST"], endpoint="make_agency", limit="accept"
)
def make_agency(secret: str) -> ResponseReturnValue:
    """Makes the agency with its owner and signs in."""
    _require_open()
    form, password = sent_form("agency"), typed_password()
    with form.keeping_errors(), system_session().begin_nested():
        new = service.NewAgency(
            form.value("agency_name"), form.value("name"), password, form.value("time_zone", "UTC")
        )
        made = service.finish_sign_up(system_session(), secret, new, client_address())
        if made.has_account:  # signing in asks for the second factor where there is one
            return redirect(url_for("portal.sign_in", done="agency_made_sign_in"), 303)
        return enter(made.email, password, "agency_made")
    return _show(secret, form)


@route(portal, "/account/agencies", permission="signed_in", endpoint="agencies")
def agencies() -> ResponseReturnValue:
    """Where one works, and opening another agency."""
    return account_page("agencies.html", form=Form())


@route(portal, "/account/agencies", permission="signed_in", methods=["POST"], endpoint="add_agency")
def add_agency() -> ResponseReturnValue:
    """Makes another agency and changes to it."""
    _require_open()
    form = sent_form("agency")
    with form.keeping_errors(), system_session().begin_nested():
        enter_workspace(service.add_agency(system_session(), current_caller(), form.value("agency_name")))
        return redirect(url_for("portal.home", done="agency_made"), 303)
    return account_page("agencies.html", form=form), 422


def _require_open() -> None:
    """Raises NotFound while this installation takes no new agencies."""
    if not ground().settings.sign_up:
        raise NotFound("Page")


def _show(secret: str, form: Form) -> ResponseReturnValue:
    found = service.read_sign_up(system_session(), secret)
    status = 200 if form.fine else 422
    return alone_page("finish_sign_up.html", status, found=found, secret=secret, zones=zones(), form=form)
