"""What people decide and what they are told: approvals, stops, mappings, gaps in reading, lost access."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from agency.domain.errors import Conflict
from agency.domain.money import Money
from agency.models.clients import Client
from agency.models.shops import Authorization, Shop
from agency.services.approvals import approve, decline
from agency.services.order_pages import get_order_page
from agency.services.sealing import Keyring
from agency.services.switches import start_buying, stop_buying
from tests.databases import MASTER_KEY
from tests.stories.cast import GB, US, connect, map_to, sku_id
from tests.stories.journey import Journey


def _public_id(journey: Journey, subject: str) -> str:
    if subject == "agency":
        return ""
    if subject == "supplier":
        return journey.suppliers["east"]
    model, condition = (
        (Client, Client.name == "Luma") if subject == "client" else (Shop, Shop.tiktok_shop_id == US)
    )
    with journey.session() as session:
        return str(session.scalars(select(model.public_id).where(condition)).one())


@pytest.mark.parametrize("subject", ["agency", "client", "shop", "supplier"])
def test_nothing_is_bought_while_a_stop_switch_is_on(journey: Journey, subject: str) -> None:
    public_id = _public_id(journey, subject)
    with journey.session() as session:
        stop_buying(journey.scope(), session, subject, public_id)
    number = journey.place(US, sku_id("MUG"))
    journey.live(3, steps=2)
    assert journey.order(number).stage == "blocked"
    assert [blocker["code"] for blocker in journey.order(number).blockers] == ["stopped"]
    assert journey.supplied(number) == []

    with journey.session() as session:
        start_buying(journey.scope(), session, subject, public_id, journey.now)
    journey.live(1)
    assert len(journey.supplied(number)) == 1
    assert journey.attentions(number) == {}


def test_a_stop_between_plan_and_purchase_holds_the_money_back(journey: Journey) -> None:
    journey.sim("faults", http_429={"next": 1, "path": "/suppliers/rest/orders", "method": "POST"})
    number = journey.place(US, sku_id("MUG"), status="AWAITING_SHIPMENT")
    journey.pass_time(timedelta(minutes=61))
    journey.work()
    with journey.session() as session:
        stop_buying(journey.scope(), session, "agency")
    journey.live(2, steps=4)
    assert [purchase.state for purchase in journey.purchases(number)] == ["ready"]
    assert journey.supplied(number) == []
    with journey.session() as session:
        start_buying(journey.scope(), session, "agency", "", journey.now)
    journey.live(1)
    assert [purchase.state for purchase in journey.purchases(number)] == ["paid"]
    assert len(journey.supplied(number)) == 1


def test_a_purchase_above_the_limit_waits_for_a_yes(journey: Journey) -> None:
    number = journey.place(US, sku_id("VASE"))
    journey.live_until(lambda: "approval" in journey.attentions(number), step_hours=1, most_hours=6)
    row = journey.attentions(number)["approval"]
    assert row.action == "approve"
    assert "over the limit" in row.why
    assert journey.supplied(number) == []
    with journey.session() as session:
        approve(journey.scope(), session, number, None, journey.now)
    journey.live(1)
    assert [order["total_minor"] for order in journey.supplied(number)] == [9100]
    assert journey.attentions(number) == {}
    with journey.session() as session, pytest.raises(Conflict):
        approve(journey.scope(), session, number, None, journey.now)


def test_a_price_that_rose_before_payment_waits_for_a_yes_and_says_so_in_words(journey: Journey) -> None:
    journey.sim("faults", price_change={"next": 1})
    number = journey.place(US, sku_id("LAMP"))
    journey.live_until(lambda: "approval" in journey.attentions(number), step_hours=0.5, most_hours=6)
    journey.sim("faults", preset="none")
    (asked,) = [order["total_minor"] for order in journey.supplied(number)]
    assert [order["paid_count"] for order in journey.supplied(number)] == [0]
    with journey.session() as session:
        (purchase,) = get_order_page(
            journey.scope(), session, Keyring(MASTER_KEY), number, journey.now
        ).purchases
    assert purchase.reason.startswith("The supplier now asks $")
    assert (purchase.actual, purchase.paid_at) == (Money(asked, "USD"), None)

    with journey.session() as session:
        approve(journey.scope(), session, number, None, journey.now)
    journey.live(1)
    assert [(order["paid_count"], order["total_minor"]) for order in journey.supplied(number)] == [(1, asked)]
    assert journey.attentions(number) == {}


def test_a_declined_order_is_not_bought_and_says_who_holds_it(journey: Journey) -> None:
    number = journey.place(US, sku_id("VASE"))
    journey.live_until(lambda: "approval" in journey.attentions(number), step_hours=1, most_hours=6)
    with journey.session() as session:
        decline(journey.scope(), session, number, "too dear", journey.now)
    journey.live(8, steps=4)
    order = journey.order(number)
    assert (order.stage, order.held_by) == ("held", journey.scope().actor)
    assert journey.supplied(number) == []


def test_an_unmapped_sku_blocks_the_order_until_somebody_maps_it(journey: Journey) -> None:
    number = journey.place(US, sku_id("HAT"), sku_id("MUG"))
    journey.live_until(lambda: "unmapped" in journey.attentions(number), step_hours=1, most_hours=6)
    assert journey.attentions(number)["unmapped"].action == "map"
    assert journey.supplied(number) == [], "one blocked line blocks the whole order"

    _add_hat_supplier(journey)
    with journey.session() as session:
        shop = session.scalars(select(Shop).where(Shop.tiktok_shop_id == US)).one()
    map_to(journey, shop, "HAT")
    journey.live(1)
    assert sorted(line["sku"] for order in journey.supplied(number) for line in order["lines"]) == ["MUG"]
    assert set(journey.attentions(number)) == {"buy_by_hand"}


def _add_hat_supplier(journey: Journey) -> None:
    from agency.services.catalog import NewSupplierItem, add_supplier_item

    with journey.session() as session:
        item = NewSupplierItem(journey.suppliers["workshop"], "HAT", "Sun hat", unit_cost_minor=600)
        add_supplier_item(journey.scope(), session, item)


def test_orders_that_a_read_missed_are_noticed_by_the_count_and_fetched(journey: Journey) -> None:
    journey.live(2)
    number = journey.place(GB, sku_id("TRAY"))
    journey.pass_time(timedelta(minutes=11))
    with journey.session() as session:
        # As if the read that should have brought the order had ended after it.
        session.execute(
            text("update shops set read_cursor = :later where tiktok_shop_id = :shop"),
            {"later": journey.now + timedelta(minutes=30), "shop": GB},
        )
        session.execute(text("update read_cycles set until = until - interval '1 day'"))
        session.execute(text("update lanes set due_at = now() where api = 'orders'"))
    journey.work()
    row = journey.attentions()["count_differs"]
    assert "TikTok counts 1" in row.why
    assert not journey.is_known(number)

    journey.live(1.5)
    assert journey.is_known(number)
    assert "count_differs" not in journey.attentions()


def test_a_token_that_died_early_is_refreshed_without_a_person(journey: Journey) -> None:
    journey.sim("tokens/kill", seller_id="seller-kite", what="access")
    number = journey.place(GB, sku_id("TRAY"))
    journey.live_until(journey.is_at(number, "bought"), step_hours=1, most_hours=8)
    assert "reconnect" not in journey.attentions()


def test_lost_access_is_a_row_at_the_top_and_everything_goes_on_after_reconnecting(journey: Journey) -> None:
    number = journey.place(GB, sku_id("TRAY"))
    journey.sim("tokens/kill", seller_id="seller-kite", what="all")
    journey.live(3, steps=3)
    rows = journey.attentions()
    assert rows["reconnect"].action == "reconnect"
    assert not journey.is_known(number)
    with journey.session() as session:
        states = set(session.scalars(select(Authorization.state)))
    assert states == {"active", "revoked"}

    connect(journey, "Kite", "seller-kite")
    journey.live_until(journey.is_at(number, "bought"), step_hours=1, most_hours=8)
    assert len(journey.supplied(number)) == 1
    assert not {"reconnect", "shop_unread"} & set(journey.attentions())
