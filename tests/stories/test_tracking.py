"""Tracking numbers on their way to TikTok: the firewall stops what would be refused, suppliers and people mend it."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text

from agency.models.catalog import Supplier, SupplierItem
from agency.services.handwork import record_tracking
from agency.simulator.supplier_book import find_supplier_order, save_supplier_order
from tests.stories.cast import US, sku_id
from tests.stories.journey import Journey
from workers import parcels


def _live_until_blocked(journey: Journey, number: str) -> None:
    journey.live_until(lambda: "tracking_blocked" in journey.attentions(number), step_hours=1, most_hours=60)
    assert [parcel.state for parcel in journey.parcels(number)] == ["blocked"]
    assert journey.sold(number)["packages"] == []


def test_a_mistyped_number_is_held_back_until_the_supplier_corrects_it(journey: Journey) -> None:
    number = journey.place_bought(US, sku_id("MUG"))
    journey.sim("faults", bad_tracking={"next": 1})
    _live_until_blocked(journey, number)
    assert journey.attentions(number)["tracking_blocked"].action == "add_tracking"

    journey.live_until(journey.is_at(number, "shipped"), step_hours=2)
    (package,) = journey.sold(number)["packages"]
    assert package["correct"]
    assert sorted(parcel.state for parcel in journey.parcels(number)) == ["pushed", "void"]
    assert journey.attentions(number) == {}


def test_a_carrier_that_contradicts_the_number_is_put_right_by_a_person(journey: Journey) -> None:
    number = journey.place_bought(US, sku_id("MUG"))
    book, (held,) = journey.simulator.app.world.book, journey.supplied(number)
    with book.transaction():
        order = find_supplier_order(book, held["supplier_order_id"])
        assert order is not None
        order |= {"carrier": "ups", "carrier_text": "FedEx"}
        save_supplier_order(book, order)
    _live_until_blocked(journey, number)
    why = journey.attentions(number)["tracking_blocked"].why
    assert "is a number of UPS, not of FedEx" in why

    (parcel,) = journey.parcels(number)
    with journey.session() as session:
        record_tracking(journey.scope(), session, number, "UPS", parcel.tracking_number, [], journey.now)
    journey.live_until(journey.is_at(number, "shipped"), step_hours=2)
    (package,) = journey.sold(number)["packages"]
    assert (package["carrier"], package["correct"]) == ("ups", True)
    assert journey.attentions(number) == {}


def test_a_parcel_that_no_carrier_scans_is_chased(journey: Journey) -> None:
    number = journey.place_bought(US, sku_id("MUG"))
    journey.live_until(lambda: bool(journey.sold(number)["packages"]), step_hours=1, most_hours=48)
    with journey.tampering(number):
        journey.simulator.app.world.book.sql("delete from agenda where kind like 'parcel.%'")
    journey.live_until(lambda: "no_first_scan" in journey.attentions(number), step_hours=6, most_hours=60)
    assert journey.attentions(number)["no_first_scan"].action == "chase_carrier"
    assert journey.order(number).stage == "shipped"


def _never_answered(journey: Journey, number: str) -> None:
    (held,) = journey.supplied(number)
    path = f"/suppliers/rest/orders/{held['supplier_order_id']}"
    journey.sim("faults", http_500_before={"probability": 1, "path": path, "method": "GET"})


def test_an_order_that_is_never_answered_blocks_no_other(
    journey: Journey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a turn asks about one order only, as at a supplier that allows one call a second."""
    monkeypatch.setattr(parcels, "PURCHASES_A_TURN", 1)
    bad, good = (journey.place_bought(US, sku_id("CUP")) for _ in range(2))
    _never_answered(journey, bad)
    try:
        journey.live_until(lambda: bool(journey.parcels(good)), step_hours=1, most_hours=48)
        assert journey.parcels(bad) == []
    finally:
        journey.sim("faults", preset="none")
    journey.live_until(lambda: bool(journey.parcels(bad)), step_hours=1, most_hours=48)


def test_an_order_that_is_never_answered_keeps_neither_list_nor_prices_waiting(journey: Journey) -> None:
    number = journey.place_bought(US, sku_id("CUP"))
    _never_answered(journey, number)
    with journey.session() as session:
        of_kiln = select(Supplier).where(Supplier.public_id == journey.suppliers["kiln"])
        before = session.scalars(of_kiln).one().reconciled_at
    assert before is not None
    try:
        journey.live(25, steps=5)
    finally:
        journey.sim("faults", preset="none")

    with journey.session() as session:
        supplier = session.scalars(of_kiln).one()
        assert supplier.reconciled_at is not None
        assert supplier.reconciled_at > before
        asked = select(SupplierItem.quoted_at).where(SupplierItem.supplier_id == supplier.id)
        assert all(at is not None and at > before for at in session.scalars(asked))
        lane = text("select failures, problem from lanes where api = 'tracking' and supplier_id = :id")
        row = session.execute(lane, {"id": supplier.id}).one()
    assert row.failures > 0, "the lane says all the same that it cannot ask"
    assert row.problem
