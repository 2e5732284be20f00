"""The promises of a storm, held against the vendors' books: what is broken, and what has recovered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import psycopg

from agency.demo.verdict import BREAKS, OurBook, judge, unfinished
from tests.chaos.storm import naive

REBUILDS = "every order rebuilds from its changes"
_OVERDUE = 10.0  # seconds that a free lane may wait
BOUGHT = frozenset({"paid", "shipped", "closed"})
_NOT_OURS = ("fbt", "tiktok_shipping")  # TikTok ships these itself


@dataclass(frozen=True)
class Rows:
    """What our tables say besides `OurBook`."""

    purchases: list[tuple[str, str, int | None, str]]  # reference, state, cost, TikTok order id
    reasons: Mapping[str, str]  # by TikTok order id, of orders that wait for a person
    doubts: Mapping[str, int]  # outside writes by state
    undone: list[tuple[str, str]]  # writes that were intended and not made: kind, TikTok order id
    doubted: int  # how often a purchase fell into doubt
    asked: Mapping[str, int]  # open rows in front of a person, about orders, by kind
    lanes_behind: int
    lanes_failing: int
    lost_bells: int


def read_rows(owner_url: str) -> Rows:
    """Reads our tables as their owner."""
    with psycopg.connect(owner_url) as connection:

        def rows(query: str, *values: Any) -> list[Any]:
            return connection.execute(query, values).fetchall()

        purchases = rows(
            """
            select p.reference, p.state, p.actual_minor, o.tiktok_order_id from purchases p
            join orders o on o.id = p.order_id join suppliers s on s.id = p.supplier_id where s.kind in ('rest', 'cj')
            """
        )
        reasons = rows(
            """
            select o.tiktok_order_id, coalesce(string_agg(a.why, ' '), '') || o.held_by ||
              case when o.blockers = '[]' then '' else o.blockers::text end
            from orders o left join attentions a on a.order_id = o.id and a.resolved_at is null group by o.id
            """
        )
        doubts = rows("select state, count(*) from effects group by state")
        undone = rows(
            """
            select e.kind, o.tiktok_order_id from effects e join orders o on o.id = e.order_id
            where e.state = 'intended'
            """
        )
        doubted = rows("select count(*) from order_events where kind = 'purchase_in_doubt'")[0][0]
        asked = rows(
            "select kind, count(*) from attentions where resolved_at is null and order_id is not null group by kind"
        )
        lanes = rows(
            """
            select count(*) filter (where coalesce(lease_until, due_at) < now() - make_interval(secs => %s)),
              count(*) filter (where failures > 0), coalesce(sum(lost_bells), 0) from lanes
            """,
            _OVERDUE,
        )[0]
    return Rows(
        purchases,
        dict(reasons),
        dict(doubts),
        undone,
        doubted,
        dict(asked),
        lanes[0],
        lanes[1],
        int(lanes[2]),
    )


@dataclass
class Standing:
    """One look at everything: what is broken now, by promise, and the figures."""

    broken: dict[str, list[str]] = field(default_factory=dict)
    figures: dict[str, Any] = field(default_factory=dict)


def look(books: Mapping[str, Any], ours: OurBook, rows: Rows, seconds: float) -> Standing:
    """Holds both sides against each other. A promise without sentences is kept."""
    books = {**books, "supplier_orders": _without_naive(books)}
    figures = judge(books, ours, seconds)
    broken = {
        "every order seen": _unseen(books, ours),
        "bought once": [f"{name} is {figures[name]}" for name in BREAKS[:1] if figures[name]],
        "nothing forgotten": [f"{name} is {figures[name]}" for name in BREAKS[1:2] if figures[name]],
        "purchases as in the books": _purchase_faults(books, rows),
        "right tracking": [f"{name} is {figures[name]}" for name in BREAKS[2:3] if figures[name]],
        "money to the cent": _money_faults(books, ours, figures),
        "no open doubt": [f"{ours.doubts} outside writes are in doubt"] if ours.doubts else [],
        "no write left undone": [
            f"{kind} of order {number} is not done, and no person is told"
            for kind, number in rows.undone
            if not rows.reasons.get(number, "").strip()
        ],
        "lanes on time": _lane_faults(rows),
        "every order at its end": [f"order {number} is on its way" for number in unfinished(books, ours)],
        "stages as at TikTok": _stage_faults(books, ours, rows),
    }
    figures |= {
        "stages": dict(Counter(ours.stages.values())),
        "outside_writes": dict(rows.doubts),
        "purchases_in_doubt": {"ever": rows.doubted, "now": ours.doubts},
        "asked_of_a_person": dict(rows.asked),
        "lost_bells": rows.lost_bells,
        "purchases": len(rows.purchases),
        "supplier_orders": len(books["supplier_orders"]),
    }
    return Standing(broken, figures)


def _without_naive(books: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [order for order in books["supplier_orders"] if order["account"] != naive.KEY]


def _unseen(books: Mapping[str, Any], ours: OurBook) -> list[str]:
    missing = sorted(set(books["orders"]) - set(ours.stages))
    strange = sorted(set(ours.stages) - set(books["orders"]))
    return [f"order {n} was never seen" for n in missing] + [f"order {n} was never issued" for n in strange]


def _purchase_faults(books: Mapping[str, Any], rows: Rows) -> list[str]:
    """Each live order at a supplier is one of ours and known as bought; each that we call bought is there."""
    live = Counter(o["reference"] for o in books["supplier_orders"] if o["paid_count"] and not o["cancelled"])
    known = {reference: (state, number) for reference, state, _cost, number in rows.purchases}
    faults = [f"{reference} exists {count} times" for reference, count in live.items() if count > 1]
    for reference in live:
        state, number = known.get(reference, ("", ""))
        # A person has an order before them also after TikTok cancelled it, as long as money is in question.
        if state not in BOUGHT and not rows.reasons.get(number, "").strip():
            faults.append(f"{reference} is bought, our row says {state or 'nothing'}")
    faults += [
        f"{reference} is {state} in our rows and not bought at the supplier"
        for reference, (state, _number) in known.items()
        if state in BOUGHT and reference not in live
    ]
    return faults


def _money_faults(books: Mapping[str, Any], ours: OurBook, figures: Mapping[str, Any]) -> list[str]:
    faults = [f"{name} is {figures[name]}" for name in BREAKS[3:] if figures[name]]
    paid_out = {row["statement_id"]: row["amount_minor"] for row in books["statements"]}
    faults += [f"statement {n} of nobody is booked" for n in sorted(set(ours.statements) - set(paid_out))]
    late = [n for n, amount in paid_out.items() if amount and ours.statements.get(n) != amount]
    return faults + [f"statement {number} is not booked to the cent" for number in sorted(late)]


def _lane_faults(rows: Rows) -> list[str]:
    faults = [f"{rows.lanes_behind} lanes wait too long"] if rows.lanes_behind else []
    return faults + ([f"{rows.lanes_failing} lanes fail"] if rows.lanes_failing else [])


def _stage_faults(books: Mapping[str, Any], ours: OurBook, rows: Rows) -> list[str]:
    """P2's sum, order by order: settled, cancelled or excluded as at TikTok, or before a person who is told why."""
    faults = []
    for number, order in books["orders"].items():
        stage = ours.stages.get(number, "unseen")
        cancelled = order["status"] == "CANCELLED"
        if (stage == "cancelled") != cancelled:
            faults.append(f"order {number} is {order['status']} at TikTok and {stage} here")
        elif stage == "settled" and not order["settled"]:
            faults.append(f"order {number} is settled here and not at TikTok")
        elif stage == "excluded" and order["kind"] not in _NOT_OURS:
            faults.append(f"order {number} is excluded here and ours to send")
        elif number in ours.waiting and not rows.reasons.get(number, "").strip():
            faults.append(f"order {number} waits for a person without a reason")
    return faults


def judge_naive(books: Mapping[str, Any], states: Mapping[str, str]) -> dict[str, Any]:
    """The same verdict on the baseline: its jobs as orders of one line each, with nobody who would look at them."""
    issued = {
        line: {"status": "AWAITING_SHIPMENT", "kind": "ordinary", "lines": [{"line_id": line}], "packages": [],
               "delivered_at": None, "settled": None, "late": False}
        for line in states
    }  # fmt: skip
    bought = [order for order in books["supplier_orders"] if order["account"] == naive.KEY]
    nobody = OurBook(dict.fromkeys(states, "bought"), frozenset(), {}, {}, frozenset(), 0)
    figures = judge({"orders": issued, "supplier_orders": bought, "statements": []}, nobody, 0.0)
    there = {line["line_ref"] for order in bought for line in order["lines"]}
    unrecorded = [line for line, state in states.items() if state != "bought" and line in there]
    return {
        "lines": len(states),
        "bought_twice": figures["lines_bought_twice"],
        "never_bought": figures["lines_never_bought"],
        "bought_and_not_recorded": len(unrecorded),
    }
