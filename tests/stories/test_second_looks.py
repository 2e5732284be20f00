"""What is looked at twice: older orders, restored books, suppliers' lists, cancel requests, numbers TikTok has."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import select, text

from agency.domain.errors import Conflict, Invalid
from agency.models.orders import Order
from agency.models.shops import Shop
from agency.services.approvals import approve
from agency.services.corrections import request_correction
from tests.stories.cast import US, sku_id
from tests.stories.journey import Journey


def test_an_order_older_than_the_connection_is_bought_only_after_a_yes(journey: Journey) -> None:
    number = journey.place(US, sku_id("MUG"), status="AWAITING_SHIPMENT")
    with journey.session() as session:
        shop = session.scalars(select(Shop).where(Shop.tiktok_shop_id == US)).one()
        before, shop.connected_at = shop.connected_at, journey.now + timedelta(hours=1)
    journey.live(2)
    with journey.session() as session:
        session.scalars(select(Shop).where(Shop.tiktok_shop_id == US)).one().connected_at = before

    assert journey.supplied(number) == []
    assert [blocker["code"] for blocker in journey.order(number).blockers] == ["before_connection"]

    with journey.session() as session:
        approve(journey.scope(), session, number, None, journey.now)
    journey.live(1)
    assert len(journey.supplied(number)) == 1


@pytest.mark.parametrize("sku", ["MUG", "CUP"])
def test_a_restored_book_that_forgot_a_purchase_does_not_buy_it_again(journey: Journey, sku: str) -> None:
    number = journey.place_bought(US, sku_id(sku))
    _forget_the_purchase(journey, number)
    with journey.session() as session:
        order = session.scalars(select(Order).where(Order.tiktok_order_id == number)).one()
        order.plan_at = journey.now
        session.execute(text("update lanes set due_at = now() where api = 'plan'"))
    for _ in range(4):
        journey.work()
        journey.pass_time(timedelta(minutes=16))

    assert len(journey.supplied(number)) == 1
    assert [purchase.state for purchase in journey.purchases(number)] == ["paid"]


def _forget_the_purchase(journey: Journey, number: str) -> None:
    """What a backup from before the purchase would give back."""
    with psycopg.connect(journey.owner_url) as owner:
        owner.execute(
            """
            create temp table gone on commit drop as
              select p.id from purchases p join orders o on o.id = p.order_id where o.tiktok_order_id = %s
            """,
            [number],
        )
        for table in ("effects", "purchase_lines"):
            owner.execute(f"delete from {table} where purchase_id in (select id from gone)")
        owner.execute(
            "delete from ledger_entries where order_id in (select id from orders where tiktok_order_id = %s)",
            [number],
        )
        owner.execute("delete from purchases where id in (select id from gone)")


def test_a_supplier_order_that_we_do_not_know_is_an_alarm(journey: Journey) -> None:
    number = journey.place_bought(US, sku_id("MUG"))
    _forget_the_purchase(journey, number)
    with psycopg.connect(journey.owner_url) as owner:  # nothing of it comes back by itself
        owner.execute(
            "update orders set plan_at = null, held_by = 'user:0' where tiktok_order_id = %s", [number]
        )
    journey.live(25, steps=5)

    alarm = journey.attentions()["strange_purchase"]
    assert journey.supplied(number)[0]["supplier_order_id"] in alarm.why
    assert alarm.action == "check_supplier"


def test_a_buyers_request_to_cancel_shows_tiktoks_deadline_until_it_is_answered(journey: Journey) -> None:
    number = journey.place_bought(US, sku_id("CUP"))
    journey.sim("cancel", order_id=number, request=True)
    journey.live(1)

    request = journey.attentions(number)["cancel_request"]
    assert request.due_at is not None
    assert request.due_at > journey.now

    journey.live(60, steps=6)  # TikTok answers by itself after 48 hours
    assert "cancel_request" not in journey.attentions(number)


def test_a_number_that_tiktok_has_is_corrected_once(journey: Journey) -> None:
    number = journey.place_bought(US, sku_id("MUG"))
    journey.live_until(lambda: bool(journey.parcels(number) and journey.parcels(number)[0].pushed_at), 1, 60)
    (parcel,) = journey.parcels(number)
    right = journey.sim("parcels", order_id=number, carrier="fedex")["tracking_number"]
    with journey.session() as session:
        request_correction(journey.scope(), session, str(parcel.public_id), "FedEx", right, journey.now)
    journey.work()

    (corrected,) = journey.parcels(number)
    assert (corrected.tracking_number, corrected.provider_name, corrected.corrections) == (right, "FedEx", 1)
    assert {package["tracking_number"] for package in journey.sold(number)["packages"]} == {right}
    with journey.session() as session, pytest.raises(Conflict):
        request_correction(
            journey.scope(), session, str(parcel.public_id), "UPS", "1Z999AA10123456784", journey.now
        )


def test_a_correction_to_a_carrier_that_tiktok_does_not_list_names_the_field(journey: Journey) -> None:
    number = journey.place_bought(US, sku_id("MUG"))
    journey.live_until(lambda: bool(journey.parcels(number) and journey.parcels(number)[0].pushed_at), 1, 60)
    (parcel,) = journey.parcels(number)

    with journey.session() as session, pytest.raises(Invalid) as refused:
        request_correction(
            journey.scope(), session, str(parcel.public_id), "Pigeon post", "1Z999AA10123456784", journey.now
        )

    assert refused.value.field == "carrier"
    assert "UPS" in str(refused.value)
