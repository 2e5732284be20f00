"""API tokens over JSON; for owners who are signed in, never for a token itself."""

from __future__ import annotations

from typing import Any

from flask import Response

from agency.api.encoding import answer
from agency.api.operations import Shapes, group, operation
from agency.api.schemas.answers import list_of
from agency.api.schemas.tokens import MadeTokenSchema, NewTokenSchema
from agency.services.api_tokens import NewToken, TokenRow, create_token, list_tokens, revoke_token
from agency.web import current_caller, current_scope, db_session, known_areas, system_session

blueprint = group("tokens", "/api/v1/tokens", "API tokens for your own programs")


@operation(blueprint, "GET", "", permission="owner", shapes=Shapes(gives=list_of(TokenRow)))
def show_tokens() -> Response:
    """API tokens of the agency, the newest first, without their secrets."""
    return answer({"rows": list_tokens(current_scope(), db_session(), system_session())})


@operation(
    blueprint,
    "POST",
    "",
    permission="owner",
    shapes=Shapes(body=NewTokenSchema, gives=MadeTokenSchema, status=201),
    fresh=True,
)
def make_token(body: dict[str, Any]) -> Response:
    """Make an API token. Its secret is in this answer and nowhere else; each call makes another token."""
    clients = body["client_ids"]
    new = NewToken(
        name=body["name"],
        areas=body["areas"],
        clients=None if clients is None else [str(client) for client in clients],
        days=body["days"],
    )
    return answer(create_token(current_caller(), db_session(), system_session(), new, known_areas()), 201)


@operation(blueprint, "DELETE", "/<token_id>", permission="owner", shapes=Shapes(status=204))
def end_token(token_id: str) -> Response:
    """Revoke an API token: it is worth nothing from now on."""
    revoke_token(current_scope(), db_session(), token_id)
    return Response(status=204)
