"""The vendors' own books held against our rows: bought, paid and shipped once, and our rows saying the same."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from agency.demo.verdict import broken_promises, judge, read_ours, unfinished
from agency.domain.scope import worker_scope
from agency.extensions import Database
from agency.transaction import transaction

# A purchase that a person has to judge may stand in any relation to the supplier's books: that is why it lies there.
OPEN_QUESTION = ("review", "unconfirmed")
BOUGHT = ("paid", "shipped", "closed", "cancelling")
CALLED_OFF = ("cancelled", "refused")


@dataclass(frozen=True)
class OurPurchase:
    """One purchase row, with the effects that belong to it."""

    reference: str
    order_id: str
    state: str
    supplier_order_id: str
    paid_minor: int | None
    effects: Mapping[str, str]  # kind -> state
    has_reason: bool  # an open row in front of a person says why


@dataclass(frozen=True)
class Verdict:
    """What a run ended with."""

    figures: Mapping[str, Any]
    left: Sequence[str]  # orders that are neither settled, nor cancelled, nor in front of a person
    doubts: int
    unequal: Sequence[str]  # sentences: where our rows differ from the books
    without_reason: Sequence[str]  # purchases that lie in front of nobody

    @property
    def is_over(self) -> bool:
        """Whether nothing moves any more by itself."""
        return not self.left and not self.doubts

    @property
    def broken(self) -> list[str]:
        """Every promise that the run broke, as sentences."""
        sentences = broken_promises(self.figures, len(self.left))
        return [*sentences, *self.unequal, *self.without_reason]


def read_verdict(
    books: Mapping[str, Any], database: Database, agency_id: int, *, restored: bool = False
) -> Verdict:
    """Judges the moment. Our rows are read after the books, so that they cannot be the older of the two.

    `restored`: a purchase may have been forgotten, as long as a row in front of a person names it.
    """
    ours = read_ours(database, agency_id)
    purchases = _read_purchases(database, agency_id)
    return Verdict(
        judge(books, ours, 0.0),
        unfinished(books, ours),
        ours.doubts,
        compare(books, purchases, _read_strange(database, agency_id) if restored else ()),
        [
            f"purchase {row.reference} is in {row.state} and in front of nobody"
            for row in purchases
            if row.state in OPEN_QUESTION and not row.has_reason
        ],
    )


def compare(
    books: Mapping[str, Any], purchases: Sequence[OurPurchase], told: Collection[str] = ()
) -> list[str]:
    """Where our purchase and effect rows are not equal to the suppliers' books, one sentence each.

    `told`: references that are in front of a person because no purchase has them.
    """
    theirs: dict[str, list[Mapping[str, Any]]] = {}
    for order in books["supplier_orders"]:
        theirs.setdefault(order["reference"], []).append(order)
    known = {row.reference for row in purchases} | set(told)
    sentences = [
        f"{reference} is in the books and not in ours ({_says(held)})"
        for reference, held in theirs.items()
        if reference not in known
    ]
    for row in purchases:
        held = theirs.get(row.reference, [])
        if row.state not in OPEN_QUESTION:
            sentences += [f"purchase {row.reference} ({row.state}): {what}" for what in _unequal(row, held)]
    return sentences


def _says(held: Sequence[Mapping[str, Any]]) -> str:
    lives = [order for order in held if not order["cancelled"]]
    return f"{len(lives)} live, {len(held) - len(lives)} cancelled, paid {sum(o['paid_count'] for o in held)} times"


def _unequal(row: OurPurchase, held: Sequence[Mapping[str, Any]]) -> list[str]:
    if len(held) > 1:
        return [f"the supplier holds {len(held)} orders"]
    if row.state in BOUGHT and not held:
        return ["the supplier holds nothing"]
    if not held:
        return ["we have a number and the supplier has none"] if row.supplier_order_id else []
    (order,) = held
    found = []
    if row.supplier_order_id != order["supplier_order_id"]:
        found.append(f"our number {row.supplier_order_id!r}, theirs {order['supplier_order_id']!r}")
    if row.state in BOUGHT and order["paid_count"] != 1:
        found.append(f"paid {order['paid_count']} times")
    if row.state in BOUGHT and row.paid_minor != order["total_minor"]:
        found.append(f"we paid {row.paid_minor}, they took {order['total_minor']}")
    if row.state in BOUGHT and order["cancelled"] and row.state != "cancelling":
        found.append("theirs is cancelled")
    if row.state in CALLED_OFF and order["paid_count"] and not order["cancelled"]:
        found.append("theirs lives and is paid")
    if row.state in BOUGHT and row.effects.get("place") != "confirmed":
        found.append(f"the effect of placing is {row.effects.get('place')}")
    return found


def _read_strange(database: Database, agency_id: int) -> set[str]:
    query = text(
        """
        select data ->> 'reference' from attentions
        where kind = 'strange_purchase' and resolved_at is null and why <> ''
        """
    )
    with transaction(database, worker_scope(agency_id)) as session:
        return set(session.scalars(query))


def _read_purchases(database: Database, agency_id: int) -> list[OurPurchase]:
    query = text(
        """
        select p.reference, o.tiktok_order_id, p.state, p.supplier_order_id, p.actual_minor,
          coalesce((select jsonb_object_agg(e.kind, e.state) from effects e where e.purchase_id = p.id), '{}'),
          exists (select 1 from attentions a where a.order_id = p.order_id and a.resolved_at is null and a.why <> '')
        from purchases p join orders o on o.id = p.order_id join suppliers s on s.id = p.supplier_id
        where s.kind not in ('stock', 'manual')
        """
    )
    with transaction(database, worker_scope(agency_id)) as session:
        return [OurPurchase(*row) for row in session.execute(query)]
