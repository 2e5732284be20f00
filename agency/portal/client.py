"""The client's own pages: one sentence, four numbers, orders; no supplier, no cost, no buyer, nothing to press."""

from __future__ import annotations

from flask import request, url_for
from flask.typing import ResponseReturnValue

from agency.portal.blueprint import portal
from agency.portal.frame import page, reader
from agency.services.client_view import get_client_order, get_overview, list_client_orders
from agency.web import current_scope, db_session, route


@route(portal, "/client", permission="client")
def overview() -> ResponseReturnValue:
    """Is all well?"""
    return page("client_overview.html", view=get_overview(current_scope(), db_session(), reader().now))


@route(portal, "/client/orders", permission="client")
def client_orders() -> ResponseReturnValue:
    """All orders of the client's shops, newest first."""
    cursor = request.args.get("after", "")
    found = list_client_orders(current_scope(), db_session(), reader().now, cursor)
    return page(
        "client_orders.html",
        found=found,
        first=url_for("portal.client_orders") if cursor else "",
        next=url_for("portal.client_orders", after=found.next_cursor) if found.next_cursor else "",
    )


@route(portal, "/client/orders/<number>", permission="client")
def client_order(number: str) -> ResponseReturnValue:
    """One order."""
    return page(
        "client_order.html", view=get_client_order(current_scope(), db_session(), number, reader().now)
    )
