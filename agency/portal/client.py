"""The client's own pages: one sentence, numbers, proof, orders, months; no supplier, no buyer, nothing to press."""

from __future__ import annotations

from flask import request, url_for
from flask.typing import ResponseReturnValue

from agency.domain.months import parse_month
from agency.portal.blueprint import portal
from agency.portal.client_page import client_page, sales_line
from agency.portal.frame import link, read_in_zone, reader
from agency.services.client_month import export_month, get_month, last_complete_month, list_months
from agency.services.client_overview import count_unread_shops, get_overview
from agency.services.client_view import STATES, OwnFilters, get_client_order, list_client_orders
from agency.web import current_scope, db_session, route, streamed_export


@route(portal, "/client", permission="client")
def overview() -> ResponseReturnValue:
    """Is all well?"""
    view = get_overview(current_scope(), db_session(), reader().now)
    return client_page("client_overview.html", view=view, line=sales_line(view.sales))


@route(portal, "/client/orders", permission="client")
def client_orders() -> ResponseReturnValue:
    """All orders of the client's shops, newest first; found by number, narrowed to a state."""
    cursor = request.args.get("after", "")
    given = {name: request.args.get(name, "").strip()[:80] for name in ("q", "state")}
    found = list_client_orders(current_scope(), db_session(), reader().now, cursor, OwnFilters(**given))
    return client_page(
        "client_orders.html",
        found=found,
        given=given,
        states=STATES,
        unread=count_unread_shops(db_session()),
        first=link("portal.client_orders", given) if cursor else "",
        next=link("portal.client_orders", given, after=found.next_cursor) if found.next_cursor else "",
    )


@route(portal, "/client/orders/<number>", permission="client")
def client_order(number: str) -> ResponseReturnValue:
    """One order."""
    return client_page(
        "client_order.html", view=get_client_order(current_scope(), db_session(), number, reader().now)
    )


@route(portal, "/client/reports", permission="client")
def client_report() -> ResponseReturnValue:
    """One month, the last complete one unless another is chosen."""
    session, now = db_session(), reader().now
    asked = request.args.get("month", "")
    month = parse_month(asked) if asked else last_complete_month(session, now)
    view = get_month(current_scope(), session, month, now)
    read_in_zone(view.time_zone)
    return client_page(
        "client_report.html",
        view=view,
        line=sales_line(view.days),
        months=list_months(session, now),
        file=url_for("portal.client_report_file", month=view.month),
    )


@route(portal, "/client/reports/<month>.csv", permission="client")
def client_report_file(month: str) -> ResponseReturnValue:
    """The month's orders in one file."""
    wanted = parse_month(month)
    name = f"orders-{wanted}.csv"
    return streamed_export(name, "text/csv", lambda session: export_month(session, wanted))
