"""An order's whole way, from TikTok to paid, for each kind of supplier; judged by the outside's own books."""

from __future__ import annotations

from itertools import pairwise

import pytest
from sqlalchemy import text

from agency.services.handwork import claim_purchase, record_bought, record_tracking
from tests.stories.cast import GB, US, sku_id
from tests.stories.journey import Journey


@pytest.mark.parametrize(
    ("shop", "sku", "kind", "cost"),
    [(US, "MUG", "rest", 720), (US, "LAMP", "cj", 1600), (GB, "TRAY", "rest", 1000)],
)
def test_an_order_is_bought_once_shipped_delivered_and_paid(
    journey: Journey, shop: str, sku: str, kind: str, cost: int
) -> None:
    number = journey.place(shop, sku_id(sku))
    journey.live_until(journey.is_at(number, "settled"), step_hours=4)

    sold, (bought,) = journey.sold(number), journey.supplied(number)
    assert (bought["account_kind"], bought["paid_count"], bought["total_minor"]) == (kind, 1, cost)
    (package,) = sold["packages"]
    assert package["tracking_number"] in bought["tracking_numbers"]
    assert package["correct"]
    assert not sold["late"]
    (purchase,) = journey.purchases(number)
    assert purchase.actual_minor == cost
    assert purchase.supplier_order_id == bought["supplier_order_id"]
    assert journey.attentions(number) == {}


def test_goods_from_the_own_shelf_are_reserved_packed_by_a_person_and_shipped(journey: Journey) -> None:
    number = journey.place(US, sku_id("BOOK"))
    journey.live_until(lambda: "pack" in journey.attentions(number), step_hours=1, most_hours=6)
    assert _on_shelf(journey) == 19

    _enter_tracking(journey, number)
    journey.live_until(journey.is_at(number, "settled"))
    assert [package["correct"] for package in journey.sold(number)["packages"]] == [True]
    assert journey.attentions(number) == {}
    assert _on_shelf(journey) == 19


def test_a_purchase_by_hand_is_claimed_bought_and_shipped_by_a_person(journey: Journey) -> None:
    number = journey.place(US, sku_id("CARD"))
    journey.live_until(lambda: "buy_by_hand" in journey.attentions(number), step_hours=1, most_hours=6)
    assert journey.order(number).stage == "blocked"

    (purchase,) = journey.purchases(number)
    with journey.session() as session:
        claim_purchase(journey.scope(), session, str(purchase.public_id), journey.now)
    with journey.session() as session:
        record_bought(journey.scope(), session, str(purchase.public_id), "WEB-1001", 950, journey.now)
    assert journey.order(number).stage == "bought"
    _enter_tracking(journey, number)
    journey.live_until(journey.is_at(number, "settled"))

    (purchase,) = journey.purchases(number)
    assert (purchase.supplier_order_id, purchase.actual_minor) == ("WEB-1001", 950)
    assert journey.attentions(number) == {}


def test_an_order_at_two_suppliers_travels_in_two_parcels(journey: Journey) -> None:
    number = journey.place(US, sku_id("MUG"), sku_id("CUP"))
    statuses: set[str] = set()

    def settled() -> bool:
        statuses.add(journey.sold(number)["status"])
        return journey.is_at(number, "settled")()

    journey.live_until(settled, step_hours=1)
    assert len({purchase.supplier_id for purchase in journey.purchases(number)}) == 2
    assert sorted(order["account"] for order in journey.supplied(number)) == [
        "fake-rest-key-east",
        "fake-rest-key-kiln",
    ]
    packages = journey.sold(number)["packages"]
    assert len({package["tracking_number"] for package in packages}) == 2
    assert all(package["correct"] for package in packages)
    assert "PARTIALLY_SHIPPING" in statuses


def test_the_statement_ties_to_the_cent(journey: Journey) -> None:
    number = journey.place(US, sku_id("MUG"), sku_id("MUG"))
    journey.live_until(journey.is_at(number, "settled"))
    settled = journey.sold(number)["settled"]
    statement = next(s for s in journey.books()["statements"] if s["statement_id"] == settled["statement_id"])
    with journey.session() as session:
        ours = session.execute(
            text(
                """
                select s.settlement_minor, s.rows_minor,
                  (select sum(amount_minor) from ledger_entries e where e.statement_id = s.statement_id) as booked,
                  (select sum(e.amount_minor) from ledger_entries e join orders o on o.id = e.order_id
                   where e.statement_id = s.statement_id and o.tiktok_order_id = :number) as of_order,
                  (select sum(e.amount_minor) from ledger_entries e join orders o on o.id = e.order_id
                   where e.kind = 'supplier_goods' and o.tiktok_order_id = :number) as spent
                from statements s where s.statement_id = :id
                """
            ),
            {"id": settled["statement_id"], "number": number},
        ).one()
    assert {ours.settlement_minor, ours.rows_minor, ours.booked} == {statement["amount_minor"]}
    assert ours.of_order == settled["amount_minor"]
    assert ours.spent == -journey.supplied(number)[0]["total_minor"]


def test_the_timeline_tells_the_whole_way_and_its_hashes_form_a_chain(journey: Journey) -> None:
    number = journey.place(US, sku_id("MUG"))
    journey.live_until(journey.is_at(number, "settled"))
    with journey.session() as session:
        events = session.execute(
            text(
                """
                select e.seq, e.kind, e.previous_hash, e.hash from order_events e join orders o on o.id = e.order_id
                where o.tiktok_order_id = :number order by e.seq
                """
            ),
            {"number": number},
        ).all()
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert all(later.previous_hash == earlier.hash for earlier, later in pairwise(events))
    told = [event.kind for event in events if event.kind not in ("stage_changed", "status_changed")]
    wanted = ["order_received", "purchase_planned", "purchase_placed", "purchase_paid", "tracking_received"]
    assert told[:5] == wanted
    assert "tracking_sent" in told
    assert "settled" in told


def _on_shelf(journey: Journey) -> int:
    with journey.session() as session:
        found: int = session.execute(
            text("select stock_quantity from supplier_items where supplier_sku = 'BOOK'")
        ).scalar_one()
        return found


def _enter_tracking(journey: Journey, number: str) -> None:
    issued = journey.sim("parcels", order_id=number, carrier="ups")
    with journey.session() as session:
        record_tracking(journey.scope(), session, number, "UPS", issued["tracking_number"], [], journey.now)
