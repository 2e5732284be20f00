"""The evidence pack of one order: everything that shows what happened to it, as the reader's role allows.

Made when it is asked for and kept nowhere, so that erasing a buyer's contact never has to reach into one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.errors import NotFound
from agency.domain.scope import Scope
from agency.services.audit import Act, record_act, record_act_of
from agency.services.contacts import reveal_contact
from agency.services.evidence_archive import About, seal_pack
from agency.services.evidence_parts import audit, buyer, change_rows, order_file, rules, timeline
from agency.services.evidence_sql import FOR_THE_CLIENT, FOR_THE_TEAM, ORDER
from agency.services.evidence_text import readme
from agency.services.replay import read_changes
from agency.services.sealing import Keyring
from agency.services.visibility import visible_sql

TAKEN = "evidence.taken"
Row = Mapping[Any, Any]
_NO_KEYS = "Keys and tokens: no pack ever holds one."
_NO_COST = (
    "Suppliers, purchases and their cost, unless the contract shares the sums; notes and records of the team."
)


@dataclass(frozen=True)
class Pack:
    """An archive for one reader."""

    file_name: str
    body: bytes


def make_pack(
    scope: Scope, session: Session, keyring: Keyring, number: str, now: datetime, with_contact: bool = False
) -> Pack:
    """The team's pack, written down in the audit log; `now` is shop time.

    `with_contact` puts the buyer's address in, under the rules of looking at one (services/contacts.py).
    Raises Forbidden for viewers and clients, NotFound for an order that the caller may not see, and for an address
    that is not there.
    """
    scope.require_write()
    order = _order(session, number, visible_sql(scope, "o.client_id"))
    contact = reveal_contact(scope, session, keyring, number, now) if with_contact else None
    details = {"with_contact": with_contact}
    record_act(scope, session, Act(TAKEN, "order", number, order["client_id"], details))
    parts = session.execute(FOR_THE_TEAM, {"id": order["id"], "shop_id": order["shop_id"]}).mappings().one()
    changes = read_changes(session, order["id"])
    files: dict[str, Any] = {
        "order.json": order_file(order, parts, changes),
        "timeline.json": timeline(session, order["id"]),
        "changes.json": change_rows(changes),
        "purchases.json": {"purchases": parts["purchases"], "requests_and_answers": parts["writes"]},
        "parcels.json": parts["parcels"],
        "rules.json": rules(order, changes) | {"mappings": parts["mappings"]},
        "money.json": {"ledger": parts["ledger"], "statements": parts["statements"]},
        "decisions.json": parts["decisions"],
        "buyer.json": buyer(session, keyring, order["id"], contact),
    }
    left_out = [_NO_KEYS]
    if contact is None:
        left_out.append("The buyer's name, phone and address, but for what stays when they are masked.")
    if scope.role == "owner":
        files["audit.json"] = audit(session, scope, order)
    else:
        left_out.append("The audit log, which owners of the agency read.")
    return _sealed(keyring, About(number, scope.role, machine_now(), tuple(left_out)), files)


def make_client_pack(scope: Scope, session: Session, system: Session, keyring: Keyring, number: str) -> Pack:
    """The pack for a client's own people, on their login, which cannot read suppliers, costs or buyers.

    `system` is on the system login and writes down that it was taken. Raises NotFound.
    """
    order = _order(session, number, "true")
    parts = session.execute(FOR_THE_CLIENT, {"id": order["id"], "shop_id": order["shop_id"]}).mappings().one()
    act = Act(TAKEN, "order", number, order["client_id"], {"with_contact": False})
    record_act_of(system, scope.agency_id, scope.actor, act, scope.address)
    files = {
        "order.json": order_file(order, parts, []),
        "parcels.json": parts["parcels"],
        "rules.json": rules(order, []),
        "money.json": {"ledger": parts["ledger"], "statements": parts["statements"]},
    }
    left_out = (_NO_KEYS, "The buyer's name, phone and address.", _NO_COST)
    return _sealed(keyring, About(number, scope.role, machine_now(), left_out), files)


def _order(session: Session, number: str, visible: str) -> Row:
    query = text(ORDER.format(visible=visible))
    found = session.execute(query, {"number": number}).mappings().one_or_none()
    if found is None:
        raise NotFound("Order")
    return dict(found)


def _sealed(keyring: Keyring, about: About, files: Mapping[str, Any]) -> Pack:
    body = seal_pack(keyring, about, {"README.txt": readme(about, files), **files})
    return Pack(f"evidence-{about.order}-{about.made_at:%Y-%m-%d}.zip", body)
