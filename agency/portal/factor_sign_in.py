"""The second step of signing in: a code or a passkey. Open only to a browser whose password was right just now."""

from __future__ import annotations

from flask import Response, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from agency.domain.errors import CodeRequired, SignInRequired
from agency.portal.blueprint import portal
from agency.portal.frame import page
from agency.portal.passkey_site import needed_site, options_answer, passkey_site
from agency.portal.paths import own_path
from agency.services.factors import Holder, has_factor
from agency.services.passkeys import begin_assertion
from agency.services.pending import TOO_LATE, find_pending
from agency.services.proofs import Proof
from agency.web import (
    check_form_token,
    cookie_token,
    find_caller,
    finish_sign_in,
    remember_caller,
    route,
    system_session,
)


@route(portal, "/login/factor", permission="public", endpoint="factor")
def factor() -> ResponseReturnValue:
    """The form; whoever has no sign-in half done is led to the first step."""
    wanted = request.args.get("next", "")
    if find_caller() is not None:
        return redirect(own_path(wanted), 303)
    holder = _pending()
    return _form(holder, wanted) if holder else redirect(url_for("portal.sign_in", next=wanted or None), 303)


@route(
    portal, "/login/factor", permission="public", methods=["POST"], endpoint="prove_factor", limit="factor"
)
def prove_factor() -> ResponseReturnValue:
    """Opens the session in exchange for a second factor; a wrong one answers 401 with the form."""
    wanted = request.form.get("next", "")
    if find_caller() is not None:
        return redirect(own_path(wanted), 303)
    holder = _pending()
    if holder is None:
        return _anew(TOO_LATE, wanted)
    check_form_token()
    proof = sent_proof()
    try:
        token = finish_sign_in(cookie_token(), proof)
    except CodeRequired as refusal:
        return _form(holder, wanted, str(refusal), proof.given)
    except SignInRequired as refusal:
        return _anew(str(refusal), wanted)
    response = make_response(redirect(own_path(wanted), 303))
    remember_caller(response, token)
    return response


@route(portal, "/login/factor/passkey", permission="public", methods=["POST"], endpoint="ask_passkey")
def ask_passkey() -> ResponseReturnValue:
    """What the browser needs to use a passkey."""
    holder = _pending()
    if holder is None:
        raise SignInRequired(TOO_LATE)
    check_form_token()
    return options_answer(begin_assertion(system_session(), holder, needed_site(), "sign_in"))


def sent_proof() -> Proof:
    """The proof in this request's form: a passkey's answer, a password, or a code."""
    sent = request.form
    return Proof(
        code=sent.get("code", "").strip()[:200],
        password=sent.get("password", ""),
        credential=sent.get("credential", ""),
        site=passkey_site(),
    )


def _pending() -> Holder | None:
    return find_pending(system_session(), cookie_token())


def _form(holder: Holder, wanted: str, problem: str = "", given: str = "") -> Response:
    body = page(
        "factor.html",
        problem=problem,
        given=given,
        next=wanted,
        email=holder.email,
        with_passkey=has_factor(system_session(), holder.user_id, "passkey") and passkey_site() is not None,
    )
    response = make_response(body, 401 if problem else 200)
    response.headers["Cache-Control"] = "no-store"
    return response


def _anew(problem: str, wanted: str) -> Response:
    """The first step again, with the reason. The cookie stays: after a double click it may be the new one already."""
    return make_response(page("sign_in.html", email="", problem=problem, next=wanted), 401)
