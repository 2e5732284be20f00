"""The audit log of an agency: append-only, hash-chained, without buyer data, secrets or typed values.

    number 1 -> 2 -> 3 ...   each hash covers the one before it, so that a changed, removed or inserted entry is found

The table's grants let the program add and read, never change. A request writes all its entries on one session: the
chain is locked until the transaction ends, and a second session of the same request would wait for the first.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.audit_chain import audit_hash, hashed_fields
from agency.domain.scope import Scope

_CHAIN = 748202  # the class of the advisory locks of audit chains
# A wait that cannot end well (two sessions of one request) fails loudly instead of hanging.
_PATIENCE = text("set local lock_timeout = '5s'")
_LOCK = text("select pg_advisory_xact_lock(cast(:chain as int), cast(:agency_id % 2147483647 as int))")
_LAST = text(
    "select number, hash from audit_entries where agency_id = :agency_id order by number desc limit 1"
)
_ADD = text(
    """
    insert into audit_entries
      (agency_id, number, at, actor, action, client_id, object_kind, object_id, details, address, previous_hash, hash)
    values (:agency_id, :number, :at, :actor, :action, :client_id, :object_kind, :object_id,
      cast(:details as jsonb), :address, :previous_hash, :hash)
    """
)


@dataclass(frozen=True)
class Act:
    """What was done, for the log: `action` such as "member.invited", the thing by kind and public id.

    `details` holds names of fields, roles, counts and public ids; never a buyer's data, a secret or free text.
    """

    action: str
    object_kind: str = ""
    object_id: str = ""
    client_id: int | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


def record_act(scope: Scope, session: Session, act: Act) -> None:
    """Appends an entry in the scope's agency; on the staff login or the system login."""
    record_act_of(session, scope.agency_id, scope.actor, act, scope.address)


def record_act_of(session: Session, agency_id: int, actor: str, act: Act, address: str = "") -> None:
    """The same where there is no scope yet: signing in, accepting an invitation."""
    session.execute(_PATIENCE)
    session.execute(_LOCK, {"chain": _CHAIN, "agency_id": agency_id})
    last = session.execute(_LAST, {"agency_id": agency_id}).one_or_none()
    number, previous = (last.number, bytes(last.hash)) if last else (0, b"")
    entry: dict[str, Any] = {
        "number": number + 1,
        "at": machine_now(),
        "actor": actor,
        "action": act.action,
        "client_id": act.client_id,
        "object_kind": act.object_kind,
        "object_id": act.object_id,
        "details": json.loads(json.dumps(dict(act.details), default=str)),
        "address": address,
    }
    digest = audit_hash(previous, hashed_fields(entry))
    values = entry | {"agency_id": agency_id, "previous_hash": previous, "hash": digest}
    session.execute(_ADD, values | {"details": json.dumps(entry["details"])})
