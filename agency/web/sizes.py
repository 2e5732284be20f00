"""How much one request may be: address, headers, body and form fields; more is 414, 431 or 413 in our own shape.

gunicorn's own limits (`agency/serving.py`) lie above these and end a connection that is worse than that.
"""

from __future__ import annotations

from flask import request
from werkzeug.exceptions import RequestEntityTooLarge, RequestHeaderFieldsTooLarge, RequestURITooLarge

from agency.web.permissions import declared_now

MAX_ADDRESS = 4_000  # bytes of path and query: filters, cursors and TikTok's callback need a tenth of it
MAX_HEADERS, MAX_HEADER_BYTES = 60, 16 * 1024
MAX_FIELDS = 200
MAX_BODY = 1024 * 1024  # bytes, unless the route declares another number
_URLENCODED, _MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"


def check_sizes() -> None:
    """Raises 414, 431 or 413 before anything of the body is read, also by an announced length alone."""
    environ = request.environ
    if len(environ.get("RAW_URI") or f"{environ['PATH_INFO']}?{environ['QUERY_STRING']}") > MAX_ADDRESS:
        raise RequestURITooLarge
    sizes = [len(name) + len(value) for name, value in request.headers]
    if len(sizes) > MAX_HEADERS or sum(sizes) > MAX_HEADER_BYTES:
        raise RequestHeaderFieldsTooLarge
    limit = declared_now().max_body or MAX_BODY
    request.max_content_length = limit
    if (request.content_length or 0) > limit:
        raise RequestEntityTooLarge
    if request.endpoint and not request.content_length and "wsgi.input_terminated" in environ:
        _limit_unannounced(limit)


def _limit_unannounced(limit: int) -> None:
    """Reads a body in chunks up to one byte too many, since werkzeug cuts it off at its limit without a word."""
    if request.mimetype != _MULTIPART:  # whose parser asks for more and is refused
        request.max_content_length = limit + 1
        if len(request.get_data()) > limit:
            raise RequestEntityTooLarge


def check_fields() -> None:
    """Raises 413 for a form of more than MAX_FIELDS fields before it is taken apart; of multipart, werkzeug counts."""
    if request.mimetype == _URLENCODED and request.get_data().count(b"&") >= MAX_FIELDS:
        raise RequestEntityTooLarge
