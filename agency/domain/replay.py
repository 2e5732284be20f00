"""An order rebuilt from its changes, to any moment, and compared with what is stored. Pure.

    changes up to a moment --fold--> RebuiltOrder <--compare--> RebuiltOrder <-- the rows as they are

Reading the rows and folding the changes meet only here, so that neither can hide a mistake of the other.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from agency.domain.order_changes import PARTS, Change
from agency.domain.purchasing import PurchaseState

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Paid:
    """Money of an order in minor units, by currency: what purchases were expected to cost, what they did, what came in.

    `expected` and `spent` are of purchases that are not dead; `settled` sums every ledger entry, costs included.
    """

    expected: Mapping[str, int]
    spent: Mapping[str, int]
    settled: Mapping[str, int]


@dataclass(frozen=True)
class RebuiltOrder:
    """An order at one moment: its row and, by their keys, the rows of its purchases, writes, parcels and ledger."""

    order: Row
    purchases: Mapping[int, Row] = field(default_factory=dict)
    effects: Mapping[int, Row] = field(default_factory=dict)
    parcels: Mapping[int, Row] = field(default_factory=dict)
    ledger: Mapping[int, Row] = field(default_factory=dict)

    @property
    def stage(self) -> str:
        """Where it stood, a word of domain.orders.Stage."""
        return str(self.order["stage"])

    @property
    def held(self) -> bool:
        """Whether a person held it."""
        return bool(self.order["held_by"])

    @property
    def deadline(self) -> tuple[datetime | None, str, str]:
        """The deadline that counted: when, which, and its source."""
        return self.order["due_at"], self.order["due_kind"], self.order["due_source"]

    @property
    def money(self) -> Paid:
        """What it was expected to cost, what was spent, and what the ledger added up to."""
        living = [row for row in self.purchases.values() if row["state"] not in PurchaseState.DEAD]
        return Paid(
            _sums(living, "expected_minor"),
            _sums(living, "actual_minor"),
            _sums(self.ledger.values(), "amount_minor"),
        )

    def rows(self) -> dict[tuple[str, int], Row]:
        """Everything by part and key; the order's own row has key 0."""
        found: dict[tuple[str, int], Row] = {("order", 0): self.order}
        parts = {"purchase": self.purchases, "effect": self.effects}
        parts |= {"parcel": self.parcels, "ledger": self.ledger}
        return found | {(part, key): row for part, rows in parts.items() for key, row in rows.items()}


@dataclass(frozen=True)
class Difference:
    """One value that the changes rebuild otherwise than it is stored. `column` is empty when a whole row is missing."""

    number: str
    part: str
    row_key: int
    column: str
    rebuilt: Any
    stored: Any

    def __str__(self) -> str:
        what = f"{self.part}.{self.column}" if self.column else f"{self.part} {self.row_key}"
        return f"order {self.number}: {what} rebuilds as {self.rebuilt!r} and is stored as {self.stored!r}"


def fold(changes: Iterable[Change], until: datetime | None = None) -> RebuiltOrder | None:
    """The order as its changes tell it, up to and with `until` (machine time; None = all). None: not known yet.

    Each row's changes are followed in their order and no further than the first that came later.
    """
    rows: dict[tuple[str, int], dict[str, Any]] = {}
    over: set[tuple[str, int]] = set()
    for change in sorted(changes, key=lambda each: (each.part, each.row_key, each.number)):
        key = (change.part, change.row_key)
        if key in over or (until is not None and change.at > until):
            over.add(key)
            continue
        told = json.loads(change.body)
        kinds = PARTS[change.part]
        row = rows.setdefault(key, dict.fromkeys(kinds))
        row.update({name: read_value(kinds[name], value) for name, value in told.items() if name in kinds})
    parts: dict[str, dict[int, Row]] = {part: {} for part in PARTS}
    for (part, row_key), row in rows.items():
        parts[part][row_key] = row
    if not parts["order"]:
        return None
    (order,) = parts["order"].values()
    return RebuiltOrder(order, parts["purchase"], parts["effect"], parts["parcel"], parts["ledger"])


def compare(number: str, rebuilt: RebuiltOrder | None, stored: RebuiltOrder | None) -> list[Difference]:
    """Every value in which the two differ; empty when the order rebuilds exactly."""
    ours, theirs = (which.rows() if which else {} for which in (rebuilt, stored))
    found: list[Difference] = []
    for part, row_key in sorted(ours.keys() | theirs.keys()):
        mine, other = ours.get((part, row_key)), theirs.get((part, row_key))
        if mine is None or other is None:
            words = ("nothing" if mine is None else "a row", "nothing" if other is None else "a row")
            found.append(Difference(number, part, row_key, "", *words))
            continue
        for column in PARTS[part]:
            if mine[column] != other[column]:
                found.append(Difference(number, part, row_key, column, mine[column], other[column]))
    return found


def read_value(kind: str, value: Any) -> Any:
    """A value as JSON has it, in the type that it has here; None stays None."""
    return None if value is None else _READ[kind](value)


def _sums(rows: Iterable[Row], column: str) -> dict[str, int]:
    sums: dict[str, int] = {}
    for row in rows:
        if row[column] is not None:
            sums[row["currency"]] = sums.get(row["currency"], 0) + row[column]
    return sums


def _moment(value: Any) -> datetime:
    return datetime.fromisoformat(str(value)).astimezone(UTC)


def _codes(value: Any) -> tuple[str, ...]:
    return tuple(str(code) for code in value)


_READ: Mapping[str, Callable[[Any], Any]] = {
    "text": str,
    "number": int,
    "flag": bool,
    "moment": _moment,
    "codes": _codes,
}
