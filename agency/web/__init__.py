"""The ground of both doors: who calls, in which scope and session; permissions, origin checks, failures, headers.

Belongs here: what a request needs whether it answers JSON or HTML. Does not belong here: routes, pages, queries.
May import services, domain, clock, config, extensions, transaction, Flask and Flask-Limiter. The doors
import only from this root.
"""

from agency.web.budgets import lay_budgets
from agency.web.cookies import cookie_token, forget_caller, remember_caller
from agency.web.failures import Failure, answer_failures
from agency.web.ground import Ground, ground, shop_now
from agency.web.guard import guard_requests
from agency.web.headers import add_security_headers
from agency.web.origin import form_token
from agency.web.permissions import permissions_of, require_permissions, route
from agency.web.requests import (
    client_address,
    current_caller,
    current_scope,
    db_session,
    end_requests,
    find_caller,
    session_token,
    system_session,
)
from agency.web.spending import end_spending, forgive_account, spend

__all__ = [
    "Failure",
    "Ground",
    "add_security_headers",
    "answer_failures",
    "client_address",
    "cookie_token",
    "current_caller",
    "current_scope",
    "db_session",
    "end_requests",
    "end_spending",
    "find_caller",
    "forget_caller",
    "forgive_account",
    "form_token",
    "ground",
    "guard_requests",
    "lay_budgets",
    "permissions_of",
    "remember_caller",
    "require_permissions",
    "route",
    "session_token",
    "shop_now",
    "spend",
    "system_session",
]
