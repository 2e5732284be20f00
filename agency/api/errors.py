"""Failures as problem+json (RFC 9457): type, title, status, detail, and the field where there is one."""

from __future__ import annotations

from flask import Response

from agency.api.encoding import dump_json
from agency.web import Failure


def problem(failure: Failure) -> Response:
    """The failure as JSON. A 401 says how to authenticate; `fields` has a message for every wrong field, and
    `remedy` what has to be done first: confirm, enrol or code.
    """
    body: dict[str, object] = {
        "type": "about:blank",
        "title": failure.title,
        "status": failure.status,
        "detail": failure.sentence,
    }
    if failure.fields:
        body["field"] = failure.first_field
        body["fields"] = dict(failure.fields)
    if failure.remedy:
        body["remedy"] = failure.remedy
    response = Response(dump_json(body), failure.status, mimetype="application/problem+json")
    if failure.status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="shopfleet"'
    return response
