"""An order's timeline: what happened, who or which rule decided, under which versions. Append-only, hash-chained."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from agency.domain.scope import Scope
from agency.models.orders import Order, OrderEvent

# Whoever appends to an order's chain waits for whoever is appending to it now.
_LOCK = text("select id from orders where id = any(:ids) order by id for no key update")
_LAST = text(
    """
    select distinct on (order_id) order_id, seq, hash from order_events
    where order_id = any(:ids) order by order_id, seq desc
    """
)


@dataclass(frozen=True)
class OrderRef:
    """An order's internal keys."""

    id: int
    shop_id: int
    client_id: int

    @classmethod
    def of(cls, order: Order) -> OrderRef:
        """The keys of a loaded order."""
        return cls(order.id, order.shop_id, order.client_id)


@dataclass(frozen=True)
class Happening:
    """One event to be recorded; `at` is shop time, `data` holds no buyer data and no secret."""

    order: OrderRef
    kind: str
    data: Mapping[str, Any]
    at: datetime
    actor: str = ""


def event_hash(
    previous: bytes, seq: int, kind: str, actor: str, at: datetime, data: Mapping[str, Any]
) -> bytes:
    """SHA-256 over the previous hash and this event in canonical JSON; anybody can recompute it."""
    body = json.dumps([seq, kind, actor, at.isoformat(), data], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(previous + body.encode()).digest()


def record_events(scope: Scope, session: Session, happenings: Sequence[Happening]) -> None:
    """Appends events, each order's in the given order; the orders are locked until the transaction ends."""
    if not happenings:
        return
    ids = sorted({happening.order.id for happening in happenings})
    session.execute(_LOCK, {"ids": ids})
    last = {row.order_id: (row.seq, bytes(row.hash)) for row in session.execute(_LAST, {"ids": ids})}
    rows = []
    for happening in happenings:
        seq, previous = last.get(happening.order.id, (0, b""))
        data = json.loads(json.dumps(happening.data, default=str))
        actor = happening.actor or scope.actor
        digest = event_hash(previous, seq + 1, happening.kind, actor, happening.at, data)
        last[happening.order.id] = (seq + 1, digest)
        rows.append(
            {
                "agency_id": scope.agency_id,
                "client_id": happening.order.client_id,
                "shop_id": happening.order.shop_id,
                "order_id": happening.order.id,
                "seq": seq + 1,
                "at": happening.at,
                "kind": happening.kind,
                "actor": actor,
                "data": data,
                "previous_hash": previous,
                "hash": digest,
            }
        )
    session.execute(insert(OrderEvent), rows)


def record_event(
    scope: Scope, session: Session, order: Order, kind: str, data: Mapping[str, Any], at: datetime
) -> None:
    """Appends one event to an order's timeline."""
    record_events(scope, session, [Happening(OrderRef.of(order), kind, data, at)])
