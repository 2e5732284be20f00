"""What happens before any view: size, origin, sign-in, limit, form token, area, permission, recent proof."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Flask, request

from agency.domain.errors import (
    ConfirmRequired,
    Forbidden,
    Invalid,
    NotFound,
    SecondFactorRequired,
    SignInRequired,
)
from agency.domain.said import said
from agency.services.callers import SignedIn, is_fresh
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
from agency.web.spending import spend_limit

_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def guard_requests(app: Flask) -> None:
    """Puts the guard before every request of the application."""
    app.before_request(_guard)


def require_fresh() -> None:
    """For an act that is delicate only at times: raises ConfirmRequired unless the caller's proof is recent."""
    if not is_fresh(current_caller()):
        raise ConfirmRequired


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
    if declared.permission != PUBLIC:
        _known_caller()
    if declared.limit:
        spend_limit(declared.limit)
    if declared.permission == PUBLIC:
        return
    if unsafe and by_cookie:
        check_form_token()
    require_permission(declared.permission)
    if declared.fresh:
        require_fresh()


def require_permission(word: str) -> SignedIn:
    """Who calls, with what `word` asks for; for the rare view whose route is public and whose act is not.

    Raises SignInRequired and Forbidden.
    """
    caller = current_caller()
    if caller.must_enrol and word != SIGNED_IN:
        raise SecondFactorRequired
    if caller.token_id:
        check_area(word, caller.areas)
    check_permission(word, caller.scope)
    if caller.viewing:
        _check_viewing(word, caller.viewing, came_by_cookie())
    return caller


def _known_caller() -> SignedIn:
    """Who calls. A bearer token that is none counts against the address that sent it."""
    try:
        return current_caller()
    except SignInRequired:
        if bearer_token():
            spend_limit("wrong_token")
        raise


def _check_viewing(word: str, client: str, by_cookie: bool) -> None:
    """While a team member views as a client: the client's pages in the browser, and the way out; nothing else."""
    if not by_cookie or request.path.startswith("/api/"):
        raise Forbidden("Viewing as a client works in the browser only. Stop viewing first.")
    if word == SIGNED_IN and not declared_now().while_viewing:
        raise Forbidden(said("You see what {client} sees. Stop viewing first, then do this.", client=client))


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
