"""What happens before any view: size, origin, sign-in, form token, area, permission, a recent proof, in this order."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Flask, request

from agency.domain.errors import ConfirmRequired, Forbidden, Invalid, NotFound
from agency.services.accounts import SignedIn, is_fresh
from agency.web.areas import check_area
from agency.web.origin import check_form_token, check_origin
from agency.web.permissions import (
    PUBLIC,
    SAFE_METHODS,
    SIGNED_IN,
    check_permission,
    declared_now,
)
from agency.web.requests import bearer_token, came_by_cookie, current_caller
from agency.web.sizes import check_fields, check_sizes

_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def guard_requests(app: Flask) -> None:
    """Puts the guard before every request of the application."""
    app.before_request(_guard)


def _guard() -> None:
    check_sizes()
    declared = declared_now()
    if not declared.permission:  # no such URL, or no such method on it
        return
    _refuse_nul()
    unsafe = request.method not in SAFE_METHODS
    by_cookie = came_by_cookie()
    # A bearer token is never sent by a browser on its own, so a foreign page cannot use it.
    if unsafe and not bearer_token():
        check_origin(must_tell=by_cookie)
    if declared.permission == PUBLIC:
        return
    current_caller()
    if unsafe and by_cookie:
        check_form_token()
    caller = require_permission(declared.permission)
    if declared.fresh and not is_fresh(caller):
        raise ConfirmRequired


def require_permission(word: str) -> SignedIn:
    """Who calls, with what `word` asks for; for the rare view whose route is public and whose act is not.

    Raises SignInRequired and Forbidden.
    """
    caller = current_caller()
    if caller.must_enrol and word != SIGNED_IN:
        raise Forbidden("Your agency asks for a second factor. Add one to your account first, then go on.")
    if caller.token_id:
        check_area(word, caller.areas)
    check_permission(word, caller.scope)
    if caller.viewing:
        _check_viewing(word, caller.viewing, came_by_cookie())
    return caller


def _check_viewing(word: str, client: str, by_cookie: bool) -> None:
    """While a team member views as a client: the client's pages in the browser, and the way out; nothing else."""
    if not by_cookie or request.path.startswith("/api/"):
        raise Forbidden("Viewing as a client works in the browser only. Stop viewing first.")
    if word == SIGNED_IN and not declared_now().while_viewing:
        raise Forbidden(f"You see what {client} sees. Stop viewing first, then do this.")


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
        check_fields()
        yield from request.form.items(multi=True)
