"""Our books held against the simulator's: what was issued, what was bought, and whether a promise was broken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from agency.domain.scope import worker_scope
from agency.extensions import Database
from agency.transaction import transaction

BREAKS = ("lines_bought_twice", "lines_never_bought", "wrong_tracking", "money_mismatch_minor")
_KINDS_TO_BUY = ("ordinary", "preorder", "sample", "replacement")


@dataclass(frozen=True)
class OurBook:
    """What our database says."""

    stages: Mapping[str, str]  # by TikTok order id
    waiting: frozenset[str]  # orders in front of a person
    statements: Mapping[str, int]  # ledger sum per statement
    purchases: Mapping[str, int | None]  # paid cost per reference
    by_hand: frozenset[str]  # line ids bought by hand or from the shelf
    doubts: int


def read_ours(database: Database, agency_id: int) -> OurBook:
    """Reads our book in five statements."""
    with transaction(database, worker_scope(agency_id)) as session:

        def rows(query: str) -> list[Any]:
            return list(session.execute(text(query)))

        stages = {row[0]: row[1] for row in rows("select tiktok_order_id, stage from orders")}
        waiting = rows(
            """
            select distinct o.tiktok_order_id from orders o join attentions a on a.order_id = o.id
            where a.resolved_at is null and o.stage not in ('settled', 'cancelled')
              and a.kind in ('unmapped', 'approval', 'blocked', 'buy_by_hand', 'pack', 'purchase_review',
                'tracking_blocked', 'tracking_refused', 'unknown_code')
            union select tiktok_order_id from orders
            where stage = 'blocked' or (held_by <> '' and stage not in ('settled', 'cancelled'))
            """
        )
        statements = rows(
            "select statement_id, sum(amount_minor) from ledger_entries where statement_id <> '' group by statement_id"
        )
        purchases = rows("select reference, actual_minor from purchases where paid_at is not null")
        by_hand = rows(
            """
            select ol.tiktok_line_id from purchase_lines pl join order_lines ol on ol.id = pl.order_line_id
            join purchases p on p.id = pl.purchase_id join suppliers s on s.id = p.supplier_id
            where pl.live and s.kind in ('stock', 'manual')
            """
        )
        doubts = session.execute(
            text("select count(*) from effects where state in ('sending', 'unknown')")
        ).scalar_one()
    return OurBook(
        stages,
        frozenset(row[0] for row in waiting),
        {row[0]: int(row[1]) for row in statements},
        {row[0]: row[1] for row in purchases},
        frozenset(row[0] for row in by_hand),
        int(doubts),
    )


def judge(books: Mapping[str, Any], ours: OurBook, seconds: float) -> dict[str, Any]:
    """The figures of a run, from the simulator's books; ours are what is being judged."""
    orders: Mapping[str, Any] = books["orders"]
    bought = _lines_bought(books)
    statuses = Counter(order["status"] for order in orders.values())
    never = [
        line["line_id"]
        for number, order in orders.items()
        if order["kind"] in _KINDS_TO_BUY and order["status"] != "CANCELLED" and number not in ours.waiting
        for line in order["lines"]
        if line.get("status") != "CANCELLED"
        and line["line_id"] not in bought
        and line["line_id"] not in ours.by_hand
    ]
    packages = [package for order in orders.values() for package in order["packages"]]
    return {
        "orders_issued": len(orders),
        "orders_seen": len(set(orders) & set(ours.stages)),
        "lines_issued": sum(len(order["lines"]) for order in orders.values()),
        "lines_bought": len(bought),
        "lines_bought_twice": sum(1 for count in bought.values() if count > 1) + _paid_twice(books),
        "lines_never_bought": len(never),
        "shipped": sum(1 for order in orders.values() if order["packages"]),
        "delivered": sum(1 for order in orders.values() if order["delivered_at"]),
        "settled": sum(1 for order in orders.values() if order["settled"]),
        "cancelled": statuses["CANCELLED"],
        "needs_person": len(ours.waiting & set(orders)),
        "wrong_tracking": sum(1 for package in packages if not package["correct"]),
        "late": sum(1 for order in orders.values() if order["late"]),
        "money_mismatch_minor": _money_mismatch(books, ours),
        "seconds": round(seconds, 1),
    }


def unfinished(books: Mapping[str, Any], ours: OurBook) -> list[str]:
    """Orders that are neither settled, nor cancelled, nor in front of a person."""
    open_orders = []
    for number, order in books["orders"].items():
        stage = ours.stages.get(number)
        done = order["settled"] and (stage == "settled" or order["kind"] in ("fbt", "tiktok_shipping"))
        cancelled = order["status"] == "CANCELLED" and stage == "cancelled"
        if not (done or cancelled or number in ours.waiting):
            open_orders.append(number)
    return open_orders


def broken_promises(figures: Mapping[str, Any], left: int) -> list[str]:
    """What the run broke, in words; empty = every promise was kept."""
    broken = [f"{name} is {figures[name]}" for name in BREAKS if figures[name]]
    if figures["orders_seen"] != figures["orders_issued"]:
        broken.append(f"{figures['orders_issued'] - figures['orders_seen']} orders were never seen")
    if left:
        broken.append(f"{left} orders are neither settled, cancelled nor in front of a person")
    return broken


def _live(books: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Supplier orders that cost money: not cancelled, and paid where paying is a step of its own."""
    return [order for order in books["supplier_orders"] if not order["cancelled"] and order["paid_count"]]


def _lines_bought(books: Mapping[str, Any]) -> Counter[str]:
    bought: Counter[str] = Counter()
    for order in _live(books):
        for line in order["lines"]:
            bought.update(ref.strip() for ref in line["line_ref"].split(",") if ref.strip())
    return bought


def _paid_twice(books: Mapping[str, Any]) -> int:
    return sum(1 for order in books["supplier_orders"] if order["paid_count"] > 1)


def _money_mismatch(books: Mapping[str, Any], ours: OurBook) -> int:
    """Statements that we should have booked, and supplier totals that we paid, cent by cent."""
    settled = {
        statement["statement_id"]: statement["amount_minor"]
        for statement in books["statements"]
        if any(ours.stages.get(number) == "settled" for number in statement["order_ids"])
        or statement["statement_id"] in ours.statements
    }
    mismatch: int = sum(abs(amount - ours.statements.get(key, 0)) for key, amount in settled.items())
    for order in _live(books):
        paid = ours.purchases.get(order["reference"])
        if paid is not None:
            mismatch += abs(paid - order["total_minor"])
    return mismatch
