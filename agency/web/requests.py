"""One request: who calls, and the session in the caller's scope, opened when asked for, committed at the end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import cast

from flask import Flask, Response, g, request
from sqlalchemy.orm import Session

from agency.domain.errors import SignInRequired
from agency.domain.scope import Scope
from agency.services.accounts import SignedIn, scope_of_session
from agency.transaction import system_transaction
from agency.web.cookies import cookie_token
from agency.web.ground import ground
from agency.web.permissions import writes_now

_BEARER = "bearer "


def bearer_token() -> str:
    """The token of an Authorization header, empty when there is none."""
    header = request.headers.get("Authorization", "")
    return header[len(_BEARER) :].strip() if header.lower().startswith(_BEARER) else ""


def session_token() -> str:
    """The token that the caller sent, by header or by cookie; empty when there is none."""
    return bearer_token() or cookie_token()


def came_by_cookie() -> bool:
    """True when the caller is known by the portal's cookie, so that a foreign page could have sent the request."""
    return not bearer_token() and bool(cookie_token())


def client_address() -> str:
    """Where the request came from, as far as the configured proxies can be believed."""
    return request.remote_addr or ""


def find_caller() -> SignedIn | None:
    """Who calls, or None when nobody is signed in; read once per request."""
    if "caller" not in g:
        token = session_token()
        g.caller = None
        if token:
            with system_transaction(ground().database) as session:
                caller = scope_of_session(session, token)
            if caller is not None:
                g.caller = replace(caller, scope=replace(caller.scope, address=client_address()))
    return cast("SignedIn | None", g.caller)


def current_caller() -> SignedIn:
    """Who calls. Raises SignInRequired."""
    caller = find_caller()
    if caller is None:
        raise SignInRequired
    return caller


def current_scope() -> Scope:
    """The caller's scope. Raises SignInRequired."""
    return current_caller().scope


def db_session() -> Session:
    """The request's session in the caller's scope; read-only when the request must not write."""
    if "session" not in g:
        scope = current_scope()
        g.session = ground().database.session(scope if writes_now() else replace(scope, read_only=True))
    return cast(Session, g.session)


def system_session() -> Session:
    """The request's session on the system login: sign-in, webhook door, readiness."""
    if "system" not in g:
        g.system = ground().database.system_session()
    return cast(Session, g.system)


@contextmanager
def own_transaction() -> Iterator[Session]:
    """A transaction of its own on the system login, for what must stay although the request is refused.

    Nothing else of this request may hold what it touches: open it before `system_session` has written.
    """
    with system_transaction(ground().database) as session:
        yield session


def end_requests(app: Flask) -> None:
    """Commits every request that ends below 400 and rolls back the others; the only commit of the doors."""
    app.after_request(_end)
    app.teardown_request(_close)


def _end(response: Response) -> Response:
    for name in ("session", "system"):
        session = g.get(name)
        if session is None:
            continue
        if response.status_code < 400:
            session.commit()
        else:
            session.rollback()
    return response


def _close(_error: BaseException | None) -> None:
    for name in ("session", "system"):
        session = g.pop(name, None)
        if session is not None:
            session.close()
