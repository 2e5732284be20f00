"""Buyers' contacts go 30 days after an order's end, whatever its end was, and not a day before."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agency.domain.addresses import Address
from agency.models.orders import Order, OrderContact
from agency.services.contacts_store import place_of
from agency.services.erasure import erase_contacts_of_shops, erase_old_contacts, read_contact_state
from agency.services.sealing import Keyring
from tests.databases import MASTER_KEY
from tests.desk import NOW, Desk
from tests.desk_rows import add_order, add_row, keys_of

KEYS = Keyring(MASTER_KEY)
BUYER = Address("Jo Fake", "+15550100", "1 Fake Street", "", "Portland", "OR", "97201", "US")
DAYS = timedelta(days=30)
SECOND = timedelta(seconds=1)

# What TikTok calls it, where it stands with us, and the moments that it has.
ENDS: dict[str, dict[str, Any]] = {
    "cancelled": {"status": "CANCELLED", "stage": "cancelled", "cancelled_at": NOW},
    "cancelled without a time": {"status": "CANCELLED", "stage": "cancelled", "tiktok_updated_at": NOW},
    "cancelled while we hold it": {"status": "CANCELLED", "stage": "held", "cancelled_at": NOW, "held_by": "user:1"},
    "settled": {"status": "COMPLETED", "stage": "settled", "settled_at": NOW, "delivered_at": NOW - DAYS},
    "settled before TikTok says completed": {"status": "DELIVERED", "stage": "settled", "settled_at": NOW},
    "completed, never settled": {"status": "COMPLETED", "stage": "delivered", "delivered_at": NOW},
    "completed, nothing else known": {"status": "COMPLETED", "stage": "delivered", "tiktok_updated_at": NOW},
    "shipped by TikTok, completed": {"status": "COMPLETED", "stage": "excluded", "delivered_at": NOW},
    "shipped by TikTok, delivered": {"status": "DELIVERED", "stage": "excluded", "delivered_at": NOW},
}  # fmt: skip
ONGOING: dict[str, dict[str, Any]] = {
    "to buy": {"status": "AWAITING_SHIPMENT", "stage": "to_buy"},
    "blocked": {"status": "AWAITING_SHIPMENT", "stage": "blocked"},
    "on its way": {"status": "IN_TRANSIT", "stage": "shipped"},
    "delivered, may come back": {"status": "DELIVERED", "stage": "delivered", "delivered_at": NOW},
    "shipped by TikTok, on its way": {"status": "IN_TRANSIT", "stage": "excluded"},
}


def _order(desk: Desk, session: Session, client: str = "Luma", **changes: Any) -> Order:
    order = add_order(
        session, desk.ours, client, **{"tiktok_updated_at": NOW, "address_key": "fake", **changes}
    )
    value = json.dumps(asdict(BUYER)).encode()
    sealed = KEYS.seal(desk.ours.scope(), session, order.client_id, place_of(order.id), value)
    contact = {"order_id": order.id, "sealed_address": sealed, "masked": False, "seen_at": NOW}
    add_row(session, OrderContact(**keys_of(order), **contact))
    return order


def _kept(session: Session) -> int:
    return session.execute(select(func.count()).select_from(OrderContact)).scalar_one()


def _erase(desk: Desk, session: Session, now: datetime) -> int:
    return erase_old_contacts(session, desk.ours.shops["Luma"], now)


@pytest.mark.parametrize("end", list(ENDS))
def test_every_end_is_followed_by_an_erasure_after_thirty_days(
    desk: Desk, session: Session, end: str
) -> None:
    order = _order(desk, session, **ENDS[end])
    assert _erase(desk, session, NOW + DAYS) == 0
    assert _erase(desk, session, NOW + DAYS + SECOND) == 1
    assert _kept(session) == 0
    session.refresh(order)
    assert order.address_key == "", "the fingerprint goes with the address"
    assert _erase(desk, session, NOW + 2 * DAYS) == 0


@pytest.mark.parametrize("stage", list(ONGOING))
def test_what_has_not_ended_keeps_its_address(desk: Desk, session: Session, stage: str) -> None:
    _order(desk, session, **ONGOING[stage])
    assert _erase(desk, session, NOW + 10 * DAYS) == 0
    assert _kept(session) == 1


def test_a_shop_erases_its_own_only_and_at_once_when_told(desk: Desk, session: Session) -> None:
    for client in ("Luma", "Kite"):
        _order(desk, session, client, **ONGOING["to buy"])
        _order(desk, session, client, **ENDS["settled"])
    assert _erase(desk, session, NOW + 2 * DAYS) == 1
    assert erase_contacts_of_shops(session, [desk.ours.shops["Luma"]]) == 1
    assert _kept(session) == 2


def test_how_it_stands_can_be_asked(desk: Desk, session: Session) -> None:
    _order(desk, session, **ENDS["settled"])
    _order(desk, session, **ONGOING["to buy"])
    _order(desk, session, "Kite", **ENDS["cancelled"])
    before, after = read_contact_state(session, NOW + DAYS), read_contact_state(session, NOW + DAYS + SECOND)
    assert (before.kept, before.overdue, before.oldest_end) == (3, 0, None)
    assert (after.kept, after.overdue, after.oldest_end) == (3, 2, NOW)
