"""Showing a buyer's full address to a person: one order at a time, written down twice, sixty an hour at most."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.addresses import Address
from agency.domain.errors import NotFound, ShopfleetError
from agency.domain.said import said
from agency.domain.scope import Scope
from agency.models.orders import Order
from agency.services.audit import Act, record_act
from agency.services.contacts_store import find_contact
from agency.services.sealing import Keyring
from agency.services.timeline import record_event
from agency.services.visibility import get_visible

MOST_AN_HOUR = 60
REVEALED = "contact.revealed"
_LATELY = text("select count(*) from audit_entries where actor = :actor and action = :action and at > :since")


class TooManyViews(ShopfleetError):
    """A person has looked at more addresses than one works on within an hour."""

    status = 429

    def __init__(self) -> None:
        super().__init__(
            said(
                "You have looked at {most} addresses within an hour, which is the limit. Go on later, or "
                "ask a colleague.",
                most=MOST_AN_HOUR,
            )
        )


def reveal_contact(scope: Scope, session: Session, keyring: Keyring, number: str, now: datetime) -> Address:
    """The buyer's address in clear, as far as TikTok shows it; who looked is recorded. `now` is shop time.

    Raises Forbidden for viewers and clients, NotFound when the order or its address is not there, and TooManyViews.
    """
    scope.require_write()
    order = get_visible(scope, session, Order, "Order", Order.tiktok_order_id == number)
    contact = find_contact(session, keyring, order.id)
    if contact is None:
        raise NotFound("Address")
    record_act(scope, session, Act(REVEALED, "order", order.tiktok_order_id, order.client_id))
    # Counted behind our own entry, which holds the chain: two looks at once cannot both be the sixtieth.
    since = machine_now() - timedelta(hours=1)
    values = {"actor": scope.actor, "action": REVEALED, "since": since}
    if session.execute(_LATELY, values).scalar_one() > MOST_AN_HOUR:
        raise TooManyViews
    record_event(scope, session, order, "contact_revealed", {}, now)
    return contact.address
