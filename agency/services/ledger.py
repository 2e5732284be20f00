"""The ledger: every cent of an order with its reason. Entries are only ever added; importing twice adds nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.domain.money import Money
from agency.domain.scope import Scope


@dataclass(frozen=True)
class Entry:
    """One reason why money moved; `key` is unique in the shop and makes the write repeatable."""

    client_id: int
    shop_id: int
    order_id: int | None
    key: str
    kind: str
    amount: Money
    at: datetime
    statement_id: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)


_ADD = text(
    """
    insert into ledger_entries (agency_id, client_id, shop_id, order_id, statement_id, entry_key, kind, amount_minor,
      currency, at, detail)
    values (:agency_id, :client_id, :shop_id, :order_id, :statement_id, :key, :kind, :amount, :currency, :at,
      cast(:detail as jsonb))
    on conflict (shop_id, entry_key) do nothing
    """
)


def record_entries(scope: Scope, session: Session, entries: Sequence[Entry]) -> None:
    """Adds entries that are not there yet."""
    if not entries:
        return
    rows = [
        {
            "agency_id": scope.agency_id,
            "client_id": entry.client_id,
            "shop_id": entry.shop_id,
            "order_id": entry.order_id,
            "statement_id": entry.statement_id,
            "key": entry.key,
            "kind": entry.kind,
            "amount": entry.amount.amount,
            "currency": entry.amount.currency,
            "at": entry.at,
            "detail": json.dumps(dict(entry.detail), default=str),
        }
        for entry in entries
    ]
    session.execute(_ADD, rows)
