"""Approvals: orders that are bought only when a person says yes, with the reason, the cost and the clock."""

from __future__ import annotations

from flask import request, url_for
from flask.typing import ResponseReturnValue

from agency.portal.blueprint import portal
from agency.portal.staff import staff_page
from agency.services.approvals_list import list_approvals
from agency.web import current_scope, db_session, route


@route(portal, "/approvals", permission="read")
def approvals() -> ResponseReturnValue:
    """The list, the most urgent first."""
    cursor = request.args.get("after", "")
    found = list_approvals(current_scope(), db_session(), cursor)
    return staff_page(
        "approvals.html",
        found=found,
        first=url_for("portal.approvals") if cursor else "",
        next=url_for("portal.approvals", after=found.next_cursor) if found.next_cursor else "",
    )
