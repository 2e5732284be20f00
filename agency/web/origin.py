"""Was this form sent from our own page? Fetch metadata or Origin, and a token that only our pages can know."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

from flask import g, request

from agency.domain.errors import Forbidden
from agency.web.cookies import cookie_token
from agency.web.ground import ground

FIELD = "form_token"
HEADER = "X-Form-Token"
_OUR_SITES = ("same-origin", "none")


def form_token() -> str:
    """The token for forms of this browser's session; empty when nobody is signed in by cookie.

    It looks different in every answer: a proxy may compress pages, and a secret that stays the same could be guessed
    letter by letter from the size of the answers (the BREACH attack).
    """
    secret = _secret()
    if not secret:
        return ""
    if "form_token" not in g:
        mask = secrets.token_bytes(len(secret))
        g.form_token = base64.urlsafe_b64encode(mask + _mixed(mask, secret)).decode().rstrip("=")
    return str(g.form_token)


def check_origin(*, must_tell: bool) -> None:
    """Raises Forbidden when a browser says that another site sent the request, or, if it must, says nothing."""
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if site is not None:
        ours = site in _OUR_SITES
    elif origin is not None:
        ours = origin in (request.host_url.rstrip("/"), ground().settings.public_url)
    else:
        ours = not must_tell
    if not ours:
        raise Forbidden("This form was not sent from our own pages. Open the page again and repeat it there.")


def check_form_token() -> None:
    """Raises Forbidden unless the form carries this session's token."""
    given = _unmasked(request.headers.get(HEADER) or request.form.get(FIELD, ""))
    secret = _secret()
    if not secret or not hmac.compare_digest(given, secret):
        raise Forbidden("This page is too old. Reload it and send the form again; nothing was changed.")


def _secret() -> bytes:
    token = cookie_token()
    return hmac.new(token.encode(), b"form", hashlib.sha256).digest() if token else b""


def _unmasked(given: str) -> bytes:
    """What a token says under its mask; empty for what is no token."""
    try:
        both = base64.b64decode(given + "=" * (-len(given) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return b""
    middle = len(both) // 2
    return _mixed(both[:middle], both[middle:]) if len(both) % 2 == 0 else b""


def _mixed(first: bytes, second: bytes) -> bytes:
    return bytes(one ^ other for one, other in zip(first, second, strict=True))
