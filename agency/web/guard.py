"""What happens before any view runs: origin, sign-in, form token, permission, a recent proof, in this order."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Flask, request

from agency.domain.errors import ConfirmRequired, Invalid, NotFound, SecondFactorRequired
from agency.services.accounts import is_fresh
from agency.web.origin import check_form_token, check_origin
from agency.web.permissions import (
    PUBLIC,
    SAFE_METHODS,
    SIGNED_IN,
    check_permission,
    permission_now,
    wants_fresh,
)
from agency.web.requests import bearer_token, came_by_cookie, current_caller

_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def guard_requests(app: Flask) -> None:
    """Puts the guard before every request of the application."""
    app.before_request(_guard)


def require_fresh() -> None:
    """For an act that is delicate only at times: raises ConfirmRequired unless the caller's proof is recent."""
    if not is_fresh(current_caller()):
        raise ConfirmRequired


def _guard() -> None:
    word = permission_now()
    if not word:  # no such URL, or no such method on it
        return
    _refuse_nul()
    unsafe = request.method not in SAFE_METHODS
    by_cookie = came_by_cookie()
    # A bearer token is never sent by a browser on its own, so a foreign page cannot use it.
    if unsafe and not bearer_token():
        check_origin(must_tell=by_cookie)
    if word == PUBLIC:
        return
    caller = current_caller()
    if unsafe and by_cookie:
        check_form_token()
    if caller.must_enrol and word != SIGNED_IN:
        raise SecondFactorRequired
    check_permission(word, caller.scope)
    if wants_fresh():
        require_fresh()


def _refuse_nul() -> None:
    """PostgreSQL stores no NUL, so an address with one leads nowhere and a field with one is wrong."""
    if "\0" in request.path:
        raise NotFound("Page")
    for name, value in _typed():
        if "\0" in name + value:
            raise Invalid(
                name.replace("\0", ""), "This holds a character that cannot be kept. Type it again."
            )


def _typed() -> Iterator[tuple[str, str]]:
    """What a person can type: the query and a form. Webhooks read their own raw body, within their own limit."""
    yield from request.args.items(multi=True)
    if request.mimetype in _FORMS and request.blueprint != "webhooks":
        yield from request.form.items(multi=True)
