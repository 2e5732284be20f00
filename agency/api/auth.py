"""Sessions of the JSON door: sign in for a token, see who one is, sign out."""

from __future__ import annotations

from typing import Any

from flask import Response

from agency.api.encoding import answer
from agency.api.operations import Shapes, group, operation
from agency.api.schemas.accounts import ConfirmSchema, MeSchema, SignInSchema, TokenSchema
from agency.api.schemas.answers import list_of
from agency.domain.devices import PROGRAM
from agency.domain.errors import CodeRequired
from agency.services.accounts import sign_in, sign_out
from agency.services.pending import find_pending
from agency.services.proofs import Proof
from agency.services.sessions import DeviceRow, end_device, list_devices
from agency.web import (
    client_address,
    confirm_caller,
    cookie_token,
    current_caller,
    finish_sign_in,
    own_transaction,
    remember_caller,
    session_token,
    system_session,
)

_CODE_TOO = "This account has a second factor. Send the code of the app, or a recovery code, as `code` too."
blueprint = group("sessions", "/api/v1/sessions", "Sign in and out")


@operation(
    blueprint,
    "POST",
    "",
    permission="public",
    shapes=Shapes(body=SignInSchema, gives=TokenSchema, status=201),
    limit="sign_in",
)
def open_session(body: dict[str, Any]) -> Response:
    """Sign in: returns a bearer token. Whoever has a second factor sends its `code` too, or a recovery code."""
    with own_transaction() as session:
        token = sign_in(session, body["email"], body["password"], PROGRAM, client_address())
        pending = find_pending(session, token) is not None
        if pending and not body["code"]:
            raise CodeRequired(_CODE_TOO)
    if pending:
        token = finish_sign_in(token, Proof(code=body["code"]))
    return answer({"token": token}, 201)


@operation(blueprint, "GET", "", permission="signed_in", shapes=Shapes(gives=list_of(DeviceRow)))
def show_sessions() -> Response:
    """Your own signed-in devices, this one first."""
    return answer({"rows": list_devices(current_caller(), system_session())})


@operation(
    blueprint,
    "POST",
    "/current/confirm",
    permission="signed_in",
    shapes=Shapes(body=ConfirmSchema, gives=TokenSchema),
    limit="confirm",
)
def confirm_session(body: dict[str, Any]) -> Response:
    """Prove once more who you are, for what asks for it: returns a new token; the former one ends."""
    token = confirm_caller(Proof(code=body["code"], password=body["password"]))
    if session_token() != cookie_token():
        return answer({"token": token})
    response = answer({"token": ""})  # a browser's token stays in its cookie, out of reach of scripts
    remember_caller(response, token)
    return response


@operation(
    blueprint,
    "GET",
    "/current",
    permission="signed_in",
    shapes=Shapes(gives=MeSchema),
    open_to_tokens=True,
)
def show_session() -> Response:
    """Who calls, as what."""
    caller = current_caller()
    return answer(
        {
            "name": caller.user_name,
            "role": caller.role,
            "agency_name": caller.agency_name,
            "client_name": caller.client_name,
            "memberships": caller.memberships,
        }
    )


@operation(blueprint, "DELETE", "/current", permission="signed_in", shapes=Shapes(status=204))
def end_session() -> Response:
    """Sign out: the token ends now."""
    sign_out(system_session(), session_token(), client_address())
    return Response(status=204)


@operation(blueprint, "DELETE", "/<session_id>", permission="signed_in", shapes=Shapes(status=204))
def end_one_session(session_id: str) -> Response:
    """Sign one of your own devices out; 404 for any other id."""
    end_device(current_caller(), system_session(), session_id)
    return Response(status=204)
