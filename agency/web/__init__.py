"""The ground of both doors: who calls, in which scope and session; permissions, origin checks, failures, headers.

Belongs here: what a request needs whether it answers JSON or HTML. Does not belong here: routes, pages, queries.
May import services, domain, clock, config, extensions, transaction and Flask. The doors import only from this root.
"""

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
from agency.web.guard import guard_requests, require_permission
from agency.web.headers import add_security_headers
from agency.web.hosts import believe_proxies, trusted_hosts
from agency.web.mailing import mail_desk
from agency.web.origin import form_token
from agency.web.permissions import permissions_of, require_permissions, route
from agency.web.redirects import own_page
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

__all__ = [
    "Failure",
    "Ground",
    "add_security_headers",
    "answer_failures",
    "believe_proxies",
    "client_address",
    "cookie_token",
    "current_caller",
    "current_scope",
    "db_session",
    "end_requests",
    "find_caller",
    "forget_caller",
    "forget_installation",
    "form_token",
    "ground",
    "guard_requests",
    "installation_token",
    "mail_desk",
    "own_page",
    "permissions_of",
    "remember_caller",
    "remember_installation",
    "require_permission",
    "require_permissions",
    "route",
    "session_token",
    "shop_now",
    "system_session",
    "trusted_hosts",
]
