"""The filters of the order list out of an address: for the list, its file, and an order opened from it."""

from __future__ import annotations

from flask import request

from agency.api.schemas.reads import OrdersSchema
from agency.portal.forms import Form
from agency.portal.frame import reader
from agency.services.list_rows import EVERY_ORDER, OrderFilters
from agency.services.order_filters import order_filters
from agency.web import current_caller

FILTERS = tuple(name for name in OrdersSchema().fields if name != "after")


def typed_filters() -> dict[str, str]:
    """The filters of the address as they were typed, without the empty ones."""
    given = {name: request.args.get(name, "").strip()[:120] for name in FILTERS}
    return {name: value for name, value in given.items() if value}


def asked_filters() -> tuple[Form, OrderFilters]:
    """The same as a form with its messages, and as the services read them."""
    form = Form("filters", typed_filters())
    asked = form.load(OrdersSchema())
    return form, order_filters(asked, current_caller().time_zone, reader().now)


def list_filters() -> tuple[dict[str, str], OrderFilters]:
    """The same for an order's page: filters that cannot be read count as none, since the page is not about them."""
    form, filters = asked_filters()
    return (dict(form.values), filters) if form.fine else ({}, EVERY_ORDER)
