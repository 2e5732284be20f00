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


_OPEN = text(
    """
    insert into attentions (agency_id, client_id, shop_id, order_id, supplier_id, kind, cause_key, why, action, due_at,
      loss_minor, currency, data)
    values (:agency_id, :client_id, :shop_id, :order_id, :supplier_id, :kind, :key, :why, :action, :due_at,
      :loss_minor, :currency, cast(:data as jsonb))
    on conflict (client_id, kind, cause_key) where resolved_at is null
    do update set why = excluded.why, action = excluded.action, due_at = excluded.due_at,
      supplier_id = excluded.supplier_id,
      loss_minor = excluded.loss_minor, data = excluded.data
    """
)


def open_attention(scope: Scope, session: Session, cause: Cause) -> None:
    """Opens the decision, or freshens the open one of the same cause."""
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
    return int(result.rowcount)  # type: ignore[attr-defined]


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
