"""One request: who calls, and the session in the caller's scope, opened when asked for, committed at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import cast

from flask import Flask, Response, g, request
from sqlalchemy.orm import Session

from agency.domain.errors import SignInRequired
from agency.domain.scope import Scope
from agency.fault_points import reach
from agency.services.callers import SignedIn, scope_of_session
from agency.services.token_access import caller_of_token, is_api_token
from agency.transaction import system_transaction, transaction
from agency.web.areas import API
from agency.web.cookies import cookie_token
from agency.web.ground import ground
from agency.web.permissions import is_use, writes_now

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
        if token and not _is_misplaced():
            with system_transaction(ground().database) as session:
                caller = _look_up(session, token, bool(bearer_token()), touch=is_use())
            if caller is not None:
                g.caller = replace(caller, scope=replace(caller.scope, address=client_address()))
    return cast("SignedIn | None", g.caller)


def still_calling() -> Callable[[], bool]:
    """A question that can be asked after the request has ended: has the caller still exactly the same rights?

    For answers that go on for long (`web.streaming`). It counts as no use, so a stream keeps no session alive.
    """
    caller, token, by_header = current_caller(), session_token(), bool(bearer_token())
    database, address = ground().database, caller.scope.address

    def ask() -> bool:
        with system_transaction(database) as session:
            now = _look_up(session, token, by_header, touch=False)
        if now is None:
            return False
        return (replace(now.scope, address=address), now.must_enrol) == (caller.scope, caller.must_enrol)

    return ask


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


@contextmanager
def reading_as(scope: Scope) -> Iterator[Session]:
    """A read-only transaction in the scope that a link gave, for a page without sign-in."""
    with transaction(ground().database, replace(scope, read_only=True)) as session:
        yield session


def _look_up(session: Session, token: str, by_header: bool, *, touch: bool = True) -> SignedIn | None:
    """A session's token comes by cookie or by header, an API token by header only."""
    look_up = caller_of_token if by_header and is_api_token(token) else scope_of_session
    return look_up(session, token, touch=touch)


def _is_misplaced() -> bool:
    """True for an API token outside of the JSON door, where it is nobody."""
    return is_api_token(bearer_token()) and not request.path.startswith(API)


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
            reach("before_commit")
            session.commit()
            reach("after_commit")
        else:
            session.rollback()
    return response


def _close(_error: BaseException | None) -> None:
    for name in ("session", "system"):
        session = g.pop(name, None)
        if session is not None:
            session.close()
