"""Sessions of the JSON door: sign in for a token, see who one is, sign out."""

from __future__ import annotations

from typing import Any

from flask import Response

from agency.api.encoding import answer
from agency.api.operations import Shapes, group, operation
from agency.api.schemas.accounts import MeSchema, SignInSchema, TokenSchema
from agency.services.accounts import sign_in, sign_out
from agency.web import client_address, current_caller, session_token, system_session

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
    """Sign in: returns a bearer token."""
    token = sign_in(system_session(), body["email"], body["password"], "API", client_address())
    return answer({"token": token}, 201)


@operation(blueprint, "GET", "/current", permission="signed_in", shapes=Shapes(gives=MeSchema))
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
