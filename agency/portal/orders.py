"""Orders: the list of all, and one order's page."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue

from agency.portal.blueprint import portal
from agency.portal.frame import link
from agency.portal.order_work import show_order
from agency.portal.staff import staff_page
from agency.services import wording
from agency.services.list_rows import OrderFilters
from agency.services.order_export import export_orders
from agency.services.order_lists import list_orders
from agency.services.shop_names import list_shop_names
from agency.services.totals import read_totals
from agency.web import current_scope, db_session, route, streamed_export


@route(portal, "/orders", permission="read")
def orders() -> ResponseReturnValue:
    """All orders, newest first, by stage, shop or number."""
    scope, session = current_scope(), db_session()
    given = _given()
    cursor = request.args.get("after", "")
    found = list_orders(scope, session, OrderFilters(**given), cursor)
    kept = {name: value for name, value in given.items() if value}
    return staff_page(
        "orders.html",
        found=found,
        given=given,
        kept=kept,
        shops=list_shop_names(scope, session),
        totals=read_totals(scope, session),
        stages=wording.STAGES,
        first=link("portal.orders", kept) if cursor else "",
        next=link("portal.orders", kept, after=found.next_cursor) if found.next_cursor else "",
    )


@route(portal, "/orders.csv", permission="read", endpoint="orders_csv")
def orders_csv() -> ResponseReturnValue:
    """The same orders in one file, without anything about buyers."""
    scope, filters = current_scope(), OrderFilters(**_given())
    return streamed_export("orders.csv", "text/csv", lambda session: export_orders(scope, session, filters))


@route(portal, "/orders/<number>", permission="read")
def order(number: str) -> ResponseReturnValue:
    """One order."""
    return show_order(number)


def _given() -> dict[str, str]:
    """The filters as they were typed."""
    return {name: request.args.get(name, "").strip()[:120] for name in ("stage", "shop", "q")}
