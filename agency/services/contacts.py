"""Showing a buyer's full address to a person: one click, one entry in the order's timeline."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from agency.domain.addresses import Address
from agency.domain.errors import NotFound
from agency.domain.scope import Scope
from agency.models.orders import Order
from agency.services.contacts_store import find_contact
from agency.services.sealing import Keyring
from agency.services.timeline import record_event
from agency.services.visibility import get_visible


def reveal_contact(scope: Scope, session: Session, keyring: Keyring, number: str, now: datetime) -> Address:
    """The buyer's address in clear, as far as TikTok shows it; who looked is recorded. `now` is shop time.

    Raises Forbidden for viewers and clients, NotFound when the order or its address is not there.
    """
    scope.require_write()
    order = get_visible(scope, session, Order, "Order", Order.tiktok_order_id == number)
    contact = find_contact(session, keyring, order.id)
    if contact is None:
        raise NotFound("Address")
    record_event(scope, session, order, "contact_revealed", {}, now)
    return contact.address
