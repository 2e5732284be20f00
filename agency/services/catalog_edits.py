"""Changing what was typed about a supplier or one of its items."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from agency.domain.errors import Invalid
from agency.domain.outbound import NOTHING_MORE, Allowance, check_typed_address
from agency.domain.scope import Scope
from agency.models.catalog import Supplier, SupplierItem
from agency.services.audit import Act, record_act
from agency.services.blocked import plan_blocked_again
from agency.services.catalog import replace_credentials, takes_key
from agency.services.client_status import require_present_id
from agency.services.public_ids import as_public_id
from agency.services.sealing import Keyring
from agency.services.visibility import get_visible

_MAY_CHANGE = ("out_of_stock", "price_above_cap", "cost_over_limit", "margin_below_floor")


@dataclass(frozen=True)
class SupplierEdit:
    """What may be changed. Another `base_url` needs the key once more: it is sent there from then on."""

    name: str
    website: str
    base_url: str
    api_key: str = field(default="", repr=False)


@dataclass(frozen=True)
class ItemEdit:
    """An item as typed; costs in minor units of the supplier's currency. `stock_quantity` counts for our own shelf."""

    title: str
    url: str
    unit_cost_minor: int
    shipping_minor: int
    stock_quantity: int | None


def changes_address(scope: Scope, session: Session, supplier_id: str, base_url: str) -> bool:
    """True when the edit would send the key somewhere else; ask for a proof of who it is first. Raises NotFound."""
    supplier = _get_supplier(scope, session, supplier_id)
    return takes_key(supplier.kind) and _plain(base_url) != supplier.base_url


def edit_supplier(
    scope: Scope,
    session: Session,
    keyring: Keyring,
    supplier_id: str,
    edit: SupplierEdit,
    now: datetime,
    allowance: Allowance = NOTHING_MORE,
) -> None:
    """Changes name, website, and the address of its API; `now` is shop time.

    Raises Forbidden, NotFound, Conflict for a client that has left, and Invalid naming the field: an address that may
    not be called, or another address without the key.
    """
    scope.require_write()
    supplier = _get_supplier(scope, session, supplier_id)
    require_present_id(session, supplier.client_id)
    if not edit.name.strip():
        raise Invalid("name", "Give the supplier a name.")
    moved = takes_key(supplier.kind) and _plain(edit.base_url) != supplier.base_url
    if moved:
        if supplier.kind == "rest" or edit.base_url.strip():
            check_typed_address("base_url", edit.base_url.strip(), allowance)
        if not edit.api_key:
            raise Invalid("api_key", "Enter the key once more: from now on it is sent to the new address.")
        supplier.base_url = _plain(edit.base_url)
    fields = [name for name in ("name", "website") if getattr(supplier, name) != getattr(edit, name).strip()]
    supplier.name, supplier.website = edit.name.strip(), edit.website.strip()
    session.flush()
    if moved:
        fields.append("base_url")
        replace_credentials(scope, session, keyring, supplier_id, {"api_key": edit.api_key}, now)
    if fields:
        act = Act(
            "supplier.changed", "supplier", str(supplier.public_id), supplier.client_id, {"fields": fields}
        )
        record_act(scope, session, act)


def edit_supplier_item(scope: Scope, session: Session, item_id: str, edit: ItemEdit, now: datetime) -> None:
    """Changes an item; stock and price of a supplier with an API are read and not typed. `now` is shop time.

    Orders that waited for stock or a lower price are planned again. Raises Forbidden, NotFound, and Invalid.
    """
    scope.require_write()
    wanted = as_public_id(item_id, "Supplier item")
    item = get_visible(scope, session, SupplierItem, "Supplier item", SupplierItem.public_id == wanted)
    supplier = session.get_one(Supplier, item.supplier_id)
    values: dict[str, object] = {"title": edit.title.strip(), "url": edit.url.strip()}
    if not takes_key(supplier.kind):
        values |= {"unit_cost_minor": edit.unit_cost_minor, "shipping_minor": edit.shipping_minor}
        values["quoted_at"] = now
    if supplier.kind == "stock":
        if edit.stock_quantity is None:
            raise Invalid("stock_quantity", "Say how many lie on your shelf; 0 is fine.")
        values["stock_quantity"] = edit.stock_quantity
    changed = [name for name, value in values.items() if name != "quoted_at" and getattr(item, name) != value]
    if not changed:
        return
    for name, value in values.items():
        setattr(item, name, value)
    session.flush()
    if set(changed) - {"title", "url"}:
        plan_blocked_again(scope, session, _MAY_CHANGE, now, client_id=item.client_id)
    act = Act(
        "supplier.item_changed", "supplier_item", str(item.public_id), item.client_id, {"fields": changed}
    )
    record_act(scope, session, act)


def get_item_supplier(scope: Scope, session: Session, item_id: str) -> str:
    """The public id of an item's supplier. Raises NotFound."""
    wanted = as_public_id(item_id, "Supplier item")
    item = get_visible(scope, session, SupplierItem, "Supplier item", SupplierItem.public_id == wanted)
    return str(session.get_one(Supplier, item.supplier_id).public_id)


def _get_supplier(scope: Scope, session: Session, supplier_id: str) -> Supplier:
    wanted = as_public_id(supplier_id, "Supplier")
    return get_visible(scope, session, Supplier, "Supplier", Supplier.public_id == wanted)


def _plain(address: str) -> str:
    return address.strip().rstrip("/")
