"""The ground of both doors: who calls, in which scope and session; permissions, origin checks, failures, headers.

Belongs here: what a request needs whether it answers JSON or HTML. Does not belong here: routes, pages, queries.
May import services, domain, clock, config, extensions, transaction and Flask. The doors import only from this root.
"""

from agency.web.cookies import cookie_token, forget_caller, remember_caller
from agency.web.failures import Failure, answer_failures
from agency.web.ground import Ground, ground, shop_now
from agency.web.guard import guard_requests, require_fresh
from agency.web.headers import add_security_headers
from agency.web.origin import check_form_token, form_token
from agency.web.permissions import permissions_of, require_permissions, route
from agency.web.proving import confirm_caller, finish_sign_in
from agency.web.requests import (
    client_address,
    current_caller,
    current_scope,
    db_session,
    end_requests,
    find_caller,
    own_transaction,
    session_token,
    system_session,
)

__all__ = [
    "Failure",
    "Ground",
    "add_security_headers",
    "answer_failures",
    "check_form_token",
    "client_address",
    "confirm_caller",
    "cookie_token",
    "current_caller",
    "current_scope",
    "db_session",
    "end_requests",
    "find_caller",
    "finish_sign_in",
    "forget_caller",
    "form_token",
    "ground",
    "guard_requests",
    "own_transaction",
    "permissions_of",
    "remember_caller",
    "require_fresh",
    "require_permissions",
    "route",
    "session_token",
    "shop_now",
    "system_session",
]
