"""Rebuilding orders from what the database wrote down of them, and comparing that with the rows.

One statement reads changes and rows, and so sees both at the same moment while everything goes on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from agency.domain.order_changes import PARTS, Change, chain_problems
from agency.domain.replay import Difference, RebuiltOrder, compare, fold, read_value

BATCH = 200  # orders
_CHANGES = """
    select c.order_id, c.part, c.row_key, c.number, c.at, c.body, c.previous_hash, c.hash
    from order_changes c where c.order_id = any(:ids)
"""
_ROWS = {
    "order": "select t.id as order_id, {columns} from orders t where t.id = any(:ids)",
    "purchase": "select t.order_id, {columns} from purchases t where t.order_id = any(:ids)",
    "effect": "select t.order_id, {columns} from effects t where t.order_id = any(:ids)",
    "parcel": "select t.order_id, {columns} from parcels t where t.order_id = any(:ids)",
    "ledger": "select t.order_id, {columns} from ledger_entries t where t.order_id = any(:ids)",
}


def _stored(part: str) -> str:
    columns = ", ".join(("t.id as row_key", *(f"t.{name}" for name in PARTS[part])))
    rows = _ROWS[part].format(columns=columns)
    return f"""
      select x.order_id, '{part}', x.row_key, 0, null::timestamptz, to_jsonb(x)::text, null::bytea, null::bytea
      from ({rows}) x
    """  # noqa: S608 - made of constants


_WRITTEN = text(_CHANGES)
_BOTH = text(" union all ".join((_CHANGES, *(_stored(part) for part in PARTS))))


@dataclass
class _Found:
    """What was read of one order."""

    changes: list[Change] = field(default_factory=list)
    stored: dict[str, dict[int, dict[str, Any]]] = field(default_factory=lambda: {part: {} for part in PARTS})

    def as_stored(self) -> RebuiltOrder:
        """The rows in the shape of a rebuilt order."""
        (order,) = self.stored["order"].values()
        rest = {part: rows for part, rows in self.stored.items() if part != "order"}
        return RebuiltOrder(order, rest["purchase"], rest["effect"], rest["parcel"], rest["ledger"])


@dataclass(frozen=True)
class Replayed:
    """How rebuilding a number of orders went; `broken` are sentences about chains that are not whole."""

    orders: int = 0
    exact: int = 0
    differences: tuple[Difference, ...] = ()
    broken: tuple[str, ...] = ()

    def __add__(self, other: Replayed) -> Replayed:
        return Replayed(
            self.orders + other.orders,
            self.exact + other.exact,
            self.differences + other.differences,
            self.broken + other.broken,
        )


def read_changes(session: Session, order_id: int) -> list[Change]:
    """Everything that was written down of one order, as it was hashed."""
    return [_change(row) for row in session.execute(_WRITTEN, {"ids": [order_id]})]


def read_stored(session: Session, order_ids: Sequence[int]) -> dict[int, RebuiltOrder]:
    """The rows of orders as they are now, in the shape of rebuilt ones, by order id."""
    return {order_id: found.as_stored() for order_id, found in _read(session, order_ids).items()}


def differences(session: Session, order_ids: Sequence[int]) -> Replayed:
    """Rebuilds these orders and compares each with its rows. The scope of the session says whose they may be."""
    return _judge(_read(session, order_ids))


def next_orders(session: Session, after: int) -> list[int]:
    """The ids of the next 200 orders after one, in the scope of the session; empty at the end."""
    query = text("select id from orders where id > :after order by id limit :most")
    return list(session.scalars(query, {"after": after, "most": BATCH}))


def _judge(found: Mapping[int, _Found]) -> Replayed:
    different: list[Difference] = []
    broken: list[str] = []
    exact = 0
    for one in found.values():
        stored = one.as_stored()
        number = str(stored.order["tiktok_order_id"])
        wrong = compare(number, fold(one.changes), stored)
        torn = [f"order {number}: {problem}" for problem in chain_problems(one.changes)]
        exact += not wrong and not torn
        different += wrong
        broken += torn
    return Replayed(len(found), exact, tuple(different), tuple(broken))


def _read(session: Session, order_ids: Sequence[int]) -> dict[int, _Found]:
    found: dict[int, _Found] = {}
    for row in session.execute(_BOTH, {"ids": list(order_ids)}):
        one = found.setdefault(row.order_id, _Found())
        if row.hash is None:
            one.stored[row.part][row.row_key] = _typed(row.part, json.loads(row.body))
        else:
            one.changes.append(_change(row))
    return found


def _change(row: Row[Any]) -> Change:
    hashes = (bytes(row.previous_hash), bytes(row.hash))
    return Change(row.part, row.row_key, row.number, row.at, row.body, *hashes)


def _typed(part: str, row: Mapping[str, Any]) -> dict[str, Any]:
    values = dict(row)
    if part == "order":  # of the reasons only the codes are written down
        values["blockers"] = [blocker["code"] for blocker in row["blockers"]]
    return {name: read_value(kind, values[name]) for name, kind in PARTS[part].items()}
