"""One's own second factors: authenticator apps, passkeys and recovery codes. Every change asks for a recent proof."""

from __future__ import annotations

from uuid import UUID

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from agency.domain.said import said
from agency.portal.blueprint import portal
from agency.portal.forms import WHOLE, Form, sent_form
from agency.portal.passkey_site import needed_site, options_answer, passkey_site
from agency.portal.sections import account_page
from agency.services import factors as services
from agency.services.challenges import take_challenge
from agency.services.factor_mails import tell_of_change
from agency.services.passkeys import begin_registration, finish_registration
from agency.services.recovery_codes import codes_left, make_codes
from agency.services.totp import begin_app, confirm_app
from agency.web import current_caller, ground, own_transaction, route, system_session

KINDS = {"totp": said("Authenticator app"), "passkey": said("Passkey")}


@route(portal, "/account/factors", permission="signed_in", endpoint="factors")
def factors() -> ResponseReturnValue:
    """What this person has, and the forms to add more."""
    return _show(Form())


@route(portal, "/account/factors/app", permission="signed_in", methods=["POST"], fresh=True)
def add_app() -> ResponseReturnValue:
    """Begins the enrolment of an app: its secret, shown this once."""
    form = sent_form("app")
    with form.keeping_errors():
        new = begin_app(system_session(), ground().keyring, _holder(), form.value("label"))
    if form.fine:
        return account_page("factor_app.html", new=new, factor_id=new.factor_id, form=Form())
    return _show(form)


@route(portal, "/account/factors/app/<uuid:factor_id>", permission="signed_in", methods=["POST"], fresh=True)
def prove_app(factor_id: UUID) -> ResponseReturnValue:
    """The first code of an app, after which it counts."""
    form = sent_form("code")
    with form.keeping_errors():
        confirm_app(system_session(), ground().keyring, _holder(), str(factor_id), form.value("code"))
    if form.fine:
        return _added(said("An authenticator app was added to your account."))
    return account_page("factor_app.html", new=None, factor_id=str(factor_id), form=form), 422


@route(portal, "/account/factors/passkey/options", permission="signed_in", methods=["POST"], fresh=True)
def passkey_options() -> ResponseReturnValue:
    """What the browser needs to make a passkey."""
    return options_answer(begin_registration(system_session(), _holder(), needed_site()))


@route(portal, "/account/factors/passkey", permission="signed_in", methods=["POST"], fresh=True)
def add_passkey() -> ResponseReturnValue:
    """Keeps the passkey that the browser has made."""
    form, holder, site = sent_form("passkey"), _holder(), needed_site()
    with own_transaction() as session:
        challenge = take_challenge(session, holder.session_id, "add_passkey")
    with form.keeping_errors():
        finish_registration(
            system_session(), holder, site, challenge, form.value("credential"), form.value("label")
        )
    if form.fine:
        return _added(said("A passkey was added to your account."))
    return _show(form)


@route(portal, "/account/factors/codes", permission="signed_in", methods=["POST"], fresh=True)
def new_codes() -> ResponseReturnValue:
    """Ten new recovery codes, shown this once; the former ones end."""
    holder = _holder()
    if not services.has_factor(system_session(), holder.user_id):
        form = sent_form("codes")
        form.errors[WHOLE] = said("Recovery codes belong to a second factor. Add an app or a passkey first.")
        return _show(form)
    _tell(said("New recovery codes were made; the former ones work no longer."))
    _end_others()
    return _show_codes(make_codes(system_session(), holder.user_id))


@route(
    portal, "/account/factors/<uuid:factor_id>/remove", permission="signed_in", methods=["POST"], fresh=True
)
def remove_factor(factor_id: UUID) -> ResponseReturnValue:
    """Takes a factor away."""
    removed = services.remove_factor(system_session(), _holder(), str(factor_id))
    _tell(
        said(
            "The second factor “{label}” ({kind}) was removed from your account.",
            label=removed.label,
            kind=KINDS[removed.kind],
        )
    )
    _end_others()
    return redirect(url_for("portal.factors", done="factor_removed"), 303)


def _holder() -> services.Holder:
    return services.holder_of(current_caller())


def _added(sentence: str) -> ResponseReturnValue:
    """After a factor was added: a mail, the wish to end other sessions, and codes when there are none yet."""
    _tell(sentence)
    _end_others()
    user_id = _holder().user_id
    if codes_left(system_session(), user_id).made == 0:
        return _show_codes(make_codes(system_session(), user_id))
    return redirect(url_for("portal.factors", done="factor_added"), 303)


def _tell(sentence: str) -> None:
    tell_of_change(system_session(), ground().keyring, _holder(), sentence)


def _end_others() -> None:
    if request.form.get("end_others"):
        services.end_other_sessions(system_session(), _holder())


def _show_codes(codes: list[str]) -> ResponseReturnValue:
    return account_page("recovery_codes.html", codes=codes)


def _show(form: Form) -> ResponseReturnValue:
    session, holder = system_session(), _holder()
    body = account_page(
        "factors.html",
        factors=services.list_factors(session, holder),
        kinds=KINDS,
        codes=codes_left(session, holder.user_id),
        passkeys_work=passkey_site() is not None,
        form=form,
    )
    return body, 200 if form.fine else 422
