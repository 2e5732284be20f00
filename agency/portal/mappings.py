"""Mappings: which supplier's item is bought for a sku of a shop."""

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
from agency.portal.showing import money_text
from agency.portal.staff import staff_page
from agency.services import mappings as services
from agency.services.list_rows import SkuRow
from agency.services.supplier_lists import get_sku, list_skus, list_suppliers
from agency.web import current_scope, db_session, route


@route(portal, "/mappings", permission="read")
def mappings() -> ResponseReturnValue:
    """All skus, unmapped first."""
    only_unmapped = request.args.get("show") == "unmapped"
    cursor = request.args.get("after", "")
    found = list_skus(current_scope(), db_session(), only_unmapped, cursor)
    kept = {"show": "unmapped"} if only_unmapped else {}
    return staff_page(
        "mappings.html",
        found=found,
        only_unmapped=only_unmapped,
        first=link("portal.mappings", kept) if cursor else "",
        next=link("portal.mappings", kept, after=found.next_cursor) if found.next_cursor else "",
    )


@route(portal, "/mappings/<uuid:shop_id>/<sku_id>", permission="read")
def mapping(shop_id: UUID, sku_id: str) -> ResponseReturnValue:
    """One sku with its mappings and the form for another."""
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
            return redirect(url_for("portal.mapping", shop_id=shop_id, sku_id=sku_id, done="mapped"), 303)
    return _show(shop_id, sku_id, form)


@route(portal, "/mappings/<uuid:shop_id>/<sku_id>/end", permission="write", methods=["POST"])
def unmap(shop_id: UUID, sku_id: str) -> ResponseReturnValue:
    """Ends the mapping of one choice."""
    rank = request.form.get("rank", "")
    if not (rank.isascii() and rank.isdigit()):
        raise NotFound("Mapping")
    services.unmap_sku(current_scope(), db_session(), str(shop_id), sku_id, int(rank[:3]))
    return redirect(url_for("portal.mapping", shop_id=shop_id, sku_id=sku_id, done="unmapped"), 303)


def _show(shop_id: UUID, sku_id: str, form: Form) -> ResponseReturnValue:
    scope, session = current_scope(), db_session()
    sku = get_sku(scope, session, str(shop_id), sku_id)
    body = staff_page("mapping.html", sku=sku, items=_items(sku), form=form)
    return body, 200 if form.fine else 422


def _items(sku: SkuRow) -> list[tuple[str, str]]:
    """What this client can buy: id and a line with supplier, title and cost."""
    return [
        (item.item_id, f"{supplier.name}: {item.title} ({item.supplier_sku}), {money_text(item.unit_cost)}")
        for supplier in list_suppliers(current_scope(), db_session())
        if supplier.client_id == sku.client_id
        for item in supplier.items
    ]


def _currency_of(item_id: str) -> str:
    """The currency of an item's costs; any when the item is not known, since the service refuses it then."""
    suppliers = list_suppliers(current_scope(), db_session())
    currencies = {item.item_id: supplier.currency for supplier in suppliers for item in supplier.items}
    return currencies.get(item_id, "USD")
