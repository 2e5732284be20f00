"""Erasing buyers' contacts: 30 days after an order's end, and at once when a grant or a client is gone.

With the sealed address goes its fingerprint, so that a contact that is read again later is taken as new.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

KEPT_AFTER_END = timedelta(days=30)  # shop time; TikTok masks the same fields then

# Each final state has the moment from which the days count; `excluded` orders (shipped by TikTok) end like the others.
# An order that TikTok calls completed without a payout or a delivery counts from its last update.
_END = """
    case
      when o.stage = 'cancelled' or o.status = 'CANCELLED' then coalesce(o.cancelled_at, o.tiktok_updated_at)
      when o.stage = 'settled' then coalesce(o.settled_at, o.delivered_at, o.tiktok_updated_at)
      when o.status = 'COMPLETED' then coalesce(o.settled_at, o.delivered_at, o.tiktok_updated_at)
      when o.stage = 'excluded' and o.delivered_at is not null then o.delivered_at
    end
"""
_OLD = text(
    f"""
    with gone as (
      delete from order_contacts c using orders o
      where o.id = c.order_id and c.shop_id = :shop_id and {_END} < :before
      returning c.order_id
    )
    update orders o set address_key = '' from gone where o.id = gone.order_id
    """  # noqa: S608 - made of constants
)
_OF_SHOPS = text(
    """
    with gone as (delete from order_contacts where shop_id = any(:ids) returning order_id)
    update orders o set address_key = '' from gone where o.id = gone.order_id
    """
)
# Supplier letters may carry the recipient; what TikTok announced is read again from TikTok.
_LETTERS = text(
    """
    update inbox_items i set payload = '{}'::jsonb
    where i.client_id = :client_id and i.payload <> '{}'::jsonb
    """
)
_STATE = text(
    f"""
    select count(*) as kept, count(*) filter (where {_END} < :before) as overdue,
      min({_END}) filter (where {_END} < :before) as oldest_end
    from order_contacts c join orders o on o.id = c.order_id
    """  # noqa: S608 - made of constants
)


@dataclass(frozen=True)
class ContactState:
    """How many contacts are kept, how many should be gone, and when the oldest of those orders ended (shop time)."""

    kept: int
    overdue: int
    oldest_end: datetime | None


def erase_old_contacts(session: Session, shop_id: int, now: datetime) -> int:
    """Erases the contacts of a shop's orders that ended 30 days ago; returns how many. `now` is shop time."""
    found = session.execute(_OLD, {"shop_id": shop_id, "before": now - KEPT_AFTER_END})
    return int(found.rowcount)  # type: ignore[attr-defined]


def erase_contacts_of_shops(session: Session, shop_ids: Sequence[int]) -> int:
    """Erases every contact of these shops at once; returns how many."""
    return int(session.execute(_OF_SHOPS, {"ids": list(shop_ids)}).rowcount)  # type: ignore[attr-defined]


def erase_letters(session: Session, client_id: int) -> None:
    """Empties the webhooks that were kept for a client; that they came stays on record."""
    session.execute(_LETTERS, {"client_id": client_id})


def read_contact_state(session: Session, now: datetime) -> ContactState:
    """How it stands in the scope's agency; `now` is shop time."""
    row = session.execute(_STATE, {"before": now - KEPT_AFTER_END}).one()
    return ContactState(row.kept, row.overdue, row.oldest_end)
