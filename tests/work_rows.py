"""Work in trouble, for tests of the page Work: a failing lane, writes in doubt, webhooks that went wrong, a stray."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.models.effects import Effect
from agency.models.lanes import Lane
from tests.desk import Desk
from tests.desk_rows import add_order, add_purchase, keys_of

SECRET = "fake-secret-in-a-payload"


def fill_work(session: Session, desk: Desk) -> None:
    """Luma: reading orders fails for the fourth time, buying stopped for good, one write unknown and one to review, two
    letters of Eastport refused."""
    now = machine_now()
    order = add_order(session, desk.ours, number="577000000000009001")
    purchase = add_purchase(session, desk.ours, order, state="review")
    supplier = purchase.supplier_id
    session.execute(text("update suppliers set name = 'Eastport' where id = :id"), {"id": supplier})
    keys = keys_of(order)
    for state, age in (("unknown", 40), ("review", 90)):
        session.add(
            Effect(
                **keys,
                kind="place" if state == "unknown" else "pay",
                key=f"fake-{state}",
                state=state,
                order_id=order.id,
                purchase_id=purchase.id,
                supplier_id=supplier,
                attempts=1,
                absent_count=1,
                payload={"note": SECRET},
                reason="timed out",
                sent_at=now - timedelta(minutes=age),
                next_at=now + timedelta(minutes=5),
            )
        )
    lane = {"agency_id": keys["agency_id"], "client_id": keys["client_id"], "supplier_id": supplier}
    session.add(Lane(**lane, api="purchase", problem="the key was refused", failures=1))
    session.add(Lane(**lane, api="tracking", due_at=now + timedelta(minutes=5), turns=12, last_turn_at=now))
    session.flush()
    session.execute(
        text(
            "update lanes set failures = 4, problem = 'TikTok answered 503', due_at = now() + interval '5 minutes', "
            "last_turn_at = now() where shop_id = :shop and api = 'orders'"
        ),
        {"shop": desk.ours.shops["Luma"]},
    )
    session.commit()
    _add_unscoped(desk, keys, supplier)


def _add_unscoped(desk: Desk, keys: dict[str, int], supplier: int) -> None:
    """What no login of the team may write: heartbeats of two workers, a stray, refused letters."""
    with desk.owner() as owner:
        owner.execute("insert into heartbeats (name, kind, pid, started_at, seen_at) values "
                      "('worker:w1', 'worker', 1, now(), now()), ('worker:w2', 'worker', 2, now(), now())")  # fmt: skip
        owner.execute("insert into inbox_strays (source, subject, notification_id, kind, payload) values "
                      "('tiktok', 'fake-Harbor-Luma', 'early', '1', '{}')")  # fmt: skip
        for number in range(2):
            owner.execute(
                "insert into inbox_items (agency_id, client_id, supplier_id, notification_id, kind, payload, "
                "handled_at, outcome) values (%s, %s, %s, %s, 'supplier_letter', '{}', now(), 'signature wrong')",
                (keys["agency_id"], keys["client_id"], supplier, f"fake-letter-{number}"),
            )
