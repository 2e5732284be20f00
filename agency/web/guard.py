"""What happens before any view runs: origin, sign-in, limit, form token, permission, a recent proof, in this order."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Flask, request

from agency.domain.errors import ConfirmRequired, Forbidden, Invalid, NotFound, SignInRequired
from agency.services.accounts import SignedIn, is_fresh
from agency.web.origin import check_form_token, check_origin
from agency.web.permissions import (
    PUBLIC,
    SAFE_METHODS,
    SIGNED_IN,
    check_permission,
    limit_now,
    permission_now,
    wants_fresh,
)
from agency.web.requests import bearer_token, came_by_cookie, current_caller
from agency.web.spending import spend_limit

_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def guard_requests(app: Flask) -> None:
    """Puts the guard before every request of the application."""
    app.before_request(_guard)


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
    limit = limit_now()
    if word == PUBLIC:
        if limit:
            spend_limit(limit)
        return
    caller = _caller()
    if limit:
        spend_limit(limit)
    if unsafe and by_cookie:
        check_form_token()
    if caller.must_enrol and word != SIGNED_IN:
        raise Forbidden("Your agency asks for a second factor. Add one to your account first, then go on.")
    check_permission(word, caller.scope)
    if wants_fresh() and not is_fresh(caller):
        raise ConfirmRequired


def _caller() -> SignedIn:
    """Who calls. A bearer token that is none counts against the address that sent it."""
    try:
        return current_caller()
    except SignInRequired:
        if bearer_token():
            spend_limit("wrong_token")
        raise


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
