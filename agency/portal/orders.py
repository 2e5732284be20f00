"""Orders: the list of all, and one order's page."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue

from agency.portal.blueprint import portal
from agency.portal.frame import link
from agency.portal.order_filters import asked_filters
from agency.portal.order_work import show_order
from agency.portal.staff import staff_page
from agency.services import wording
from agency.services.order_export import export_orders
from agency.services.order_filters import SORTS, list_choices
from agency.services.order_lists import count_stages, list_orders
from agency.services.paging import Page
from agency.services.totals import read_totals
from agency.web import current_scope, db_session, route, streamed_export


@route(portal, "/orders", permission="read")
def orders() -> ResponseReturnValue:
    """All orders under the filters of the address; filters that cannot be read are named, and nothing is shown."""
    scope, session = current_scope(), db_session()
    form, filters = asked_filters()
    cursor = request.args.get("after", "")
    found = list_orders(scope, session, filters, cursor) if form.fine else Page((), "")
    kept = dict(form.values)
    totals = read_totals(scope, session)
    narrowed = form.fine and bool(kept.keys() - {"stage", "sort"})
    body = staff_page(
        "orders.html",
        found=found,
        form=form,
        kept=kept,
        choices=list_choices(scope, session),
        totals=totals,
        counts=count_stages(scope, session, filters) if narrowed else totals.stages,
        stages=wording.STAGES,
        sorts=SORTS,
        no_access=scope.client_ids is not None and not scope.client_ids,
        first=link("portal.orders", kept) if cursor else "",
        next=link("portal.orders", kept, after=found.next_cursor) if found.next_cursor else "",
    )
    return body, 200 if form.fine else 422


@route(portal, "/orders.csv", permission="read", endpoint="orders_csv")
def orders_csv() -> ResponseReturnValue:
    """The same orders in one file, without anything about buyers."""
    scope = current_scope()
    form, filters = asked_filters()
    if not form.fine:
        return orders()
    return streamed_export("orders.csv", "text/csv", lambda session: export_orders(scope, session, filters))


@route(portal, "/orders/<number>", permission="read")
def order(number: str) -> ResponseReturnValue:
    """One order; the filters of the list it was opened from stay in its address."""
    return show_order(number)
