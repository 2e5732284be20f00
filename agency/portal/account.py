"""One's own account: who one is here, and where else one works."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from agency.portal.blueprint import portal
from agency.portal.sections import account_page
from agency.web import route


@route(portal, "/account", permission="signed_in", endpoint="account")
def account() -> ResponseReturnValue:
    """Name, e-mail address and workspaces."""
    return account_page("account.html")
