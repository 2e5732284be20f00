"""Was this form sent from our own page? Fetch metadata or Origin, and a token that only our pages can know."""

from __future__ import annotations

import base64
import hashlib
import hmac

from flask import request

from agency.domain.errors import Forbidden
from agency.web.cookies import cookie_token
from agency.web.ground import ground

FIELD = "form_token"
HEADER = "X-Form-Token"
_OUR_SITES = ("same-origin", "none")


def form_token() -> str:
    """The token for forms of this browser's session; empty when nobody is signed in by cookie."""
    token = cookie_token()
    if not token:
        return ""
    digest = hmac.new(token.encode(), b"form", hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


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
    given = request.headers.get(HEADER) or request.form.get(FIELD, "")
    if not hmac.compare_digest(given.encode(), form_token().encode()) or not given:
        raise Forbidden("This page is too old. Reload it and send the form again; nothing was changed.")
