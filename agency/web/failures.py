"""How a failure becomes an answer: one shape for both doors, each of which renders it in its own way."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

from flask import Flask, g, make_response, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, SecurityError

from agency.domain.errors import CannotCheck, ShopfleetError, TooMany
from agency.domain.said import said
from agency.services.callers import SignedIn

Render = Callable[["Failure"], ResponseReturnValue]
_LOG = logging.getLogger(__name__)

_SENTENCES = {
    400: said("The request could not be read. Check it and send it again."),
    404: said("There is nothing here for you. Check the address, or go back to Today."),
    405: said("This address does not take that kind of request."),
    413: said("That is too large. Send less at once."),
    414: said("This address is too long. Send less in it, or send it as a form."),
    431: said("The request carries too much in its headers. Delete this site's cookies and try again."),
    415: said("Send JSON with Content-Type: application/json."),
    422: said("Some fields need another look."),
}
_FOREIGN_HOST = said(
    "Shopfleet does not answer under this name. Use the address in PUBLIC_URL; the operator can change it."
)
_OURS = said("Something went wrong on our side. Nothing was changed; try again in a moment.")


@dataclass(frozen=True)
class Failure:
    """What went wrong: an HTTP status, its short title, a sentence with the remedy, and a message per field.

    `remedy` is `ShopfleetError.remedy`: what the caller has to do before the same request can succeed.
    """

    status: int
    title: str
    sentence: str
    fields: Mapping[str, str] = field(default_factory=dict)
    remedy: str = ""
    retry_after: int = 0  # seconds, 0 = not said

    @property
    def first_field(self) -> str:
        """The first field that is wrong, empty when the failure is not about a field."""
        return next(iter(self.fields), "")


def answer_failures(app: Flask, doors: Sequence[tuple[str, Render]]) -> None:
    """Lets the first door whose path prefix fits render a failure; the last prefix should be empty.

    The first door also answers under a foreign host name.
    """

    def answer(error: Exception) -> ResponseReturnValue:
        failure = failure_of(error)
        if failure.status >= 500:
            # The rule, not the path: the path of an invitation or a reset holds its secret. Our own refusals say all
            # there is to say, and a Redis that is away would fill the log with their traces.
            trace = None if isinstance(error, ShopfleetError) else error
            rule = request.url_rule or "no route"
            _LOG.error("%s %s failed: %s", request.method, rule, failure.title, exc_info=trace)
        elif failure.status == 403:
            rule = request.url_rule or "no route"
            _LOG.warning("%s %s refused to %s", request.method, rule, _actor())
        # A foreign Host: no page can be built, since no address of ours is known.
        if isinstance(error, SecurityError):
            return doors[0][1](failure)
        render = next(render for prefix, render in doors if request.path.startswith(prefix))
        response = make_response(render(failure))
        if failure.retry_after:
            response.headers["Retry-After"] = str(failure.retry_after)
        return response

    app.register_error_handler(Exception, answer)
    app.register_error_handler(HTTPException, answer)
    app.register_error_handler(ShopfleetError, answer)


def failure_of(error: Exception) -> Failure:
    """Our own refusals speak for themselves; everything else gets a sentence without inner details."""
    if isinstance(error, ShopfleetError):
        fields = {error.field: str(error)} if error.field else {}
        wait = error.retry_after if isinstance(error, (TooMany, CannotCheck)) else 0
        return Failure(error.status, _title(error.status), str(error), fields, error.remedy, wait)
    if isinstance(error, HTTPException):
        status = error.code or 500
        if isinstance(error, SecurityError):
            return Failure(status, _title(status), _FOREIGN_HOST)
        fields = _messages(error)
        return Failure(status, _title(status), _SENTENCES.get(status, _title(status) + "."), fields)
    return Failure(500, _title(500), _OURS)


def _actor() -> str:
    """Who was refused, by an id of ours; a caller that was never read is nobody."""
    caller = g.get("caller")
    return caller.scope.actor if isinstance(caller, SignedIn) else "nobody"


def _title(status: int) -> str:
    return HTTPStatus(status).phrase


def _messages(error: HTTPException) -> dict[str, str]:
    """The messages that a schema left on the exception, flattened: {"json": {"rank": ["..."]}} -> {"rank": "..."}."""
    data = getattr(error, "data", None)
    found = data.get("messages") if isinstance(data, Mapping) else None
    if not isinstance(found, Mapping):
        return {}
    flat: dict[str, str] = {}
    for part in found.values():
        if isinstance(part, Mapping):
            _flatten("", part, flat)
    return flat


def _flatten(prefix: str, messages: Mapping[object, object], into: dict[str, str]) -> None:
    for name, message in messages.items():
        # marshmallow's word for "the whole thing"
        path = f"{prefix}{'body' if name == '_schema' else name}"
        if isinstance(message, Mapping):
            _flatten(f"{path}.", message, into)
        elif isinstance(message, list):
            into[path] = " ".join(str(part) for part in message)
        else:
            into[path] = str(message)
