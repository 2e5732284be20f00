"""Attentions: opening a decision for a person once per cause, and closing it when the cause is gone."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.scope import Scope


@dataclass(frozen=True)
class Cause:
    """Why somebody must look. `key` folds: the same kind and key of a client is one open row."""

    client_id: int
    kind: str
    key: str
    why: str
    action: str
    shop_id: int | None = None
    order_id: int | None = None
    supplier_id: int | None = None
    due_at: datetime | None = None
    loss_minor: int = 0
    currency: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


# What a person has ticked off stays so while the same cause says the same.
_OPEN = text(
    """
    insert into attentions (agency_id, client_id, shop_id, order_id, supplier_id, kind, cause_key, why, action, due_at,
      loss_minor, currency, data)
    select :agency_id, :client_id, cast(:shop_id as bigint), cast(:order_id as bigint), cast(:supplier_id as bigint),
      :kind, :key, :why, :action, cast(:due_at as timestamptz), :loss_minor, :currency, cast(:data as jsonb)
    where not exists (select from attentions t where jsonb_exists(t.data, 'ticked') and t.client_id = :client_id
      and t.kind = :kind and t.cause_key = :key and t.why = :why)
    on conflict (client_id, kind, cause_key) where resolved_at is null
    do update set why = excluded.why, action = excluded.action, due_at = excluded.due_at,
      supplier_id = excluded.supplier_id,
      loss_minor = excluded.loss_minor, data = excluded.data
    """
)


_FORGET_TICK = text(
    """
    update attentions set data = data - 'ticked'
    where jsonb_exists(data, 'ticked') and client_id = :client_id and kind = :kind and cause_key = :key
    """
)


def open_attention(scope: Scope, session: Session, cause: Cause) -> None:
    """Opens the decision, or freshens the open one of the same cause; one that a person ticked off stays closed."""
    session.execute(
        _OPEN,
        {
            "agency_id": scope.agency_id,
            "client_id": cause.client_id,
            "shop_id": cause.shop_id,
            "order_id": cause.order_id,
            "supplier_id": cause.supplier_id,
            "kind": cause.kind,
            "key": cause.key,
            "why": cause.why,
            "action": cause.action,
            "due_at": cause.due_at,
            "loss_minor": cause.loss_minor,
            "currency": cause.currency,
            "data": json.dumps(dict(cause.data), default=str),
        },
    )


def close_attention(scope: Scope, session: Session, client_id: int, kind: str, key: str) -> int:
    """Closes the open decision of a cause; returns how many rows were open."""
    result = session.execute(
        text(
            """
            update attentions set resolved_at = :now, resolved_by = :actor
            where client_id = :client_id and kind = :kind and cause_key = :key and resolved_at is null
            """
        ),
        {"now": machine_now(), "actor": scope.actor, "client_id": client_id, "kind": kind, "key": key},
    )
    if not result.rowcount:  # type: ignore[attr-defined] # the cause is gone, so the tick has served
        forget_tick(session, client_id, kind, key)
    return int(result.rowcount)  # type: ignore[attr-defined]


def forget_tick(session: Session, client_id: int, kind: str, key: str) -> None:
    """Lets the cause open again although a person ticked it off."""
    session.execute(_FORGET_TICK, {"client_id": client_id, "kind": kind, "key": key})


def close_order_attentions(
    scope: Scope, session: Session, order_id: int, *, keep: Collection[str] = (), only: Collection[str] = ()
) -> None:
    """Closes an order's open decisions, except kinds in `keep`, or only those in `only`."""
    session.execute(
        text(
            """
            update attentions set resolved_at = :now, resolved_by = :actor
            where order_id = :order_id and resolved_at is null
              and not (kind = any(:keep)) and (cardinality(cast(:only as text[])) = 0 or kind = any(:only))
            """
        ),
        {
            "now": machine_now(),
            "actor": scope.actor,
            "order_id": order_id,
            "keep": list(keep),
            "only": list(only),
        },
    )
