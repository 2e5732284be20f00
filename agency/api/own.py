"""The shop owner's own reads as JSON, as the portal's client pages show them."""

from __future__ import annotations

from typing import Any

from flask import Response

from agency.api.encoding import answer
from agency.api.operations import Shapes, group, operation
from agency.api.schemas.answers import page_of, schema_of
from agency.api.schemas.reads import ListSchema
from agency.services.client_overview import get_overview
from agency.services.client_rows import ClientOrder, ClientOrderRow, ClientOverview
from agency.services.client_view import get_client_order, list_client_orders
from agency.web import current_scope, db_session, shop_now

blueprint = group("own", "/api/v1/own", "A shop owner's own shops, view only")


@operation(blueprint, "GET", "/overview", permission="client", shapes=Shapes(gives=schema_of(ClientOverview)))
def show_overview() -> Response:
    """One sentence, four numbers, orders on their way, what TikTok pays next."""
    return answer(get_overview(current_scope(), db_session(), shop_now()))


@operation(
    blueprint,
    "GET",
    "/orders",
    permission="client",
    shapes=Shapes(query=ListSchema, gives=page_of(ClientOrderRow)),
)
def show_own_orders(asked: dict[str, Any]) -> Response:
    """Orders, newest first, 50 a page."""
    return answer(list_client_orders(current_scope(), db_session(), shop_now(), asked["after"]))


@operation(
    blueprint, "GET", "/orders/<number>", permission="client", shapes=Shapes(gives=schema_of(ClientOrder))
)
def show_own_order(number: str) -> Response:
    """One order without supplier, cost or buyer."""
    return answer(get_client_order(current_scope(), db_session(), number, shop_now()))
