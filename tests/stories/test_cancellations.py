"""Orders that end early: before, while and after money was spent."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import text

from agency.domain.addresses import Address
from agency.models.orders import Order
from agency.services.contacts_store import find_contact
from agency.simulator.cancellations import cancel_lines
from agency.simulator.order_life import refresh
from tests.stories.cast import US, sku_id
from tests.stories.journey import Journey

A_POLL_LATER = timedelta(minutes=70)


def _ledger(journey: Journey, number: str) -> dict[str, int]:
    with journey.session() as session:
        rows = session.execute(
            text(
                """
                select e.kind, sum(e.amount_minor)::bigint as total from ledger_entries e
                join orders o on o.id = e.order_id where o.tiktok_order_id = :number group by e.kind
                """
            ),
            {"number": number},
        )
        return {row.kind: row.total for row in rows}


def _every_supplier_order(journey: Journey, number: str) -> list[dict[str, object]]:
    return [order for order in journey.books()["supplier_orders"] if number in order["order_ids"]]


def test_an_order_on_hold_is_seen_but_bought_only_when_tiktok_lets_it_go(journey: Journey) -> None:
    number = journey.place(US, sku_id("MUG"))
    journey.live(0.5)
    assert (journey.order(number).status, journey.order(number).stage) == ("ON_HOLD", "held")
    assert journey.purchases(number) == []
    journey.live(1)
    assert journey.order(number).stage == "bought"
    assert len(journey.supplied(number)) == 1


def test_an_order_cancelled_before_the_purchase_is_never_bought(journey: Journey) -> None:
    number = journey.place(US, sku_id("MUG"))
    journey.live(0.5)
    journey.sim("cancel", order_id=number)
    journey.live(3, steps=3)
    assert journey.order(number).stage == "cancelled"
    assert _every_supplier_order(journey, number) == []
    assert journey.attentions(number) == {}


def test_an_order_cancelled_between_plan_and_purchase_is_not_bought(journey: Journey) -> None:
    """The purchase lane reads the order at TikTok again in the same turn, before any money moves."""
    number = journey.place(US, sku_id("MUG"), status="AWAITING_SHIPMENT")
    journey.sim("faults", http_429={"next": 1, "path": "/suppliers/rest/orders", "method": "POST"})
    journey.pass_time(A_POLL_LATER)
    journey.work()
    assert [purchase.state for purchase in journey.purchases(number)] == ["ready"]
    journey.sim("cancel", order_id=number)
    with journey.session() as session:
        session.execute(text("update lanes set due_at = null where api = 'orders'"))
    journey.live(0.05)
    assert [purchase.state for purchase in journey.purchases(number)] == ["cancelled"]
    assert _every_supplier_order(journey, number) == []
    with journey.session() as session:
        session.execute(text("update lanes set due_at = now() where api = 'orders'"))


def test_a_supplier_takes_back_what_was_bought_for_a_cancelled_order(journey: Journey) -> None:
    number = journey.place_bought(US, sku_id("MUG"))
    journey.sim("cancel", order_id=number)
    journey.live(2, steps=2)
    assert journey.order(number).stage == "cancelled"
    assert [purchase.state for purchase in journey.purchases(number)] == ["cancelled"]
    assert [order["cancelled"] for order in _every_supplier_order(journey, number)] == [True]
    assert _ledger(journey, number) == {"supplier_goods": -720, "supplier_refund": 720}
    assert journey.attentions(number) == {}


def test_what_the_supplier_will_not_take_back_is_a_loss_that_a_person_sees(journey: Journey) -> None:
    number = journey.place_bought(US, sku_id("LAMP"))
    journey.sim("cancel", order_id=number)
    journey.live(4, steps=2)
    assert [purchase.state for purchase in journey.purchases(number)] == ["paid"]
    assert _ledger(journey, number) == {"supplier_goods": -1600}
    row = journey.attentions(number)["cancelled_after_purchase"]
    assert row.loss_minor >= 1600
    assert "will not take it back" in row.why

    journey.live(48, steps=8)
    assert journey.parcels(number) == [], "nothing is handed to TikTok for a cancelled order"
    assert [order["paid_count"] for order in journey.supplied(number)] == [1]


def test_a_unit_that_was_cancelled_is_not_bought_with_the_rest(journey: Journey) -> None:
    number = journey.place(US, sku_id("MUG"), sku_id("CUP"))
    journey.live(0.5)
    with journey.tampering(number) as order:
        line = next(line["id"] for line in order.lines if line["sku_id"] == sku_id("CUP"))
        world = journey.simulator.app.world
        cancel_lines(world, order, [line], ("BUYER", "no longer needed"), world.now())
        refresh(world, order, world.now())
    journey.live_until(journey.is_at(number, "bought", "shipped"), step_hours=1)
    (bought,) = _every_supplier_order(journey, number)
    assert [line["sku"] for line in bought["lines"]] == ["MUG"]  # type: ignore[attr-defined]


def test_a_unit_cancelled_after_the_plan_is_not_bought_either(journey: Journey) -> None:
    number = journey.place(US, sku_id("MUG"), sku_id("MUG"), status="AWAITING_SHIPMENT")
    journey.sim("faults", http_429={"next": 1, "path": "/suppliers/rest/orders", "method": "POST"})
    journey.pass_time(A_POLL_LATER)
    journey.work()
    assert [purchase.state for purchase in journey.purchases(number)] == ["ready"]
    with journey.tampering(number) as order:
        world = journey.simulator.app.world
        cancel_lines(world, order, [order.lines[0]["id"]], ("BUYER", "one is enough"), world.now())
        refresh(world, order, world.now())
    journey.live_until(journey.is_at(number, "bought", "shipped"), step_hours=1)
    (bought,) = journey.supplied(number)
    assert [line["quantity"] for line in bought["lines"]] == [1]


def test_a_unit_cancelled_after_it_was_bought_is_shown_to_a_person(journey: Journey) -> None:
    number = journey.place_bought(US, sku_id("MUG"), sku_id("MUG"))
    assert journey.attentions(number) == {}
    with journey.tampering(number) as order:
        world = journey.simulator.app.world
        cancel_lines(world, order, [order.lines[0]["id"]], ("BUYER", "one is enough"), world.now())
        refresh(world, order, world.now())
    journey.live(2)
    row = journey.attentions(number)["cancelled_after_purchase"]
    assert "1 of the units" in row.why
    assert row.loss_minor == 1140


def test_a_masked_address_never_overwrites_the_clear_one(journey: Journey) -> None:
    number = journey.place_bought(US, sku_id("MUG"))
    clear = _address(journey, number)
    assert "*" not in f"{clear.name}{clear.line1}"
    journey.sim("cancel", order_id=number)
    journey.live(1)
    assert journey.order(number).status == "CANCELLED"
    assert _address(journey, number) == clear


def _address(journey: Journey, number: str) -> Address:
    with journey.session() as session:
        order: Order = journey.order(number)
        contact = find_contact(session, journey.context.keyring, order.id)
    assert contact is not None
    assert not contact.masked
    return contact.address


def test_an_order_cancelled_before_its_payment_leaves_nothing_to_be_paid(journey: Journey) -> None:
    """The payment's row ends with the purchase: an open one would call its lane again and again, for ever."""
    journey.sim(
        "faults", http_429={"next": 1, "path": "/suppliers/cj/api2.0/v1/shopping/pay", "method": "POST"}
    )
    number = journey.place(US, sku_id("LAMP"), status="AWAITING_SHIPMENT")
    journey.pass_time(timedelta(minutes=61))
    journey.work()
    assert [purchase.state for purchase in journey.purchases(number)] == ["placed"]

    journey.sim("cancel", order_id=number)
    journey.live(2, steps=4)

    assert [purchase.state for purchase in journey.purchases(number)] == ["cancelled"]
    with journey.session() as session:
        query = """
            select e.kind, e.state from effects e join orders o on o.id = e.order_id
            where o.tiktok_order_id = :number order by e.id
        """
        ends = [tuple(row) for row in session.execute(text(query), {"number": number})]
    assert ends == [("place", "confirmed"), ("pay", "refused"), ("cancel", "confirmed")]
    (order,) = _every_supplier_order(journey, number)
    assert (order["paid_count"], order["cancelled"]) == (0, True)
