"""The ground of both doors: who calls, in which scope and session; permissions, origin checks, failures, headers.

Belongs here: what a request needs whether it answers JSON or HTML. Does not belong here: routes, pages, queries.
May import services, domain, clock, config, extensions, transaction, Flask and Flask-Limiter. The doors
import only from this root.
"""

from agency.web.areas import area_groups, area_of, known_areas
from agency.web.budgets import lay_budgets
from agency.web.cookies import (
    cookie_token,
    forget_caller,
    forget_installation,
    installation_token,
    remember_caller,
    remember_installation,
)
from agency.web.failures import Failure, answer_failures
from agency.web.ground import Ground, ground, shop_now
from agency.web.guard import guard_requests, require_fresh, require_permission
from agency.web.headers import add_security_headers
from agency.web.hosts import believe_proxies, trusted_hosts
from agency.web.mailing import mail_desk
from agency.web.origin import check_form_token, form_token
from agency.web.permissions import permissions_of, require_permissions, route
from agency.web.proving import confirm_caller, finish_sign_in
from agency.web.redirects import own_page
from agency.web.requests import (
    client_address,
    current_caller,
    current_scope,
    db_session,
    end_requests,
    find_caller,
    own_transaction,
    reading_as,
    session_token,
    system_session,
)
from agency.web.spending import end_spending, forgive_account, spend
from agency.web.streaming import streamed_export

__all__ = [
    "Failure",
    "Ground",
    "add_security_headers",
    "answer_failures",
    "area_groups",
    "area_of",
    "believe_proxies",
    "check_form_token",
    "client_address",
    "confirm_caller",
    "cookie_token",
    "current_caller",
    "current_scope",
    "db_session",
    "end_requests",
    "end_spending",
    "find_caller",
    "finish_sign_in",
    "forget_caller",
    "forget_installation",
    "forgive_account",
    "form_token",
    "ground",
    "guard_requests",
    "installation_token",
    "known_areas",
    "lay_budgets",
    "mail_desk",
    "own_page",
    "own_transaction",
    "permissions_of",
    "reading_as",
    "remember_caller",
    "remember_installation",
    "require_fresh",
    "require_permission",
    "require_permissions",
    "route",
    "session_token",
    "shop_now",
    "spend",
    "streamed_export",
    "system_session",
    "trusted_hosts",
]
