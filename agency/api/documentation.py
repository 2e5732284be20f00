"""The API's description: OpenAPI 3.1 as JSON, and a plain page that lists the operations without any foreign script."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, current_app
from flask_smorest import Api  # type: ignore[import-untyped]

from agency.api.documentation_page import operations_page
from agency.api.encoding import answer
from agency.api.operations import group, operation
from agency.api.schemas.base import ProblemSchema
from agency.web import known_areas

VERSION = "1"
PROBLEM = "application/problem+json"
DESCRIPTION = (
    "Lists are pages of 50 with `next_cursor`; send it back as `after`. GET answers carry an ETag; send it as "
    "If-None-Match. Failures are application/problem+json. Writes may carry an Idempotency-Key: every write here can "
    "be repeated without doing it twice, so the key is accepted and not needed; only POST /api/v1/tokens makes another "
    "token each time. People sign in for a session's token (POST /api/v1/sessions), which may do what the person may. "
    "Programs use an API token that an owner makes: it begins with sf_, holds some areas, for some clients or all, "
    "until a day, and never has an owner's rights. Send either as Authorization: Bearer <token>. x-area names the area "
    "that an operation needs of an API token; an operation without x-area is for sessions and answers 403 to a token."
)
_BEARER = {
    "type": "http",
    "scheme": "bearer",
    "description": "A session's token, or an API token (sf_...) with the operation's x-area.",
}
blueprint = group("documentation", "/api/docs", "This description")


class QuietApi(Api):  # type: ignore[misc]
    """flask-smorest without its own error answers; `web.failures` gives every door the same."""

    ERROR_SCHEMA = ProblemSchema

    def _register_error_handlers(self) -> None:
        """Registers nothing."""


def describe(app: Flask) -> QuietApi:
    """The collector of operations."""
    app.config.update(API_TITLE="Shopfleet", API_VERSION=VERSION, OPENAPI_VERSION="3.1.0")
    api = QuietApi(app, spec_kwargs={"info": {"description": DESCRIPTION}})
    api.spec.components.security_scheme("bearer", _BEARER)
    app.extensions["shopfleet-api"] = api
    return api


def document() -> dict[str, Any]:
    """The OpenAPI document of the running application."""
    result: dict[str, Any] = current_app.extensions["shopfleet-api"].spec.to_dict()
    parts = result["components"]
    failures = {
        name: failure | {"content": {PROBLEM: failure["content"]["application/json"]}}
        for name, failure in parts["responses"].items()
    }
    # Which areas there are is known only when every operation is registered.
    parts["schemas"]["NewToken"]["properties"]["areas"]["items"]["enum"] = sorted(known_areas())
    return result | {"components": parts | {"responses": failures}, "security": [{"bearer": []}]}


@operation(blueprint, "GET", "/openapi.json", permission="public")
def show_document() -> Response:
    """The OpenAPI document."""
    return answer(document())


@operation(blueprint, "GET", "", permission="public")
def show_page() -> Response:
    """The operations on one page."""
    return Response(operations_page(document()), mimetype="text/html")
