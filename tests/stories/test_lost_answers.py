"""The answer to a write is lost: whatever the vendor remembers, it is bought once, paid once and shipped once."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from agency.domain.purchasing import PurchaseState
from agency.integrations.suppliers.port import SupplierConnection
from agency.integrations.suppliers.registry import open_supplier
from agency.models.effects import Effect
from agency.models.purchasing import Purchase
from agency.services.effects import claim_sending
from agency.services.purchase_facts import read_purchase
from agency.services.purchases import move
from agency.services.reviews import settle_review
from tests.stories.cast import US, sku_id
from tests.stories.journey import Journey

PLACE = {"path": "/suppliers/rest/orders", "method": "POST"}
PAY = {"path": "/suppliers/cj/api2.0/v1/shopping/pay", "method": "POST"}
SHIP = {"path": "/fulfillment/", "method": "POST"}
SECONDS = timedelta(seconds=20)
AFTER_QUARANTINE = timedelta(minutes=16)  # our default is 15 minutes of machine time


def _ready_to_buy(journey: Journey, sku: str) -> str:
    """An order that will be bought in the next round of work."""
    number = journey.place(US, sku_id(sku), status="AWAITING_SHIPMENT")
    journey.pass_time(timedelta(minutes=61))
    return number


def _has_fired(journey: Journey, dial: str) -> bool:
    """A counted dial is at zero once it has fired."""
    return bool(journey.sim("faults")["dials"][dial]["next"] == 0)


def _effects(journey: Journey, number: str, kind: str) -> list[Any]:
    with journey.session() as session:
        query = text(
            """
            select e.state, e.attempts, e.absent_count from effects e join orders o on o.id = e.order_id
            where o.tiktok_order_id = :number and e.kind = :kind order by e.id
            """
        )
        return list(session.execute(query, {"number": number, "kind": kind}))


@pytest.mark.parametrize("sku", ["MUG", "CUP"])
@pytest.mark.parametrize("dial", ["timeout_after", "http_500_after", "cut_answer"])
def test_a_purchase_that_arrived_is_found_and_not_sent_again(journey: Journey, sku: str, dial: str) -> None:
    journey.sim("faults", **{dial: {"next": 1, **PLACE}})
    number = _ready_to_buy(journey, sku)
    journey.work()
    journey.pass_time(SECONDS)
    journey.work()
    assert _has_fired(journey, dial)
    assert [(e.state, e.attempts) for e in _effects(journey, number, "place")] == [("confirmed", 1)]
    assert len(journey.supplied(number)) == 1
    assert [purchase.state for purchase in journey.purchases(number)] == ["paid"]
    assert journey.order(number).stage == "bought"


@pytest.mark.parametrize("sku", ["MUG", "CUP"])
def test_a_purchase_that_never_arrived_is_sent_again_only_after_the_proof(journey: Journey, sku: str) -> None:
    journey.sim("faults", timeout_before={"next": 1, **PLACE})
    number = _ready_to_buy(journey, sku)
    journey.work()
    for _ in range(4):
        journey.pass_time(SECONDS)
        journey.work()
    assert [(e.state, e.attempts, e.absent_count) for e in _effects(journey, number, "place")] == [
        ("unknown", 1, 0)
    ]
    assert journey.supplied(number) == []
    assert [purchase.state for purchase in journey.purchases(number)] == ["unconfirmed"]

    for _ in range(4):
        journey.pass_time(AFTER_QUARANTINE)
        journey.work()
    assert [(e.state, e.attempts) for e in _effects(journey, number, "place")] == [("confirmed", 2)]
    assert len(journey.supplied(number)) == 1


@pytest.mark.parametrize(("dial", "truth"), [("timeout_after", "bought"), ("timeout_before", "not_bought")])
def test_a_supplier_that_remembers_nothing_is_settled_by_a_person(
    journey: Journey, dial: str, truth: str
) -> None:
    journey.sim("faults", **{dial: {"next": 1, **PLACE}})
    number = _ready_to_buy(journey, "JAR")
    for _ in range(3):
        journey.work()
        journey.pass_time(AFTER_QUARANTINE)
    assert [(e.state, e.attempts) for e in _effects(journey, number, "place")] == [("review", 1)]
    row = journey.attentions(number)["purchase_review"]
    assert row.action == "review_purchase"
    assert journey.order(number).stage == "blocked"

    held = journey.supplied(number)
    assert len(held) == (truth == "bought")
    (purchase,) = journey.purchases(number)
    supplier_number, cost = (held[0]["supplier_order_id"], 780) if held else ("", None)
    with journey.session() as session:
        settle_review(
            journey.scope(), session, str(purchase.public_id), truth, supplier_number, cost, journey.now
        )
    journey.live(1)
    assert len(journey.supplied(number)) == 1
    assert journey.purchases(number)[-1].state == "paid"
    assert "purchase_review" not in journey.attentions(number)


@pytest.mark.parametrize("dial", ["timeout_after", "timeout_before", "http_500_after"])
def test_a_payment_whose_answer_is_lost_is_made_once(journey: Journey, dial: str) -> None:
    journey.sim("faults", **{dial: {"next": 1, **PAY}})
    number = _ready_to_buy(journey, "LAMP")
    for _ in range(6):
        journey.work()
        journey.pass_time(AFTER_QUARANTINE)
    assert _has_fired(journey, dial)
    (bought,) = journey.supplied(number)
    assert bought["paid_count"] == 1
    assert [purchase.state for purchase in journey.purchases(number)] == ["paid"]
    assert [e.state for e in _effects(journey, number, "pay")] == ["confirmed"]


@pytest.mark.parametrize("dial", ["timeout_after", "timeout_before", "http_500_after", "cut_answer"])
def test_tracking_whose_answer_is_lost_reaches_tiktok_once(journey: Journey, dial: str) -> None:
    number = journey.place_bought(US, sku_id("MUG"))
    journey.sim("faults", **{dial: {"next": 1, **SHIP}})
    journey.live_until(lambda: bool(_effects(journey, number, "ship")), step_hours=1, most_hours=48)
    for _ in range(4):
        journey.pass_time(SECONDS)
        journey.work()
    assert _has_fired(journey, dial)
    assert [e.state for e in _effects(journey, number, "ship")] == ["confirmed"]
    assert len(journey.sold(number)["packages"]) == 1
    assert [parcel.state for parcel in journey.parcels(number)] == ["pushed"]


@pytest.mark.parametrize("sent", [True, False])
def test_a_process_that_died_while_sending_leaves_a_doubt_and_no_second_order(
    journey: Journey, sent: bool
) -> None:
    """SENDING is committed before the request; a row that stays so has lost its process and is looked up first."""
    journey.sim("faults", http_429={"next": 1, **PLACE})
    number = _ready_to_buy(journey, "CUP")
    journey.work()
    _start_sending_and_die(journey, number, sent)
    journey.pass_time(SECONDS)
    journey.work()
    assert [purchase.state for purchase in journey.purchases(number)] == (
        ["paid"] if sent else ["unconfirmed"]
    )
    for _ in range(4):
        journey.pass_time(AFTER_QUARANTINE)
        journey.work()
    assert [(e.state, e.attempts) for e in _effects(journey, number, "place")] == [
        ("confirmed", 2 if sent else 3)
    ]
    assert len(journey.supplied(number)) == 1


def _start_sending_and_die(journey: Journey, number: str, sent: bool) -> None:
    (purchase,) = journey.purchases(number)
    with journey.session() as session:
        effect = session.scalars(select(Effect).where(Effect.purchase_id == purchase.id)).one()
        assert claim_sending(session, effect, SECONDS) is not None
        move(session, session.get_one(Purchase, purchase.id), PurchaseState.PLACING)
        facts = read_purchase(session, journey.context.keyring, purchase.id)
    if sent:
        assert facts.request is not None
        address = f"{journey.url}/suppliers/rest"
        connection = SupplierConnection(
            "rest",
            address,
            "USD",
            credentials={"api_key": "fake-rest-key-kiln"},
            allowance=journey.settings.outbound_allow,
        )
        open_supplier(connection).prepare_place(facts.request).send(time.monotonic())
