"""A forgotten password. The answer is the same for every address; the link's page changes nothing by itself."""

from __future__ import annotations

from flask import redirect, url_for
from flask.typing import ResponseReturnValue

from agency.portal.blueprint import portal
from agency.portal.entering import alone_page, typed_password
from agency.portal.forms import Form, sent_form
from agency.services.resets import check_reset, finish_reset, request_reset
from agency.web import client_address, forgive_account, mail_desk, route, system_session


@route(portal, "/forgot", permission="public", endpoint="forgot")
def forgot() -> ResponseReturnValue:
    """Asks for the address."""
    return alone_page("forgot.html", form=Form())


@route(portal, "/forgot", permission="public", methods=["POST"], endpoint="ask_reset", limit="reset")
def ask_reset() -> ResponseReturnValue:
    """Queues a link where there is an account, and always answers the same."""
    form = sent_form("forgot")
    with form.keeping_errors(), system_session().begin_nested():
        request_reset(mail_desk(), form.value("email"))
        return alone_page("look_into_mail.html", minutes=60)
    return alone_page("forgot.html", 422, form=form)


@route(portal, "/reset/<secret>", permission="public", endpoint="reset")
def reset(secret: str) -> ResponseReturnValue:
    """Asks for the new password."""
    return _show(secret, Form())


@route(
    portal, "/reset/<secret>", permission="public", methods=["POST"], endpoint="set_password", limit="accept"
)
def set_password(secret: str) -> ResponseReturnValue:
    """Sets it and signs every device out; signing in comes after it."""
    form = sent_form("reset")
    with form.keeping_errors(), system_session().begin_nested():
        forgive_account(finish_reset(mail_desk(), secret, typed_password(), client_address()))
        return redirect(url_for("portal.sign_in", done="password_reset"), 303)
    return _show(secret, form)


def _show(secret: str, form: Form) -> ResponseReturnValue:
    check_reset(system_session(), secret)
    return alone_page("reset.html", 200 if form.fine else 422, secret=secret, form=form)
