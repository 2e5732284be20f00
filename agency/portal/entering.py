"""What the pages for people without a session share: the link's page is kept nowhere, and the way in at the end."""

from __future__ import annotations

from typing import Any

from flask import Response, make_response, redirect, request, url_for

from agency.portal.frame import page
from agency.services.accounts import sign_in
from agency.services.clients import list_time_zones
from agency.services.sign_up import OWN_ZONES
from agency.web import client_address, remember_caller, system_session


def alone_page(template: str, status: int = 200, **values: Any) -> Response:
    """A page outside every frame. It may show what a secret link leads to, so no cache keeps it."""
    response = make_response(page(template, **values), status)
    response.headers["Cache-Control"] = "no-store"
    return response


def enter(email: str, password: str, done: str) -> Response:
    """Signs somebody in who has just chosen this password, and leads to their first page."""
    token = sign_in(
        system_session(), email, password, request.headers.get("User-Agent", ""), client_address()
    )
    response = make_response(redirect(url_for("portal.home", done=done), 303))
    remember_caller(response, token)
    return response


def typed_password(name: str = "password") -> str:
    """A password exactly as it was typed; other fields lose the spaces around them."""
    return request.form.get(name, "")


def zones() -> list[tuple[str, str]]:
    """The time zones to choose from."""
    return [(zone, zone.replace("_", " ")) for zone in (*OWN_ZONES, *list_time_zones())]
