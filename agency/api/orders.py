"""Orders as JSON."""

from __future__ import annotations

from typing import Any

from flask import Response

from agency.api.encoding import answer
from agency.api.operations import Shapes, group, operation
from agency.api.schemas.answers import page_of, schema_of
from agency.api.schemas.reads import OrdersSchema
from agency.domain.addresses import Address
from agency.services.contacts import reveal_contact
from agency.services.list_rows import OrderRow
from agency.services.order_filters import order_filters
from agency.services.order_lists import list_orders
from agency.services.order_page_rows import OrderPage
from agency.services.order_pages import get_order_page
from agency.web import current_caller, current_scope, db_session, ground, shop_now

blueprint = group("orders", "/api/v1/orders", "Orders")


@operation(
    blueprint, "GET", "", permission="read", shapes=Shapes(query=OrdersSchema, gives=page_of(OrderRow))
)
def show_orders(asked: dict[str, Any]) -> Response:
    """Orders, 50 a page, under the same filters as the portal's list."""
    filters = order_filters(asked, current_caller().time_zone, shop_now())
    return answer(list_orders(current_scope(), db_session(), filters, asked["after"]))


@operation(blueprint, "GET", "/<number>", permission="read", shapes=Shapes(gives=schema_of(OrderPage)))
def show_order(number: str) -> Response:
    """One order by TikTok's number, with its timeline; the buyer's address is masked."""
    return answer(get_order_page(current_scope(), db_session(), ground().keyring, number, shop_now()))


@operation(
    blueprint, "POST", "/<number>/contact", permission="write", shapes=Shapes(gives=schema_of(Address))
)
def show_contact(number: str) -> Response:
    """The buyer's address in clear, with an entry in the timeline and the audit log; 60 an hour for each person."""
    return answer(reveal_contact(current_scope(), db_session(), ground().keyring, number, shop_now()))
