"""The table of bad input: what comes in, what a person then sees, and that nothing is lost or bought wrongly."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from agency.app import create_app
from agency.simulator.supplier_book import find_supplier_order, save_supplier_order
from tests.stories.cast import US, sku_id
from tests.stories.journey import Journey
from tests.stories.scene import Scene, note

PLACE = {"path": "/suppliers/rest/orders", "method": "POST"}


@pytest.fixture
def scene(journey: Journey) -> Iterator[Scene]:
    journey.sim("faults", preset="none")
    app = create_app(journey.settings, journey.database)
    yield Scene(journey, app.test_client())
    journey.sim("faults", preset="none")


# --- webhooks ----------------------------------------------------------------------------------------------------


def malformed(scene: Scene) -> None:
    """Signed, so it is TikTok's, but unreadable: kept for a person."""
    known, strays = scene.kept()
    assert scene.knock(b'{"type": 1, "shop_id":') == 200
    assert scene.kept() == (known, strays + 1)


def oversized(scene: Scene) -> None:
    before = scene.kept()
    assert scene.knock(b'{"data": "' + b"x" * 70_000 + b'"}') == 413
    assert scene.kept() == before


def unsigned(scene: Scene) -> None:
    before = scene.kept()
    assert scene.knock(note("1", "unsigned-1"), None) == 401
    assert scene.knock(note("1", "unsigned-2"), "0" * 64) == 401
    assert scene.kept() == before


def replayed(scene: Scene) -> None:
    """The same notification five times is one row, and the order is bought once."""
    number = scene.journey.place(US, sku_id("MUG"), status="AWAITING_SHIPMENT")
    known, strays = scene.kept()
    assert [scene.knock(note(number, "replayed-1")) for _ in range(5)] == [200] * 5
    assert scene.kept() == (known + 1, strays)
    scene.journey.live(0.2, steps=2)
    assert [scene.knock(note(number, "replayed-1")), scene.knock(note(number, "replayed-2"))] == [200, 200]
    scene.journey.live(1, steps=2)
    assert len(scene.journey.supplied(number)) == 1


def out_of_order(scene: Scene) -> None:
    """An older status that arrives later changes nothing: the order is read again, not believed."""
    number = scene.journey.place(US, sku_id("MUG"), status="AWAITING_SHIPMENT")
    scene.journey.sim("cancel", order_id=number)
    assert scene.knock(note(number, "order-2", status="CANCELLED")) == 200
    assert scene.knock(note(number, "order-1", status="AWAITING_SHIPMENT")) == 200
    scene.journey.live(0.1)
    assert scene.journey.order(number).status == "CANCELLED"
    assert scene.journey.supplied(number) == []


def unknown_type(scene: Scene) -> None:
    known, strays = scene.kept()
    assert scene.knock(note("577", "type-999", kind=999)) == 200
    assert scene.kept() == (known + 1, strays)


def unknown_shop(scene: Scene) -> None:
    known, strays = scene.kept()
    assert scene.knock(note("577", "stray-1", shop="7494000000000000999")) == 200
    assert scene.kept() == (known, strays + 1)


def unknown_order(scene: Scene) -> None:
    """A notification of an order that TikTok does not show is closed; the poll would bring it."""
    assert scene.knock(note("576900000000000000", "ghost-1")) == 200
    scene.journey.live(0.1)
    assert not scene.journey.is_known("576900000000000000")


def forged_supplier_letter(scene: Scene) -> None:
    """The door cannot check a supplier's signature; the worker does, and asks the supplier anyway."""
    path = f"/webhooks/rest/{scene.journey.suppliers['east']}"
    assert scene.knock(b'{"event": "order.shipped", "id": "X"}', None, path=path) == 200
    scene.journey.live(0.1)
    with scene.journey.session() as session:
        query = text(
            "select outcome from inbox_items where kind = 'supplier_letter' order by id desc limit 1"
        )
        assert session.execute(query).scalar_one() == "signature wrong"


# --- orders ------------------------------------------------------------------------------------------------------


def _odd_order(scene: Scene, **fields: Any) -> str:
    number = scene.journey.place(US, sku_id("MUG"), status="AWAITING_SHIPMENT")
    with scene.journey.tampering(number) as order:
        for name, value in fields.items():
            order.doc[name] = {**order.doc[name], **value} if isinstance(value, dict) else value
    scene.journey.live(2, steps=2)
    assert scene.journey.supplied(number) == [], "an order that is not understood is not bought"
    return number


def unknown_status(scene: Scene) -> None:
    number = _odd_order(scene, status="TELEPORTED")
    assert scene.journey.order(number).status == "TELEPORTED"
    assert "status 'TELEPORTED'" in scene.journey.attentions(number)["unknown_code"].why


def unknown_currency(scene: Scene) -> None:
    number = _odd_order(scene, payment={"currency": "QQQ"})
    assert "currency 'QQQ'" in scene.journey.attentions(number)["unknown_code"].why
    assert "unknown_code" in scene.blocked_by(number)


def unknown_shipper(scene: Scene) -> None:
    number = _odd_order(scene, shipping_type="DRONE")
    assert "shipping_type 'DRONE'" in scene.journey.attentions(number)["unknown_code"].why
    assert scene.journey.order(number).stage == "excluded"


def unreadable_amount(scene: Scene) -> None:
    number = _odd_order(scene, payment={"total_amount": "a lot"})
    assert "total_amount 'a lot'" in scene.journey.attentions(number)["unknown_code"].why


def no_mapped_line(scene: Scene) -> None:
    number = scene.journey.place(US, sku_id("HAT"), status="AWAITING_SHIPMENT")
    scene.journey.live(2)
    assert scene.blocked_by(number) == ["unmapped"]
    assert scene.journey.attentions(number)["unmapped"].action == "map"
    assert scene.journey.supplied(number) == []


def masked_address(scene: Scene) -> None:
    """Nothing is sent to stars; the address opens with a later read and the order goes on by itself."""
    number = scene.journey.place(US, sku_id("MUG"), status="AWAITING_SHIPMENT")
    with scene.journey.tampering(number) as order:
        order.own["masked"] = True
    scene.journey.live(2)
    assert scene.blocked_by(number) == ["address_masked"]
    assert scene.journey.supplied(number) == []
    with scene.journey.tampering(number) as order:
        order.own["masked"] = False
    scene.journey.live(2, steps=2)
    assert len(scene.journey.supplied(number)) == 1
    assert scene.journey.attentions(number) == {}


# --- suppliers ---------------------------------------------------------------------------------------------------


def _buy_through(scene: Scene, dial: str, sku: str = "MUG", **where: Any) -> str:
    number = scene.journey.place(US, sku_id(sku), status="AWAITING_SHIPMENT")
    scene.journey.sim("faults", **{dial: {"next": 1, **(where or PLACE)}})
    scene.journey.live(4, steps=4)
    assert scene.journey.sim("faults")["dials"][dial]["next"] == 0, "the fault happened"
    return number


def _bought_once(scene: Scene, number: str) -> None:
    assert [order["paid_count"] for order in scene.journey.supplied(number)] == [1]
    assert scene.journey.order(number).stage in ("bought", "shipped")
    assert scene.journey.attentions(number) == {}


def supplier_nonsense(scene: Scene) -> None:
    """200 with a web page or with an error inside proves nothing: looked up first, then bought once."""
    _bought_once(scene, _buy_through(scene, "supplier_nonsense"))


def supplier_nonsense_without_memory(scene: Scene) -> None:
    """The same from a supplier that cannot be asked: a person looks."""
    number = _buy_through(scene, "supplier_nonsense", "JAR")
    assert scene.journey.attentions(number)["purchase_review"].action == "review_purchase"
    assert scene.journey.order(number).stage == "blocked"


def supplier_error_inside_200(scene: Scene) -> None:
    """CJ says no inside an HTTP 200."""
    number = _buy_through(scene, "supplier_nonsense", "LAMP", path="/suppliers/cj/", method="POST")
    _bought_once(scene, number)


def supplier_silent(scene: Scene) -> None:
    _bought_once(scene, _buy_through(scene, "timeout_before"))


def supplier_too_many(scene: Scene) -> None:
    _bought_once(scene, _buy_through(scene, "http_429"))


def supplier_out_of_stock(scene: Scene) -> None:
    number = _buy_through(scene, "out_of_stock", path="")
    assert scene.journey.supplied(number) == []
    assert scene.blocked_by(number) == ["out_of_stock"]


def supplier_status_nonsense(scene: Scene) -> None:
    """A supplier's order in a state that no table knows: kept, shown, and nothing concluded from it."""
    number = scene.journey.place_bought(US, sku_id("CUP"))
    _change_supplier_order(scene, number, status="levitating")
    scene.journey.live(2)
    assert "'levitating'" in scene.journey.attentions(number)["unknown_code"].why
    assert [purchase.state for purchase in scene.journey.purchases(number)] == ["paid"]


def unknown_carrier(scene: Scene) -> None:
    number = scene.journey.place_bought(US, sku_id("CUP"))
    _change_supplier_order(scene, number, carrier="ups", carrier_text="Pigeon Post")
    scene.journey.live_until(lambda: "tracking_blocked" in scene.journey.attentions(number), 2, 40)
    assert "'Pigeon Post' is not a known carrier" in scene.journey.attentions(number)["tracking_blocked"].why
    assert scene.journey.sold(number)["packages"] == []


def _change_supplier_order(scene: Scene, number: str, **fields: Any) -> None:
    (held,) = scene.journey.supplied(number)
    book = scene.journey.simulator.app.world.book
    with book.transaction():
        order = find_supplier_order(book, held["supplier_order_id"])
        assert order is not None
        save_supplier_order(book, {**order, **fields})


def supplier_key_refused(scene: Scene) -> None:
    """A dead key at a supplier: its purchases wait and are not lost."""
    journey = scene.journey
    with journey.session() as session:
        from agency.models.catalog import Supplier
        from agency.services.suppliers import store_credentials

        supplier = session.query(Supplier).filter(Supplier.public_id == journey.suppliers["kiln"]).one()
        store_credentials(
            journey.scope(), session, journey.context.keyring, supplier, {"api_key": "fake-dead-key"}
        )
    number = journey.place(US, sku_id("CUP"), status="AWAITING_SHIPMENT")
    journey.live(2, steps=2)
    row = journey.attentions()["supplier_credentials"]
    assert row.action == "check_supplier"
    assert journey.supplied(number) == []
    assert journey.order(number).stage in ("to_buy", "blocked")


def dead_token(scene: Scene) -> None:
    """A token that died: the shop says so at the top; its orders wait at TikTok and nothing is bought blindly."""
    journey = scene.journey
    number = journey.place(US, sku_id("MUG"), status="AWAITING_SHIPMENT")
    journey.sim("tokens/kill", seller_id="seller-luma", what="all")
    journey.live(2, steps=2)
    assert journey.attentions()["reconnect"].action == "reconnect"
    assert not journey.is_known(number)
    assert journey.supplied(number) == []


WEBHOOKS = (
    malformed, oversized, unsigned, replayed, out_of_order, unknown_type, unknown_shop, unknown_order,
    forged_supplier_letter,
)  # fmt: skip
ORDERS = (
    unknown_status,
    unknown_currency,
    unknown_shipper,
    unreadable_amount,
    no_mapped_line,
    masked_address,
)
SUPPLIERS = (
    supplier_nonsense, supplier_nonsense_without_memory, supplier_error_inside_200, supplier_silent, supplier_too_many,
    supplier_out_of_stock, supplier_status_nonsense, unknown_carrier,
)  # fmt: skip
ACCESS = (supplier_key_refused, dead_token)  # last: they take access away for good


@pytest.mark.parametrize("case", [*WEBHOOKS, *ORDERS, *SUPPLIERS, *ACCESS], ids=lambda case: case.__name__)
def test_bad_input_ends_in_a_state_that_a_person_can_see(scene: Scene, case: Callable[[Scene], None]) -> None:
    case(scene)
    scene.journey.pass_time(timedelta(minutes=1))
    scene.journey.work()
    by_reference: dict[str, int] = {}
    for order in scene.journey.books()["supplier_orders"]:
        if not order["cancelled"]:
            by_reference[order["reference"]] = by_reference.get(order["reference"], 0) + 1
    assert all(count == 1 for count in by_reference.values()), "nothing is bought twice"
