"""Two months of a client's life: orders in every state, late and cancelled ones, parcels, statements, a ledger."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.models.finance import Statement
from agency.models.orders import Order
from tests.desk import NOW, Side
from tests.desk_rows import add_money, add_order, add_parcel, keys_of

THINGS = (
    "Phone case, cobalt", "Slow-feed dog bowl", "Layered necklace, gold", "Creatine gummies 90 ct",
    "Resistance bands, set of 5", "2027 weekly planner", "Bamboo baby bowl set",
)  # fmt: skip
SENT, LATE, GONE = "577600000000000001", "577600000000000002", "577600000000000003"
OCTOBER_LATE = "577600000000000004"
GOODS = -41_337  # minor units; no other amount of the scene looks so


def add_life(session: Session, side: Side, client: str = "Luma") -> None:
    """Sales on most days since September, today's late and cancelled orders, a refund and statements."""
    for day in range(80):
        for number in range((day * 7) % 4):
            placed = NOW - timedelta(days=day, hours=3 + number)
            _paid(
                session,
                side,
                client,
                placed,
                THINGS[(day + number) % 7],
                1899 + 400 * ((day * 3 + number) % 5),
            )
    limit, way = (
        NOW - timedelta(hours=2),
        {"placed_at": NOW - timedelta(days=3), "due_at": NOW - timedelta(hours=2)},
    )
    add_order(
        session,
        side,
        client,
        number=LATE,
        title=THINGS[0],
        stage="shipped",
        tts_sla_at=limit,
        rts_at=limit,
        **way,
    )
    add_order(
        session, side, client, number=GONE, title=THINGS[1], stage="cancelled", cancelled_at=NOW - timedelta(hours=4),
        cancelled_by="BUYER", cancel_reason="Ordered by mistake", placed_at=NOW - timedelta(days=1),
    )  # fmt: skip
    sent = add_order(session, side, client, number=SENT, title=THINGS[2], unit_count=3, stage="shipped")
    add_parcel(
        session, sent, state="in_transit", findings=[], tracking_number="9400111899223344556677", carrier_text="USPS",
        pushed_at=NOW - timedelta(hours=8), first_scan_at=NOW - timedelta(hours=1),
    )  # fmt: skip
    for place, stage in enumerate(("held", "to_buy", "bought", "shipped", "blocked")):
        add_order(session, side, client, title=THINGS[place + 2], stage=stage, total_minor=2199 + 811 * place)
    placed = NOW.replace(month=10, day=10)
    late = {"tts_sla_at": placed + timedelta(days=2), "collected_at": placed + timedelta(days=4)}
    _order(session, side, client, placed, THINGS[3], 2599, number=OCTOBER_LATE, **late)


def _order(
    session: Session, side: Side, client: str, placed: Any, title: str, total: int, **changes: Any
) -> Order:
    values = {
        "stage": "settled", "total_minor": total, "subtotal_minor": total, "settled_at": placed + timedelta(days=12),
        "tts_sla_at": placed + timedelta(days=2), "collected_at": placed + timedelta(days=1),
        "delivered_at": placed + timedelta(days=4), "rts_at": placed + timedelta(hours=20),
    }  # fmt: skip
    return add_order(session, side, client, placed_at=placed, title=title, **values | changes)


def _paid(session: Session, side: Side, client: str, placed: Any, title: str, total: int) -> None:
    settled = placed + timedelta(days=12)
    if settled > NOW:
        _order(
            session, side, client, placed, title, total, stage="delivered", settled_at=None,
            estimate_minor=total * 9 // 10,
            delivered_at=min(NOW, placed + timedelta(days=4)), collected_at=min(NOW, placed + timedelta(days=1)),
        )  # fmt: skip
        return
    order = _order(session, side, client, placed, title, total)
    for kind, amount in (("revenue", total), ("referral_fee", -total // 16), ("supplier_goods", -total // 3)):
        add_money(session, order, kind, amount, settled)
    row = {
        "statement_id": order.tiktok_order_id,
        "at": settled,
        "currency": "USD",
        "settlement_minor": total - total // 16,
    }
    session.add(Statement(**keys_of(order), **row, payment_status="PAID", payment_id="fake"))


def lose_access(session: Session, client: str = "Luma") -> None:
    """The grant of the client's shop ends in a week."""
    session.execute(
        text("update shops set access_ends_at = now() + interval '7 days' where name = :name"),
        {"name": f"{client} Shop"},
    )
