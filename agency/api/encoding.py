"""JSON out: dataclasses of the read services straight to bytes, with an ETag, and 304 for what the caller has."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson
from flask import Response, request

_OPTIONS = orjson.OPT_UTC_Z


def dump_json(value: Any) -> bytes:
    """Dataclasses, times (UTC with Z), mappings and sequences as JSON."""
    return orjson.dumps(value, option=_OPTIONS)


def answer(value: Any, status: int = 200) -> Response:
    """The value as a JSON answer. A GET carries an ETag, and is 304 without a body when the caller has the same."""
    body = dump_json(value)
    response = Response(body, status, mimetype="application/json")
    if request.method in ("GET", "HEAD") and status == 200:
        response.set_etag(hashlib.blake2b(body, digest_size=16).hexdigest())
        response.make_conditional(request)
    return response
