"""The buyer's contact of an order: sealed on the way in, opened for a purchase, never overwritten by a masked copy."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from agency.domain.addresses import Address
from agency.domain.orders import OrderSnapshot
from agency.domain.scope import Scope
from agency.models.orders import OrderContact
from agency.services.order_writes import ShopKeys
from agency.services.sealing import Keyring

_MAY_KEEP = text(
    """
    select 1 from shops s join authorizations a on a.id = s.authorization_id
    where s.id = :shop_id and a.state <> 'revoked' for share of a
    """
)


@dataclass(frozen=True)
class StoredContact:
    """What we hold of an order's buyer."""

    address: Address
    masked: bool
    seen_at: datetime


def place_of(order_id: int) -> str:
    """What the seal is bound to."""
    return f"order_contacts.sealed_address:{order_id}"


def find_contact(session: Session, keyring: Keyring, order_id: int) -> StoredContact | None:
    """Opens the contact; None when there is none (never seen, or erased)."""
    row = session.get(OrderContact, order_id)
    return None if row is None else open_contact(session, keyring, row)


def open_contact(session: Session, keyring: Keyring, row: OrderContact) -> StoredContact:
    """What is sealed in this row."""
    value = keyring.open(session, row.client_id, place_of(row.order_id), row.sealed_address)
    return StoredContact(Address(**json.loads(value)), row.masked, row.seen_at)


def store_contacts(
    scope: Scope,
    session: Session,
    keyring: Keyring,
    keys: ShopKeys,
    batch: Sequence[tuple[int, OrderSnapshot]],
) -> None:
    """Stores addresses per order id. A masked one is stored only when there is nothing better.

    Nothing is stored once the shop's grant is gone; its row is held, so that an erasure waits for this or sees it.
    """
    if session.execute(_MAY_KEEP, {"shop_id": keys.shop_id}).one_or_none() is None:
        return
    known = _known(session, [order_id for order_id, _snapshot in batch])
    new_rows: list[dict[str, Any]] = []
    for order_id, snapshot in batch:
        if snapshot.address is None:
            continue
        row = known.get(order_id)
        if row is not None and snapshot.address_masked:
            continue
        value = json.dumps(asdict(snapshot.address)).encode()
        sealed = keyring.seal(scope, session, keys.client_id, place_of(order_id), value)
        if row is None:
            new_rows.append(
                {
                    "agency_id": keys.agency_id,
                    "client_id": keys.client_id,
                    "shop_id": keys.shop_id,
                    "order_id": order_id,
                    "sealed_address": sealed,
                    "masked": snapshot.address_masked,
                    "seen_at": snapshot.updated_at,
                }
            )
        else:
            row.sealed_address, row.masked, row.seen_at = sealed, False, snapshot.updated_at
    session.flush()
    if new_rows:
        session.execute(insert(OrderContact), new_rows)


def _known(session: Session, order_ids: Sequence[int]) -> Mapping[int, OrderContact]:
    rows = session.scalars(select(OrderContact).where(OrderContact.order_id.in_(order_ids)))
    return {row.order_id: row for row in rows}
