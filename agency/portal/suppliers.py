"""Suppliers: where a client's goods are bought, with their items and keys."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from agency.portal.blueprint import portal
from agency.portal.forms import Form, sent_form
from agency.portal.frame import reader
from agency.portal.paths import asked_number
from agency.portal.schemas import (
    ItemEditSchema,
    KeySchema,
    SupplierEditSchema,
    SupplierItemSchema,
    SupplierSchema,
)
from agency.portal.staff import staff_page
from agency.services import catalog, wording, work_words
from agency.services.carriers import forget_carrier, list_choices
from agency.services.catalog_edits import (
    ItemEdit,
    SupplierEdit,
    changes_address,
    edit_supplier,
    edit_supplier_item,
    get_item_supplier,
)
from agency.services.consents import get_consents
from agency.services.list_rows import SupplierRow
from agency.services.paging import PAGE_SIZE
from agency.services.quotes import request_supplier_quotes
from agency.services.shop_lists import list_clients
from agency.services.supplier_lists import get_supplier
from agency.services.supplier_pages import STANDINGS, get_supplier_view, search_suppliers
from agency.web import current_scope, db_session, ground, require_fresh, route


@route(portal, "/suppliers", permission="read")
def suppliers() -> ResponseReturnValue:
    """All suppliers, the worst first, and the form for a new one."""
    return _show_all(Form())


@route(portal, "/suppliers", permission="write", methods=["POST"])
def add_supplier() -> ResponseReturnValue:
    """Adds a supplier connection; its key is sealed at once and never shown again.

    With a key it asks for a recent proof of who adds it, as replacing a key does.
    """
    form = sent_form("supplier")
    given = form.load(SupplierSchema())
    if form.fine:
        credentials = {name: given.pop(name) for name in ("api_key", "webhook_secret")}
        new = catalog.NewSupplier(
            **given, credentials={name: key for name, key in credentials.items() if key}
        )
        if new.credentials:
            require_fresh()
        with form.keeping_errors():
            allowance = ground().settings.outbound_allow
            added = catalog.add_supplier(current_scope(), db_session(), ground().keyring, new, allowance)
            return redirect(url_for("portal.supplier", supplier_id=added, done="supplier"), 303)
    return _show_all(form)


@route(portal, "/suppliers/<uuid:supplier_id>", permission="read")
def supplier(supplier_id: UUID) -> ResponseReturnValue:
    """One supplier with its items, its carriers and its key."""
    return show_supplier(supplier_id, Form())


@route(portal, "/suppliers/<uuid:supplier_id>/items", permission="write", methods=["POST"])
def add_item(supplier_id: UUID) -> ResponseReturnValue:
    """Adds something that this supplier sells."""
    scope, session, form = current_scope(), db_session(), sent_form("item")
    given = form.load(SupplierItemSchema())
    currency = get_supplier(scope, session, str(supplier_id)).currency
    cost, shipping = form.minor("unit_cost", currency), form.minor("shipping", currency)
    if form.fine:
        del given["unit_cost"]
        new = catalog.NewSupplierItem(
            supplier_id=str(supplier_id), unit_cost_minor=cost or 0, shipping_minor=shipping or 0, **given
        )
        with form.keeping_errors():
            catalog.add_supplier_item(scope, session, new)
            return redirect(url_for("portal.supplier", supplier_id=supplier_id, done="item"), 303)
    return show_supplier(supplier_id, form)


@route(portal, "/suppliers/<uuid:supplier_id>/key", permission="write", methods=["POST"], fresh=True)
def replace_key(supplier_id: UUID) -> ResponseReturnValue:
    """Seals a new key of the supplier; it is never shown again."""
    form = sent_form("key")
    given = form.load(KeySchema())
    if form.fine:
        with form.keeping_errors():
            catalog.replace_credentials(
                current_scope(), db_session(), ground().keyring, str(supplier_id), given, reader().now
            )
            return redirect(url_for("portal.supplier", supplier_id=supplier_id, done="key"), 303)
    return show_supplier(supplier_id, form)


@route(portal, "/suppliers/<uuid:supplier_id>/edit", permission="write", methods=["POST"])
def change_supplier(supplier_id: UUID) -> ResponseReturnValue:
    """Changes name and addresses; another API address asks for a recent proof and the key once more."""
    form, scope, session = sent_form("edit"), current_scope(), db_session()
    given = form.load(SupplierEditSchema())
    if form.fine:
        if changes_address(scope, session, str(supplier_id), given["base_url"]):
            require_fresh()
        with form.keeping_errors():
            edit, allowance = SupplierEdit(**given), ground().settings.outbound_allow
            edit_supplier(scope, session, ground().keyring, str(supplier_id), edit, reader().now, allowance)
            return redirect(url_for("portal.supplier", supplier_id=supplier_id, done="supplier_changed"), 303)
    return show_supplier(supplier_id, form)


@route(portal, "/suppliers/<uuid:supplier_id>/check", permission="write", methods=["POST"])
def check_supplier(supplier_id: UUID) -> ResponseReturnValue:
    """Has the supplier asked for stock and price of everything that is mapped to it."""
    form = sent_form("check")
    with form.keeping_errors():
        request_supplier_quotes(current_scope(), db_session(), str(supplier_id))
        return redirect(url_for("portal.supplier", supplier_id=supplier_id, done="asked"), 303)
    return show_supplier(supplier_id, form)


@route(portal, "/supplier-items/<uuid:item_id>", permission="write", methods=["POST"])
def change_item(item_id: UUID) -> ResponseReturnValue:
    """Changes an item."""
    scope, session, form = current_scope(), db_session(), sent_form(f"item-{item_id}")
    supplier_id = get_item_supplier(scope, session, str(item_id))
    currency = get_supplier(scope, session, supplier_id).currency
    given = form.load(ItemEditSchema())
    cost, shipping = form.minor("unit_cost", currency), form.minor("shipping", currency)
    if form.fine:
        edit = ItemEdit(unit_cost_minor=cost or 0, shipping_minor=shipping or 0, **given)
        with form.keeping_errors():
            edit_supplier_item(scope, session, str(item_id), edit, reader().now)
            return redirect(url_for("portal.supplier", supplier_id=supplier_id, done="item_changed"), 303)
    return show_supplier(UUID(supplier_id), form)


@route(portal, "/suppliers/<uuid:supplier_id>/carriers/forget", permission="write", methods=["POST"])
def forget_choice(supplier_id: UUID) -> ResponseReturnValue:
    """Takes a choice of carrier back."""
    forget_carrier(current_scope(), db_session(), str(supplier_id), request.form.get("carrier_text", ""))
    return redirect(url_for("portal.supplier", supplier_id=supplier_id, done="carrier_forgotten"), 303)


def _show_all(form: Form) -> ResponseReturnValue:
    scope, session = current_scope(), db_session()
    given = {name: request.args.get(name, "").strip()[:120] for name in ("client", "state", "q")}
    body = staff_page(
        "suppliers.html",
        found=search_suppliers(scope, session, reader().now, **given),
        given=given,
        kept={name: value for name, value in given.items() if value},
        standings=STANDINGS,
        takes_key=catalog.takes_key,
        clients=list_clients(scope, session, present=True),
        kinds=list(wording.SUPPLIER_KINDS.items()),
        form=form,
    )
    return body, 200 if form.fine else 422


def show_supplier(supplier_id: UUID, form: Form) -> ResponseReturnValue:
    """The supplier's page, with a form that was refused (422)."""
    view = get_supplier_view(current_scope(), db_session(), str(supplier_id), reader().now)
    found = view.line.supplier
    body = staff_page(
        "supplier.html",
        supplier=found,
        page=view,
        standings=STANDINGS,
        takes_key=catalog.takes_key(found.kind),
        choices=list_choices(current_scope(), db_session(), str(supplier_id)),
        words=work_words,
        consents=get_consents(current_scope(), db_session(), str(supplier_id)),
        form=form,
        **_items(found, form),
    )
    return body, 200 if form.fine else 422


def _items(supplier: SupplierRow, form: Form) -> dict[str, Any]:
    """A page of 50 items, and the one that is open for a change: the refused form's, or the address's `item`."""
    _, _, refused = form.name.partition("item-")
    wanted = refused or request.args.get("item", "")
    opened = next((place for place, one in enumerate(supplier.items) if one.item_id == wanted), None)
    page = asked_number("page", 1) if opened is None else opened // PAGE_SIZE + 1
    start, address = (page - 1) * PAGE_SIZE, url_for("portal.supplier", supplier_id=supplier.supplier_id)
    return {
        "items": supplier.items[start : start + PAGE_SIZE],
        "opened": None if opened is None else supplier.items[opened],
        "first": address if page > 1 else "",
        "next": f"{address}?page={page + 1}" if len(supplier.items) > start + PAGE_SIZE else "",
    }
