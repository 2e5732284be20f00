"""Supplier connections for the workers: opened credentials, refused keys, fresh quotes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from agency.domain.purchasing import Quote
from agency.domain.said import said
from agency.domain.scope import Scope
from agency.models.catalog import Mapping as MappingRow
from agency.models.catalog import Supplier, SupplierItem, SupplierSecret
from agency.services.attention import Cause, open_attention
from agency.services.blocked import plan_blocked_again
from agency.services.sealing import Keyring

QUOTE_AGE = timedelta(hours=6)  # shop time after which a mapped item's stock and price are asked again


@dataclass(frozen=True)
class OpenedSupplier:
    """A supplier with its opened credentials, for one turn."""

    supplier: Supplier
    credentials: Mapping[str, str] = field(repr=False)


def credentials_place(supplier_id: int) -> str:
    """What the seal of a supplier's credentials is bound to."""
    return f"supplier_secrets.sealed_credentials:{supplier_id}"


def open_supplier(session: Session, keyring: Keyring, supplier_id: int) -> OpenedSupplier:
    """The supplier and its keys; no keys = an empty mapping."""
    supplier = session.get_one(Supplier, supplier_id)
    secret = session.get(SupplierSecret, supplier_id)
    if secret is None:
        return OpenedSupplier(supplier, {})
    value = keyring.open(
        session, supplier.client_id, credentials_place(supplier_id), secret.sealed_credentials
    )
    return OpenedSupplier(supplier, json.loads(value))


def store_credentials(
    scope: Scope, session: Session, keyring: Keyring, supplier: Supplier, credentials: Mapping[str, str]
) -> None:
    """Seals a supplier's keys; the former ones are gone."""
    value = json.dumps(dict(credentials)).encode()
    sealed = keyring.seal(scope, session, supplier.client_id, credentials_place(supplier.id), value)
    secret = session.get(SupplierSecret, supplier.id)
    if secret is None:
        keys: dict[str, Any] = {"agency_id": supplier.agency_id, "client_id": supplier.client_id}
        session.add(SupplierSecret(**keys, supplier_id=supplier.id, sealed_credentials=sealed))
    else:
        secret.sealed_credentials = sealed


def record_supplier_rejected(scope: Scope, session: Session, supplier_id: int, problem: str) -> None:
    """The supplier refuses our key: nothing more is sent until a person enters a new one."""
    supplier = session.get_one(Supplier, supplier_id)
    supplier.state, supplier.problem = "needs_credentials", problem[:300]
    why = said(
        "{supplier} refuses our key ({problem}). Enter a new one; its purchases wait and are not lost.",
        supplier=supplier.name,
        problem=problem,
    )
    open_attention(
        scope,
        session,
        Cause(
            client_id=supplier.client_id,
            kind="supplier_credentials",
            key=f"supplier:{supplier.id}",
            why=why,
            action="check_supplier",
            supplier_id=supplier.id,
        ),
    )


def record_quotes(
    scope: Scope,
    session: Session,
    supplier: Supplier,
    asked: list[str],
    quotes: Mapping[str, Quote],
    now: datetime,
) -> None:
    """Stores stock and price as just asked. What came back into stock lets blocked orders be planned again."""
    query = select(SupplierItem).where(
        SupplierItem.supplier_id == supplier.id, SupplierItem.supplier_sku.in_(asked)
    )
    better = False
    for item in session.scalars(query.order_by(SupplierItem.id)):
        quote = quotes.get(item.supplier_sku)
        before = (item.stock_quantity, item.unit_cost_minor)
        item.quoted_at, item.quote_wanted_at = now, None
        if quote is None:
            item.stock_quantity = 0
            continue
        item.stock_quantity = quote.available
        if quote.unit_cost.currency == item.currency:
            item.unit_cost_minor = quote.unit_cost.amount
            item.shipping_minor = quote.shipping.amount if quote.shipping else item.shipping_minor
        better = better or before != (item.stock_quantity, item.unit_cost_minor)
    if better:
        codes = ("out_of_stock", "price_above_cap", "cost_over_limit", "margin_below_floor")
        plan_blocked_again(scope, session, codes, now, client_id=supplier.client_id)


def list_stale_skus(session: Session, supplier_id: int, now: datetime, limit: int = 20) -> list[str]:
    """Mapped items that somebody asked about, then those that were not asked for six hours, the oldest first."""
    query = (
        select(SupplierItem.supplier_sku)
        .where(
            SupplierItem.supplier_id == supplier_id,
            SupplierItem.quote_wanted_at.is_not(None)
            | SupplierItem.quoted_at.is_(None)
            | (SupplierItem.quoted_at < now - QUOTE_AGE),
            select(MappingRow.id)
            .where(MappingRow.supplier_item_id == SupplierItem.id, MappingRow.superseded_at.is_(None))
            .exists(),
        )
        .order_by(SupplierItem.quote_wanted_at.nulls_last(), SupplierItem.quoted_at.nulls_first())
        .limit(limit)
    )
    return list(session.scalars(query))
