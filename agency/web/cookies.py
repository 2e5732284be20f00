"""The portal's cookie: holds the session token, unreadable for scripts, sent only to this host."""

from __future__ import annotations

from datetime import timedelta

from flask import Response, request

from agency.services.accounts import SESSION_LIFE
from agency.web.ground import ground


def cookie_name() -> str:
    """`__Host-` makes browsers refuse the cookie from another host or without TLS; it needs Secure."""
    return "__Host-shopfleet" if ground().settings.secure_cookies else "shopfleet"


def cookie_token() -> str:
    """The token that the browser sent, empty when there is none."""
    return request.cookies.get(cookie_name(), "")


def remember_caller(response: Response, token: str) -> None:
    """Signs this browser in. Lax, since TikTok's consent page leads back to us by a link."""
    _set(response, token, SESSION_LIFE)


def forget_caller(response: Response) -> None:
    """Signs this browser out; end the session with `accounts.sign_out` as well."""
    _set(response, "", timedelta(0))


def _set(response: Response, value: str, life: timedelta) -> None:
    response.set_cookie(
        cookie_name(),
        value,
        max_age=int(life.total_seconds()),
        path="/",
        secure=ground().settings.secure_cookies,
        httponly=True,
        samesite="Lax",
    )
