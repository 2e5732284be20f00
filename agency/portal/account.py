"""One's own account: who one is here, how one signs in, and where else one works."""

from __future__ import annotations

from flask import redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from agency.domain.said import LANGUAGES
from agency.portal.blueprint import portal
from agency.portal.entering import typed_password, zones
from agency.portal.forms import Form, sent_form
from agency.portal.sections import account_page
from agency.services.email_change import request_email_change
from agency.services.own_account import Profile, change_password, change_profile
from agency.web import current_caller, mail_desk, route, system_session


@route(portal, "/account", permission="signed_in", endpoint="account")
def account() -> ResponseReturnValue:
    """Name, e-mail address, password, time zone and language."""
    return _show(Form())


@route(portal, "/account", permission="signed_in", methods=["POST"], endpoint="save_profile")
def save_profile() -> ResponseReturnValue:
    """Saves name, time zone and language."""
    form = sent_form("profile")
    with form.keeping_errors(), system_session().begin_nested():
        profile = Profile(form.value("name"), form.value("time_zone"), form.value("language"))
        change_profile(system_session(), current_caller(), profile)
        return redirect(url_for("portal.account", done="profile"), 303)
    return _show(form)


@route(
    portal,
    "/account/password",
    permission="signed_in",
    methods=["POST"],
    endpoint="change_password",
    limit="confirm",
)
def save_password() -> ResponseReturnValue:
    """Saves a new password; other devices are signed out."""
    form = sent_form("password")
    with form.keeping_errors(), system_session().begin_nested():
        change_password(mail_desk(), current_caller(), typed_password("current_password"), typed_password())
        return redirect(url_for("portal.account", done="password_changed"), 303)
    return _show(form)


@route(
    portal, "/account/email", permission="signed_in", methods=["POST"], endpoint="ask_email", limit="reset"
)
def ask_email() -> ResponseReturnValue:
    """Asks both mailboxes about a new address."""
    form = sent_form("email")
    with form.keeping_errors(), system_session().begin_nested():
        request_email_change(mail_desk(), current_caller(), form.value("email"), typed_password())
        return redirect(url_for("portal.account", done="email_asked"), 303)
    return _show(form)


def _show(form: Form) -> ResponseReturnValue:
    languages = [("", str(_("As my browser says"))), *LANGUAGES.items()]
    return account_page(
        "account.html", form=form, zones=zones(), languages=languages
    ), 200 if form.fine else 422
