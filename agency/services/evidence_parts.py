"""The files of an evidence pack, one function each: rows as they are, with what their hashes cover."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from agency.domain.addresses import Address, mask
from agency.domain.audit_chain import hashed_fields
from agency.domain.calendars import business_date, calendar_for
from agency.domain.clock_policies import POLICY_ROWS, PROMISES, PolicyRow, find_policy
from agency.domain.order_changes import Change
from agency.domain.replay import fold
from agency.domain.scope import Scope
from agency.services.contacts_store import find_contact
from agency.services.evidence_sql import AUDIT, EVENTS
from agency.services.sealing import CannotOpen, Keyring

Row = Mapping[Any, Any]


def order_file(order: Row, parts: Row, changes: list[Change]) -> dict[str, Any]:
    """The order's row without our inner keys, its lines, and what its changes say of its money."""
    hidden = ("id", "shop_id", "client_id")
    told = {name: _utc(value) for name, value in order.items() if name not in hidden}
    rebuilt = fold(changes)
    money = {} if rebuilt is None else {"money": asdict(rebuilt.money)}
    return told | {"lines": parts["lines"]} | money


def timeline(session: Session, order_id: int) -> list[dict[str, Any]]:
    """Every event with the fields that its hash covers."""
    return [
        {
            "seq": row.seq,
            "kind": row.kind,
            "actor": row.actor,
            "at": row.at.astimezone(UTC).isoformat(),
            "data": row.data,
            "previous_hash": bytes(row.previous_hash).hex(),
            "hash": bytes(row.hash).hex(),
        }
        for row in session.execute(EVENTS, {"id": order_id})
    ]


def change_rows(changes: list[Change]) -> list[dict[str, Any]]:
    """Every change as it was hashed, each row's in their order."""
    return [_change(each) for each in sorted(changes, key=lambda c: (c.part, c.row_key, c.number))]


def _change(change: Change) -> dict[str, Any]:
    return {
        "part": change.part,
        "row": change.row_key,
        "number": change.number,
        "at": change.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "body": change.body,
        "previous_hash": change.previous_hash.hex(),
        "hash": change.hash.hex(),
    }


def rules(order: Row, changes: list[Change]) -> dict[str, Any]:
    """The dated policy rows under which its deadlines were worked out, and the agency's own promise."""
    sources = {order["due_source"]}
    sources |= {json.loads(change.body).get("due_source") for change in changes if change.part == "order"}
    rows = [row for row in POLICY_ROWS if f"policy:{row.row_id}" in sources]
    day = business_date(order["paid_at"] or order["placed_at"], calendar_for(order["region"]))
    ruling = find_policy(order["region"], order["order_type"], order["shipping_type"], day)
    if ruling is not None and ruling not in rows:
        rows.append(ruling)
    promise = PROMISES.get(order["promise"])
    return {
        "policies": [_policy(row) for row in rows],
        "promise": {"id": order["promise"], "source": promise.source if promise else "unknown"},
    }


def _policy(row: PolicyRow) -> dict[str, Any]:
    return {
        "id": row.row_id,
        "region": row.region,
        "valid_from": row.valid_from,
        "valid_to": row.valid_to,
        "business_days": {str(kind): asdict(rule) for kind, rule in row.rules.items()},
        "counts_from": str(row.start),
        "approximate": row.approximate,
        "source": row.source,
    }


def buyer(session: Session, keyring: Keyring, order_id: int, clear: Address | None) -> dict[str, Any]:
    """The buyer's contact: `clear` as it is, else masked, else why there is none."""
    if clear is not None:
        return {"shown": "in clear", **asdict(clear)}
    try:
        found = find_contact(session, keyring, order_id)
    except CannotOpen:
        return {"shown": "not", "why": "It is sealed under a key that is not here."}
    if found is None:
        return {"shown": "not", "why": "It was erased, or TikTok never showed it."}
    return {"shown": "masked", **asdict(mask(found.address))}


def audit(session: Session, scope: Scope, order: Row) -> list[dict[str, Any]]:
    """What people did with the order, its purchases and parcels; each entry as it was hashed."""
    values = {"agency_id": scope.agency_id, "client_id": order["client_id"], "id": order["id"]}
    rows = session.execute(AUDIT, values | {"number": order["tiktok_order_id"]}).mappings()
    return [
        hashed_fields(dict(row)) | {name: bytes(row[name]).hex() for name in ("previous_hash", "hash")}
        for row in rows
    ]


def _utc(value: Any) -> Any:
    return value.astimezone(UTC) if isinstance(value, datetime) else value
