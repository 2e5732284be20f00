"""How a failure becomes an answer: one shape for both doors, each of which renders it in its own way."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

from flask import Flask, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from agency.domain.errors import ShopfleetError

Render = Callable[["Failure"], ResponseReturnValue]
_LOG = logging.getLogger(__name__)

_SENTENCES = {
    400: "The request could not be read. Check it and send it again.",
    404: "There is nothing here for you. Check the address, or go back to Today.",
    405: "This address does not take that kind of request.",
    413: "That is too large. Send less at once.",
    415: "Send JSON with Content-Type: application/json.",
    422: "Some fields need another look.",
}
_OURS = "Something went wrong on our side. Nothing was changed; try again in a moment."


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

    @property
    def first_field(self) -> str:
        """The first field that is wrong, empty when the failure is not about a field."""
        return next(iter(self.fields), "")


def answer_failures(app: Flask, doors: Sequence[tuple[str, Render]]) -> None:
    """Lets the first door whose path prefix fits render a failure; the last prefix should be empty."""

    def answer(error: Exception) -> ResponseReturnValue:
        failure = failure_of(error)
        if failure.status >= 500:
            _LOG.error("%s %s failed", request.method, request.path, exc_info=error)
        render = next(render for prefix, render in doors if request.path.startswith(prefix))
        return render(failure)

    app.register_error_handler(Exception, answer)
    app.register_error_handler(HTTPException, answer)
    app.register_error_handler(ShopfleetError, answer)


def failure_of(error: Exception) -> Failure:
    """Our own refusals speak for themselves; everything else gets a sentence without inner details."""
    if isinstance(error, ShopfleetError):
        fields = {error.field: str(error)} if error.field else {}
        return Failure(error.status, _title(error.status), str(error), fields, error.remedy)
    if isinstance(error, HTTPException):
        status = error.code or 500
        fields = _messages(error)
        return Failure(status, _title(status), _SENTENCES.get(status, _title(status) + "."), fields)
    return Failure(500, _title(500), _OURS)


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
