"""The portal's cookies: unreadable for scripts, sent only to this host. One holds the session, one a parked shop."""

from __future__ import annotations

from datetime import timedelta

from flask import Response, request

from agency.services.accounts import SESSION_LIFE
from agency.services.connecting import LINK_LIFE
from agency.web.ground import ground

_SESSION, _INSTALLATION = "shopfleet", "shopfleet-install"


def cookie_name(name: str = _SESSION) -> str:
    """`__Host-` makes browsers refuse the cookie from another host or without TLS; it needs Secure."""
    return f"__Host-{name}" if ground().settings.secure_cookies else name


def cookie_token() -> str:
    """The token that the browser sent, empty when there is none."""
    return request.cookies.get(cookie_name(), "")


def remember_caller(response: Response, token: str) -> None:
    """Signs this browser in. Lax, since TikTok's consent page leads back to us by a link."""
    _set(response, _SESSION, token, SESSION_LIFE)


def forget_caller(response: Response) -> None:
    """Signs this browser out; end the session with `accounts.sign_out` as well."""
    _set(response, _SESSION, "", timedelta(0))


def installation_token() -> str:
    """The token of the shop that this browser brought from TikTok's app store, empty when there is none."""
    return request.cookies.get(cookie_name(_INSTALLATION), "")


def remember_installation(response: Response, token: str) -> None:
    """Lets this browser, and no other, find its parked shop again; signing in changes nothing about it."""
    _set(response, _INSTALLATION, token, LINK_LIFE)


def forget_installation(response: Response) -> None:
    """The parked shop was taken or thrown away."""
    _set(response, _INSTALLATION, "", timedelta(0))


def _set(response: Response, name: str, value: str, life: timedelta) -> None:
    response.set_cookie(
        cookie_name(name),
        value,
        max_age=int(life.total_seconds()),
        path="/",
        secure=ground().settings.secure_cookies,
        httponly=True,
        samesite="Lax",
    )
