"""Webhooks that came in: kept and the lane woken in one statement, so that neither can happen without the other.

On the system login: the door knows no tenant. What is kept is a hint; the lane reads the order again at its source.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.domain.errors import NotFound


@dataclass(frozen=True)
class Notification:
    """One verified TikTok notification. `authorization_changed`: the grant itself ended or will end soon."""

    shop_id: str
    notification_id: str
    kind: str
    order_ref: str
    payload: Mapping[str, Any] = field(repr=False)
    authorization_changed: bool = False


@dataclass(frozen=True)
class Letter:
    """A supplier's webhook, not verified yet: its secret is sealed, so the worker checks before it believes."""

    kind: str
    supplier_id: str
    notification_id: str
    headers: Mapping[str, str] = field(repr=False)
    raw: str = field(repr=False)


# The lanes are updated even when they are due already: the row lock makes a turn that is just being taken see this row.
# Messages come in flocks: half a second lets one turn read them together. The rule is that of lanes.make_due,
# repeated here because the whole door is one round trip.
_KEEP = text(
    """
    with shop as materialized (
      select id, agency_id, client_id, authorization_id from shops where tiktok_shop_id = :shop_id
    ), kept as (
      insert into inbox_items (agency_id, client_id, shop_id, notification_id, kind, order_ref, payload)
      select agency_id, client_id, id, :notification_id, :kind, :order_ref, cast(:payload as jsonb) from shop
      on conflict (shop_id, notification_id) do nothing
      returning shop_id
    ), stray as (
      insert into inbox_strays (source, subject, notification_id, kind, payload)
      select 'tiktok', :shop_id, :notification_id, :kind, cast(:payload as jsonb)
      where not exists (select from shop)
      on conflict (source, notification_id) do nothing
    ), woken as (
      update lanes l set due_at = least(l.due_at, now() + interval '0.5 s')
      from shop s
      where exists (select from kept)
        and ((l.shop_id = s.id and l.api = 'orders')
          or (:authorization_changed and l.authorization_id = s.authorization_id and l.api = 'auth'))
    )
    select count(*) from shop
    """
)

_KEEP_LETTER = text(
    """
    with supplier as materialized (
      select id, agency_id, client_id from suppliers where public_id = cast(:supplier_id as uuid) and kind = :kind
    ), kept as (
      insert into inbox_items (agency_id, client_id, supplier_id, notification_id, kind, payload)
      select agency_id, client_id, id, :notification_id, 'supplier_letter', cast(:payload as jsonb) from supplier
      on conflict (supplier_id, notification_id) do nothing
      returning supplier_id
    ), woken as (
      update lanes l set due_at = least(l.due_at, now() + interval '0.5 s')
      from supplier s where exists (select from kept) and l.supplier_id = s.id and l.api = 'tracking'
    )
    select count(*) from supplier
    """
)


def record_notification(session: Session, notification: Notification) -> bool:
    """Keeps a notification and wakes the shop's lane; False when the shop is unknown and it went to the strays.

    The same notification again changes nothing.
    """
    found = session.scalar(
        _KEEP,
        {
            "shop_id": notification.shop_id,
            "notification_id": notification.notification_id,
            "kind": notification.kind,
            "order_ref": notification.order_ref,
            "payload": json.dumps(notification.payload),
            "authorization_changed": notification.authorization_changed,
        },
    )
    return bool(found)


def record_letter(session: Session, letter: Letter) -> None:
    """Keeps a supplier's webhook and wakes its tracking lane. Raises NotFound for an unknown supplier."""
    payload = {"headers": dict(letter.headers), "raw": letter.raw}
    found = session.scalar(
        _KEEP_LETTER,
        {
            "supplier_id": letter.supplier_id,
            "kind": letter.kind,
            "notification_id": letter.notification_id,
            "payload": json.dumps(payload),
        },
    )
    if not found:
        raise NotFound("Supplier")
