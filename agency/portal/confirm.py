"""Confirming once more who one is, before an act that shows a secret, moves money or gives power (step-up)."""

from __future__ import annotations

from flask import make_response, redirect, request
from flask.typing import ResponseReturnValue

from agency.domain.errors import WrongProof
from agency.portal.blueprint import portal
from agency.portal.factor_sign_in import sent_proof
from agency.portal.frame import page
from agency.portal.passkey_site import needed_site, options_answer, passkey_site
from agency.portal.paths import own_path, with_word
from agency.services.factors import has_factor, holder_of
from agency.services.passkeys import begin_assertion
from agency.web import confirm_caller, current_caller, remember_caller, route, system_session


@route(portal, "/account/confirm", permission="signed_in", endpoint="confirm")
def confirm() -> ResponseReturnValue:
    """The form."""
    return _form(request.args.get("next", ""))


@route(
    portal, "/account/confirm", permission="signed_in", methods=["POST"], endpoint="prove", limit="confirm"
)
def prove() -> ResponseReturnValue:
    """Takes the proof and leads back; the session has a new token then. A wrong proof answers 403 with the form."""
    wanted = request.form.get("next", "")
    try:
        token = confirm_caller(sent_proof())
    except WrongProof as refusal:
        return _form(wanted, str(refusal)), 403
    response = make_response(redirect(with_word(own_path(wanted), "confirmed"), 303))
    remember_caller(response, token)
    return response


@route(portal, "/account/confirm/passkey", permission="signed_in", methods=["POST"])
def ask_passkey_again() -> ResponseReturnValue:
    """What the browser needs to use a passkey."""
    holder = holder_of(current_caller())
    return options_answer(begin_assertion(system_session(), holder, needed_site(), "confirm"))


def _form(wanted: str, problem: str = "") -> str:
    session, user_id = system_session(), holder_of(current_caller()).user_id
    return page(
        "confirm.html",
        problem=problem,
        next=own_path(wanted),
        with_factor=has_factor(session, user_id),
        with_passkey=has_factor(session, user_id, "passkey") and passkey_site() is not None,
    )
