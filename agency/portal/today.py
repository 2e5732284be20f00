"""Today: what will be lost next, one list, one next action per row."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue

from agency.portal.blueprint import portal
from agency.portal.frame import link, reader
from agency.portal.staff import staff_page
from agency.services.shop_names import list_shop_names
from agency.services.worklist import today as read_today
from agency.services.worklist_rows import WorkFilters
from agency.web import current_caller, current_scope, db_session, route


@route(portal, "/today", permission="read")
def today() -> ResponseReturnValue:
    """The list. All of its state is in the address, so that it can be shared and Back works."""
    scope, session = current_scope(), db_session()
    filters = WorkFilters(**{name: _argument(name) for name in ("group", "shop", "action", "q")})
    cursor = request.args.get("after", "")
    work = read_today(scope, session, reader().now, filters, cursor, zone=current_caller().time_zone)
    kept = {name: value for name, value in vars(filters).items() if value}
    return staff_page(
        "today.html",
        work=work,
        filters=filters,
        kept=kept,
        shops=list_shop_names(scope, session),
        first=link("portal.today", kept) if cursor else "",
        next=link("portal.today", kept, after=work.next_cursor) if work.next_cursor else "",
    )


def _argument(name: str) -> str:
    return request.args.get(name, "").strip()[:120]
