"""Where things can be bought: suppliers and their items."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.errors import Conflict, Invalid
from agency.domain.money import exponent_of
from agency.domain.outbound import NOTHING_MORE, Allowance, check_typed_address
from agency.domain.said import said
from agency.domain.scope import Scope
from agency.lanes import add_lane, make_due
from agency.models.catalog import SUPPLIER_KINDS, Supplier, SupplierItem
from agency.models.clients import Client
from agency.services.attention import close_attention
from agency.services.audit import Act, record_act
from agency.services.blocked import plan_blocked_again
from agency.services.client_requests import ask_for_consent
from agency.services.client_status import require_present, require_present_id
from agency.services.public_ids import as_public_id
from agency.services.sealing import Keyring
from agency.services.suppliers import open_supplier, store_credentials
from agency.services.visibility import get_visible

SUPPLIER_LANES = ("purchase", "tracking")
_NEEDS_KEY = {"rest": ("api_key",), "cj": ("api_key",)}


@dataclass(frozen=True)
class NewSupplier:
    """A supplier to connect. `credentials` are sealed at once; kinds rest and cj need an `api_key`."""

    client_id: str
    kind: str
    name: str
    currency: str
    base_url: str = ""
    website: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class NewSupplierItem:
    """Something that a supplier sells; costs in minor units of the supplier's currency, per supplier unit."""

    supplier_id: str
    supplier_sku: str
    title: str
    unit_cost_minor: int
    shipping_minor: int = 0
    url: str = ""
    stock_quantity: int | None = None


def add_supplier(
    scope: Scope,
    session: Session,
    keyring: Keyring,
    new: NewSupplier,
    allowance: Allowance = NOTHING_MORE,
) -> str:
    """Connects a supplier to a client and returns its public id.

    Raises Forbidden, NotFound for the client, and Invalid for a kind, currency, address or key that cannot be used.
    `allowance` is the operator's OUTBOUND_ALLOW: an address that would never be called is refused here already.
    """
    scope.require_write()
    _check_supplier(new, allowance)
    client = get_visible(
        scope, session, Client, "Client", Client.public_id == as_public_id(new.client_id, "Client")
    )
    require_present(client)
    supplier = Supplier(
        agency_id=scope.agency_id,
        client_id=client.id,
        kind=new.kind,
        name=new.name.strip(),
        currency=new.currency,
        base_url=new.base_url.strip().rstrip("/"),
        website=new.website.strip(),
        settings=dict(new.settings),
    )
    session.add(supplier)
    session.flush()
    if new.credentials:
        store_credentials(scope, session, keyring, supplier, new.credentials)
    ask_for_consent(session, supplier)
    now = machine_now()
    for api in SUPPLIER_LANES if new.kind in _NEEDS_KEY else ():
        add_lane(
            session,
            agency_id=scope.agency_id,
            client_id=client.id,
            api=api,
            supplier_id=supplier.id,
            due_at=now,
        )
    details = {"kind": new.kind}
    act = Act("supplier.added", "supplier", str(supplier.public_id), client.id, details)
    record_act(scope, session, act)
    return str(supplier.public_id)


def replace_credentials(
    scope: Scope,
    session: Session,
    keyring: Keyring,
    supplier_public_id: str,
    credentials: Mapping[str, str],
    now: datetime,
) -> None:
    """Seals a new key in place of the former one and lets the supplier's purchases go on. `now` is shop time.

    A webhook secret that is not given again is kept; a login made with the former key is not. Raises Forbidden,
    NotFound, Invalid naming the missing key, and Conflict for a supplier that is used without one.
    """
    scope.require_write()
    wanted = as_public_id(supplier_public_id, "Supplier")
    supplier = get_visible(scope, session, Supplier, "Supplier", Supplier.public_id == wanted)
    session.refresh(supplier, with_for_update=True)
    require_present_id(session, supplier.client_id)
    if not takes_key(supplier.kind):
        raise Conflict(
            said("{supplier} is used without a key, so there is none to replace.", supplier=supplier.name)
        )
    _check_key(supplier.kind, credentials)
    former = open_supplier(session, keyring, supplier.id).credentials
    kept = {name: key for name, key in former.items() if name == "webhook_secret"}
    given = {name: key for name, key in credentials.items() if key}
    store_credentials(scope, session, keyring, supplier, {**kept, **given})
    supplier.state, supplier.problem = "active", ""
    session.flush()
    for kind in ("supplier_credentials", "change_key"):
        close_attention(scope, session, supplier.client_id, kind, f"supplier:{supplier.id}")
    for api in SUPPLIER_LANES:
        make_due(session, api=api, supplier_id=supplier.id)
    plan_blocked_again(scope, session, ("supplier_credentials",), now, client_id=supplier.client_id)
    act = Act("supplier.key_replaced", "supplier", str(supplier.public_id), supplier.client_id)
    record_act(scope, session, act)


def takes_key(kind: str) -> bool:
    """True for kinds of suppliers that are reached with a key."""
    return kind in _NEEDS_KEY


def add_supplier_item(scope: Scope, session: Session, new: NewSupplierItem) -> str:
    """Adds an item and returns its public id. Raises Conflict when the supplier has that sku already."""
    scope.require_write()
    wanted = as_public_id(new.supplier_id, "Supplier")
    supplier = get_visible(scope, session, Supplier, "Supplier", Supplier.public_id == wanted)
    if supplier.kind == "stock" and new.stock_quantity is None:
        raise Invalid("stock_quantity", "Say how many lie on your shelf; 0 is fine.")
    item = SupplierItem(
        agency_id=scope.agency_id,
        client_id=supplier.client_id,
        supplier_id=supplier.id,
        supplier_sku=new.supplier_sku.strip(),
        title=new.title.strip(),
        url=new.url.strip(),
        unit_cost_minor=new.unit_cost_minor,
        shipping_minor=new.shipping_minor,
        currency=supplier.currency,
        stock_quantity=new.stock_quantity,
    )
    try:
        with session.begin_nested():
            session.add(item)
    except IntegrityError:
        raise Conflict(
            said(
                "{supplier} has an item {item} already. Choose it in the list.",
                supplier=supplier.name,
                item=item.supplier_sku,
            )
        ) from None
    record_act(
        scope, session, Act("supplier.item_added", "supplier_item", str(item.public_id), item.client_id)
    )
    return str(item.public_id)


def _check_supplier(new: NewSupplier, allowance: Allowance) -> None:
    if new.kind not in SUPPLIER_KINDS:
        raise Invalid("kind", said("Choose one of {choices}.", choices=", ".join(SUPPLIER_KINDS)))
    if not new.name.strip():
        raise Invalid("name", "Give the supplier a name.")
    exponent_of(new.currency)  # raises Invalid for a currency that nobody could calculate with
    if new.kind == "rest" or new.base_url.strip():
        check_typed_address("base_url", new.base_url.strip(), allowance)
    _check_key(new.kind, new.credentials)


def _check_key(kind: str, credentials: Mapping[str, str]) -> None:
    for name in _NEEDS_KEY.get(kind, ()):
        if not credentials.get(name):
            raise Invalid(name, "Enter the key that the supplier gave you.")
