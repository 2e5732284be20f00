"""Mappings: which supplier's item is bought for a sku of a shop, unmapped ones first."""

from __future__ import annotations

from uuid import UUID

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from agency.api.schemas.writes import MappingSchema
from agency.domain.errors import NotFound
from agency.domain.said import said
from agency.portal.blueprint import portal
from agency.portal.forms import Form, sent_form
from agency.portal.frame import link, reader
from agency.portal.staff import staff_page
from agency.services import mappings as services
from agency.services.mapping_pages import get_mapping_page, read_unmapped
from agency.services.quotes import request_quotes
from agency.services.shop_names import list_shop_names
from agency.services.supplier_lists import SkuFilters, list_skus, list_suppliers
from agency.web import current_scope, db_session, route

_FILTERS = ("show", "shop", "q")


@route(portal, "/mappings", permission="read")
def mappings() -> ResponseReturnValue:
    """Skus, unmapped first, by shop, name or sku."""
    scope, session = current_scope(), db_session()
    given = {name: request.args.get(name, "").strip()[:120] for name in _FILTERS}
    kept = {name: value for name, value in given.items() if value}
    cursor = request.args.get("after", "")
    found = list_skus(scope, session, cursor=cursor, filters=SkuFilters(**given))
    return staff_page(
        "mappings.html",
        found=found,
        given=given,
        kept=kept,
        unmapped=read_unmapped(scope, session),
        shops=list_shop_names(scope, session),
        first=link("portal.mappings", kept) if cursor else "",
        next=link("portal.mappings", kept, after=found.next_cursor) if found.next_cursor else "",
    )


@route(portal, "/mappings/<uuid:shop_id>/<sku_id>", permission="read")
def mapping(shop_id: UUID, sku_id: str) -> ResponseReturnValue:
    """One sku: what its choices would cost now, former versions, and the form for another."""
    return _show(shop_id, sku_id, Form())


@route(portal, "/mappings/<uuid:shop_id>/<sku_id>", permission="write", methods=["POST"])
def map_sku(shop_id: UUID, sku_id: str) -> ResponseReturnValue:
    """Saves a mapping; the one of the same choice before it is closed, not changed."""
    scope, session, form = current_scope(), db_session(), sent_form("mapping")
    cap = form.minor("price_cap", _currency_of(form.value("supplier_item_id")))
    if cap is not None and cap <= 0:
        form.errors["price_cap"] = said("Write an amount above zero, or leave it empty.")
    given = form.load(MappingSchema(), shop_id=str(shop_id), sku_id=sku_id)
    if form.fine:
        ids = {name: str(given[name]) for name in ("shop_id", "supplier_item_id")}
        new = services.NewMapping(**{**given, **ids, "price_cap_minor": cap})
        with form.keeping_errors():
            services.map_sku(scope, session, new, reader().now)
            return _back(shop_id, sku_id, "mapped")
    return _show(shop_id, sku_id, form)


@route(portal, "/mappings/<uuid:shop_id>/<sku_id>/end", permission="write", methods=["POST"])
def unmap(shop_id: UUID, sku_id: str) -> ResponseReturnValue:
    """Ends the mapping of one choice."""
    rank = request.form.get("rank", "")
    if not (rank.isascii() and rank.isdigit()):
        raise NotFound("Mapping")
    services.unmap_sku(current_scope(), db_session(), str(shop_id), sku_id, int(rank[:3]))
    return _back(shop_id, sku_id, "unmapped")


@route(portal, "/mappings/<uuid:shop_id>/<sku_id>/check", permission="write", methods=["POST"])
def check_quotes(shop_id: UUID, sku_id: str) -> ResponseReturnValue:
    """Has the sku's suppliers asked for stock and price; their answer is on the page after their next turn."""
    form = sent_form("check")
    with form.keeping_errors():
        request_quotes(current_scope(), db_session(), str(shop_id), sku_id)
        return _back(shop_id, sku_id, "asked")
    return _show(shop_id, sku_id, form)


def _back(shop_id: UUID, sku_id: str, word: str) -> ResponseReturnValue:
    return redirect(url_for("portal.mapping", shop_id=shop_id, sku_id=sku_id, done=word), 303)


def _show(shop_id: UUID, sku_id: str, form: Form) -> ResponseReturnValue:
    page = get_mapping_page(current_scope(), db_session(), str(shop_id), sku_id, reader().now)
    body = staff_page("mapping.html", page=page, sku=page.sku, form=form)
    return body, 200 if form.fine else 422


def _currency_of(item_id: str) -> str:
    """The currency of an item's costs; any when the item is not known, since the service refuses it then."""
    suppliers = list_suppliers(current_scope(), db_session())
    currencies = {item.item_id: supplier.currency for supplier in suppliers for item in supplier.items}
    return currencies.get(item_id, "USD")
