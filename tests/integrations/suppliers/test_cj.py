"""The CJ adapter: create, fix the price, pay, look up, cancel."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from agency.domain.errors import (
    OutcomeUnknown,
    RefusalReason,
    Refused,
)
from agency.domain.purchasing import SupplierOrder
from tests.integrations.outside import BUYER, Outside, now
from tests.integrations.suppliers.purchases import request_for, usd

VID = "V-1001-BLK"


def place(outside: Outside, **settings: Any) -> SupplierOrder:
    return outside.cj(**settings).prepare_place(request_for(VID)).send(now())


def pay(outside: Outside, order: SupplierOrder) -> SupplierOrder:
    supplier = outside.cj()
    payable = supplier.payable(order.supplier_order_id)
    return supplier.prepare_pay(order.supplier_order_id, payable, f"{order.reference}-pay").send(now())


def in_books(outside: Outside, reference: str) -> list[dict[str, Any]]:
    return [order for order in outside.books()["supplier_orders"] if order["reference"] == reference]


def test_price_shelf_stock_and_freight_are_read_and_unknown_variants_are_absent(calm: Outside) -> None:
    quotes = calm.cj().quote([VID, "V-GONE"], BUYER)

    assert set(quotes) == {VID}
    assert (quotes[VID].unit_cost, quotes[VID].shipping) == (usd(420), usd(471))
    assert quotes[VID].available is not None
    assert calm.cj().quote([VID], None)[VID].shipping is None


def test_factory_stock_in_china_is_not_on_the_shelf(calm: Outside) -> None:
    assert calm.cj(from_country="CN").quote([VID], None)[VID].available == 0
    assert calm.cj(from_country="CN", count_factory_stock=True).quote([VID], None)[VID].available == 9100


def test_an_order_is_created_unpaid_then_priced_then_paid(calm: Outside) -> None:
    order = place(calm)
    assert (order.status, order.paid, order.needs_attention) == ("open", False, "")
    assert in_books(calm, order.reference)[0]["paid_count"] == 0

    payable = calm.cj().payable(order.supplier_order_id)
    again = calm.cj().payable(order.supplier_order_id)
    assert payable.total == again.total == order.total
    paid = calm.cj().prepare_pay(order.supplier_order_id, again, f"{order.reference}-pay").send(now())

    assert (paid.status, paid.paid, paid.total) == ("paid", True, order.total)
    assert in_books(calm, order.reference)[0]["paid_count"] == 1
    found = calm.cj().find(order.reference)
    assert found is not None
    assert (found.status, found.paid) == ("paid", True)


def test_a_paid_order_is_not_payable_again(calm: Outside) -> None:
    order = place(calm)
    pay(calm, order)

    with pytest.raises(Refused) as caught:
        calm.cj().payable(order.supplier_order_id)

    assert caught.value.reason == RefusalReason.ALREADY_DONE


@pytest.mark.parametrize("dial", ["timeout_after", "http_500_after", "cut_answer"])
def test_a_lost_answer_to_a_creation_is_unknown_and_found_afterwards(calm: Outside, dial: str) -> None:
    request = request_for(VID)
    prepared = calm.cj().prepare_place(request)
    calm.tell("faults", {dial: {"next": 1, "path": "createOrderV2"}})

    with pytest.raises(OutcomeUnknown) as caught:
        prepared.send(now())

    found = calm.cj().find(request.reference)
    assert caught.value.reference == request.reference
    assert found is not None
    assert len(in_books(calm, request.reference)) == 1


@pytest.mark.parametrize("dial", ["timeout_after", "http_500_after", "cut_answer"])
def test_a_lost_answer_to_a_payment_is_unknown_and_seen_afterwards(calm: Outside, dial: str) -> None:
    order = place(calm)
    supplier = calm.cj()
    prepared = supplier.prepare_pay(order.supplier_order_id, supplier.payable(order.supplier_order_id), "P-1")
    calm.tell("faults", {dial: {"next": 1, "path": "payBalanceV2"}})

    with pytest.raises(OutcomeUnknown):
        prepared.send(now())

    assert supplier.statuses([order.supplier_order_id])[order.supplier_order_id].paid
    assert in_books(calm, order.reference)[0]["paid_count"] == 1


def test_cj_takes_a_number_twice_and_the_look_up_says_so(calm: Outside) -> None:
    request = request_for(VID)
    calm.cj().prepare_place(request).send(now())
    second = calm.cj().prepare_place(request).send(now())
    pay(calm, second)

    found = calm.cj().find(request.reference)

    assert found is not None
    assert (found.supplier_order_id, found.paid) == (second.supplier_order_id, True)
    assert "2 CJ orders carry the number" in found.needs_attention


def test_a_number_that_cj_does_not_know_is_none(calm: Outside) -> None:
    assert calm.cj().find("TS-FAKE1-NEVER") is None
    assert calm.cj().statuses(["SD-NEVER"]) == {}


def test_a_stop_hidden_in_a_success_is_told_and_cannot_be_paid(calm: Outside) -> None:
    request = request_for(VID, tuple(str(n) for n in range(600)))
    order = calm.cj().prepare_place(request).send(now())

    assert "inventory shortage" in order.needs_attention
    with pytest.raises(Refused) as caught:
        calm.cj().payable(order.supplier_order_id)
    assert caught.value.reason == RefusalReason.NEEDS_ATTENTION


def test_an_address_that_cj_does_not_ship_to_is_refused_before_anything_is_sent(calm: Outside) -> None:
    request = request_for(VID, to=replace(BUYER, country="BR", state="SP"))

    with pytest.raises(Refused) as caught:
        calm.cj().prepare_place(request)

    assert caught.value.reason == RefusalReason.NO_SHIPPING
    assert in_books(calm, request.reference) == []


def test_an_unpaid_order_can_be_deleted_and_a_paid_one_cannot(calm: Outside) -> None:
    unpaid, paid = place(calm), place(calm)
    pay(calm, paid)

    assert (
        calm.cj().prepare_cancel(unpaid.supplier_order_id, unpaid.reference).send(now()).status == "cancelled"
    )
    found = calm.cj().find(unpaid.reference)
    assert found is not None
    assert found.status == "cancelled"
    with pytest.raises(Refused) as caught:
        calm.cj().prepare_cancel(paid.supplier_order_id, paid.reference)
    assert caught.value.reason == RefusalReason.TOO_LATE


def test_a_shipped_order_names_its_parcel_and_lines(calm: Outside) -> None:
    _, line_ids = calm.order(quantity=2)
    order = calm.cj().prepare_place(request_for(VID, tuple(line_ids))).send(now())
    pay(calm, order)
    calm.tell("clock", {"advance_seconds": 30 * 3600})
    calm.tell("tick")

    shipped = calm.cj().statuses([order.supplier_order_id])[order.supplier_order_id]

    assert shipped.status in ("shipped", "delivered")
    (package,) = shipped.packages
    assert package.line_refs == dict.fromkeys(line_ids, 1)
    assert package.tracking_number
    assert package.shipped_at is not None
    assert package.shipped_at.tzinfo is not None


def test_the_daily_list_holds_orders_of_every_state(calm: Outside) -> None:
    unpaid, paid = place(calm), place(calm)
    pay(calm, paid)

    recent = {order.reference for order in calm.cj().list_recent(datetime.now(UTC) - timedelta(days=2))}

    assert {unpaid.reference, paid.reference} <= recent


def test_the_preferred_shipping_method_wins_over_the_cheapest(calm: Outside) -> None:
    default, wished = place(calm), place(calm, preferred_logistics=["No Such", "FedEx Ground"])

    assert default.total is not None
    assert wished.total is not None
    assert wished.total > default.total
