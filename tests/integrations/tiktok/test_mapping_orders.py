"""An order's document in our words; unknown codes are kept, never guessed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from agency.domain.addresses import Address
from agency.domain.money import Money
from agency.integrations.tiktok.mapping_orders import to_order, to_order_page

ADDRESS: dict[str, Any] = {
    "name": "Jordan Sample",
    "phone_number": "(+1)5550100123",
    "region_code": "US",
    "postal_code": "97477",
    "address_line1": "742 Example Ter",
    "address_line2": "Apt 5",
    "address_detail": "742 Example Ter Apt 5",
    "district_info": [
        {"address_level": "L0", "address_name": "United States", "iso_code": "US"},
        {"address_level": "L1", "address_name": "Oregon", "iso_code": "OR"},
        {"address_level": "L2", "address_name": "Lane"},
        {"address_level": "L3", "address_name": "Springfield"},
    ],
}
LINE: dict[str, Any] = {
    "sku_id": "2729382476852920001",
    "product_id": "1729582718312300001",
    "product_name": "Knit throw blanket",
    "sku_name": "Grey, 50x60",
    "seller_sku": "BLK-GRY-5060",
    "sale_price": "19.99",
    "seller_discount": "2.00",
    "platform_discount": "1.00",
    "currency": "USD",
    "display_status": "AWAITING_SHIPMENT",
    "item_tax": [{"tax_type": "SALES_TAX", "tax_amount": "1.65"}],
}
ORDER: dict[str, Any] = {
    "id": "576901234567890123",
    "status": "AWAITING_SHIPMENT",
    "user_id": "7021436810468000111",
    "buyer_email": "fake@example.test",
    "buyer_nickname": "sample_buyer",
    "buyer_message": "Leave at side door",
    "create_time": 1795167000,
    "paid_time": 1795167012,
    "update_time": 1795170620,
    "order_type": "NORMAL",
    "fulfillment_type": "FULFILLMENT_BY_SELLER",
    "shipping_type": "SELLER",
    "delivery_option_id": "7091146663229600001",
    "delivery_option_name": "Standard Shipping",
    "rts_sla_time": 1795339800,
    "tts_sla_time": 1795339801,
    "shipping_due_time": 0,
    "collection_due_time": 1795944600,
    "delivery_sla_time": 1795858200,
    "payment": {
        "currency": "USD",
        "sub_total": "39.98",
        "shipping_fee": "0",
        "seller_discount": "4.00",
        "platform_discount": "2.00",
        "total_amount": "43.28",
        "tax": "3.30",
    },
    "recipient_address": ADDRESS,
    "line_items": [{"id": "577086512123700001", **LINE}, {"id": "577086512123700002", **LINE}],
    "packages": [],
}


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def test_an_order_is_read_whole() -> None:
    order = to_order(ORDER)

    assert (order.order_id, order.status, order.ours_to_ship) == (
        "576901234567890123",
        "AWAITING_SHIPMENT",
        True,
    )
    assert (order.total, order.subtotal, order.tax) == (usd(4328), usd(3998), usd(330))
    assert (order.seller_discount, order.platform_discount, order.shipping_fee) == (
        usd(400),
        usd(200),
        usd(0),
    )
    assert order.created_at == datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
    assert order.paid_at == datetime(2026, 11, 20, 9, 30, 12, tzinfo=UTC)
    assert (order.rts_at, order.delivered_at, order.cancelled_at) == (None, None, None)
    assert order.unknown == {}


def test_each_unit_is_a_line_of_its_own() -> None:
    lines = to_order(ORDER).lines

    assert [line.line_id for line in lines] == ["577086512123700001", "577086512123700002"]
    assert (lines[0].sale_price, lines[0].tax, lines[0].seller_sku) == (usd(1999), usd(165), "BLK-GRY-5060")


def test_state_and_city_come_from_the_district_list() -> None:
    assert to_order(ORDER).address == Address(
        "Jordan Sample", "(+1)5550100123", "742 Example Ter", "Apt 5", "Springfield", "OR", "97477", "US"
    )
    assert not to_order(ORDER).address_masked


@pytest.mark.parametrize(
    ("field", "kind"),
    [
        ("rts_sla_time", "rts_sla"),
        ("tts_sla_time", "tts_sla"),
        ("shipping_due_time", "shipping_due"),
        ("collection_due_time", "collection_due"),
        ("delivery_sla_time", "delivery_sla"),
        ("delivery_due_time", "delivery_due"),
    ],
)
def test_a_deadline_that_is_zero_or_missing_is_absent_and_no_other_takes_its_place(
    field: str, kind: str
) -> None:
    alone = {key: value for key, value in ORDER.items() if not key.endswith(("_sla_time", "_due_time"))}

    assert set(to_order({**alone, field: 1795339800}).deadlines) == {kind}
    assert to_order({**alone, field: 0}).deadlines == {}


def test_the_kept_document_holds_nothing_of_the_buyer() -> None:
    order = to_order(ORDER)

    kept = str(order.raw)
    assert order.buyer_note
    for secret in (
        "Jordan",
        "fake@example.test",
        "sample_buyer",
        "side door",
        "7021436810468000111",
        "97477",
    ):
        assert secret not in kept
    assert order.raw["delivery_option_id"] == "7091146663229600001"


@pytest.mark.parametrize(
    ("change", "unknown"),
    [
        ({"status": "TELEPORTED"}, {"status": "TELEPORTED"}),
        ({"status": ""}, {"status": ""}),
        ({"order_type": "DREAM_ORDER"}, {"order_type": "DREAM_ORDER"}),
        ({"shipping_type": "BALLOON"}, {"shipping_type": "BALLOON"}),
        ({"fulfillment_type": None}, {"fulfillment_type": ""}),
    ],
)
def test_an_unknown_code_is_kept_and_flagged(change: dict[str, Any], unknown: dict[str, str]) -> None:
    assert to_order({**ORDER, **change}).unknown == unknown


def test_an_order_without_a_named_shipper_is_not_ours_to_ship() -> None:
    assert not to_order({**ORDER, "shipping_type": None}).ours_to_ship
    assert not to_order({**ORDER, "fulfillment_type": "FULFILLMENT_BY_TIKTOK"}).ours_to_ship


def test_an_unknown_currency_is_flagged_and_read_with_two_decimals() -> None:
    order = to_order({**ORDER, "payment": {**ORDER["payment"], "currency": "XXQ"}})

    assert order.unknown == {"currency": "XXQ"}
    assert order.total == Money(4328, "XXQ")


def test_an_amount_that_is_none_is_flagged_and_zero() -> None:
    order = to_order({**ORDER, "payment": {**ORDER["payment"], "tax": "about three"}})

    assert (order.tax, order.unknown) == (usd(0), {"tax": "about three"})


def test_the_webhooks_word_for_cancelled_is_understood() -> None:
    assert to_order({**ORDER, "status": "CANCEL"}).status == "CANCELLED"


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"status": "ON_HOLD"}, id="hiding-status"),
        pytest.param({"recipient_address": {**ADDRESS, "name": "J****"}}, id="stars"),
        pytest.param({"recipient_address": {**ADDRESS, "postal_code": ""}}, id="empty-field"),
        pytest.param({"recipient_address": {}}, id="empty-address"),
        pytest.param({"recipient_address": None}, id="no-address"),
    ],
)
def test_a_hidden_recipient_is_recognised(change: dict[str, Any]) -> None:
    assert to_order({**ORDER, **change}).address_masked


def test_an_order_on_hold_with_hardly_a_field_still_has_a_place() -> None:
    order = to_order({"id": "1", "status": "ON_HOLD", "create_time": 1795167000, "line_items": [{"id": "2"}]})

    assert (order.order_id, order.lines[0].line_id, order.total.amount) == ("1", "2", 0)
    assert order.updated_at == order.created_at
    assert not order.ours_to_ship


@pytest.mark.parametrize("broken", [{"id": ""}, {"create_time": 0, "update_time": 0}])
def test_an_order_without_id_or_time_is_refused(broken: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="without id or times"):
        to_order({**ORDER, **broken})


def test_samples_replacements_and_exchanges_are_told() -> None:
    flags = {"is_sample_order": True, "is_exchange_order": True, "is_buyer_request_cancel": True}
    order = to_order({**ORDER, **flags})

    assert (order.is_sample, order.is_replacement, order.is_cancel_requested) == (True, True, True)


@pytest.mark.parametrize(
    ("given", "days"), [({"days": "3"}, 3), ({"days": "soon"}, None), ({}, None), (None, None)]
)
def test_the_handling_time_is_a_number_of_days_or_nothing(given: Any, days: int | None) -> None:
    assert to_order({**ORDER, "handling_duration": given}).handling_days == days


def test_a_page_carries_its_token_and_count() -> None:
    page = to_order_page({"orders": [ORDER], "next_page_token": "a+b/c=", "total_count": 137})

    assert (len(page.orders), page.next_page_token, page.total_count) == (1, "a+b/c=", 137)
