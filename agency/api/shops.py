"""Shops as JSON."""

from __future__ import annotations

from flask import Response

from agency.api.encoding import answer
from agency.api.operations import Shapes, group, operation
from agency.api.schemas.answers import schema_of
from agency.services.list_rows import ShopList, ShopRow
from agency.services.shop_lists import get_shop, list_shops
from agency.web import current_scope, db_session

blueprint = group("shops", "/api/v1/shops", "Shops and clients")


@operation(blueprint, "GET", "", permission="read", shapes=Shapes(gives=schema_of(ShopList)))
def show_shops() -> Response:
    """Shops with freshness, counts and connection, and clients with their limits."""
    return answer(list_shops(current_scope(), db_session()))


@operation(blueprint, "GET", "/<shop_id>", permission="read", shapes=Shapes(gives=schema_of(ShopRow)))
def show_shop(shop_id: str) -> Response:
    """One shop."""
    return answer(get_shop(current_scope(), db_session(), shop_id))
