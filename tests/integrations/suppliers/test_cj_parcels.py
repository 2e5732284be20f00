"""CJ's parcels, bells and phone numbers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from agency.domain.errors import (
    Invalid,
)
from agency.integrations.suppliers.cj.mapping import e164
from tests.integrations.suppliers.cj_peer import Peer, cj_at, cj_peer, envelope

VID = "V-1001-BLK"


def detail(**more: Any) -> dict[str, Any]:
    line = {"vid": VID, "quantity": 2, "storeLineItemId": "77001,77002"}
    return {
        "orderId": "SD1",
        "orderNum": "REF",
        "orderStatus": "SHIPPED",
        "orderAmount": 13.11,
        "logisticName": "CJPacket Ordinary",
        "trackNumber": "CJP00000000001YQ",
        "outWarehouseTime": "2026-11-23 08:11:00",
        "productList": [line],
        **more,
    }


def track(**more: Any) -> bytes:
    return envelope(
        [{"trackingNumber": "CJP00000000001YQ", "lastMileCarrier": None, "lastTrackNumber": None, **more}]
    )


def test_the_local_carriers_number_takes_the_place_of_cjs_own(peer: Peer) -> None:
    known = track(lastMileCarrier="UPS", lastTrackNumber="1Z999AA10123456784")
    server = cj_peer(peer, {"getOrderDetail": envelope(detail()), "trackInfo": known})

    (package,) = cj_at(server).statuses(["SD1"])["SD1"].packages

    assert (package.carrier, package.tracking_number) == ("UPS", "1Z999AA10123456784")
    assert package.line_refs == {"77001": 1, "77002": 1}
    assert package.shipped_at == datetime(2026, 11, 23, 0, 11, tzinfo=UTC)


def test_while_only_cjs_own_number_is_known_there_is_no_parcel_yet(peer: Peer) -> None:
    server = cj_peer(peer, {"getOrderDetail": envelope(detail()), "trackInfo": track()})

    order = cj_at(server).statuses(["SD1"])["SD1"]

    assert (order.status, order.packages) == ("shipped", ())


def test_an_unknown_status_is_kept(peer: Peer) -> None:
    server = cj_peer(peer, {"getOrderDetail": envelope(detail(orderStatus="FROZEN", trackNumber=None))})

    order = cj_at(server).statuses(["SD1"])["SD1"]

    assert (order.status, order.raw_status, order.paid) == ("unknown", "FROZEN", False)


ORDER_BELL = (
    b'{"messageId":"a1b2c3d4e5f60718293a4b5c6d7e8f90","type":"ORDER","params":'
    b'{"orderNumber":"REF","cjOrderId":"SD1","orderStatus":"SHIPPED"}}'
)


def test_bells_name_their_order_by_topic(peer: Peer) -> None:
    supplier = cj_at(cj_peer(peer, {}))
    logistic = b'{"messageId":"b","type":"LOGISTIC","params":{"orderId":"SD1","storeOrderNumbers":["REF"]}}'
    split = b'{"messageId":"d","type":"ORDERSPLIT","params":{"originalOrderId":"SD1"}}'
    stock = b'{"messageId":"c","type":"STOCK","params":{"V-1":[]}}'

    found = [supplier.parse_webhook(raw) for raw in (ORDER_BELL, logistic, split, stock)]

    assert [(event.reference, event.supplier_order_id) for event in found] == [
        ("REF", "SD1"),
        ("REF", "SD1"),
        ("", "SD1"),
        ("", ""),
    ]
    with pytest.raises(Invalid):
        supplier.parse_webhook(b"not json")


def test_a_bell_is_genuine_under_the_accounts_open_id_only(peer: Peer) -> None:
    raw = (
        b'{"messageId":"c1b2c3d4e5f60718293a4b5c6d7e8f92","type":"STOCK","messageType":"UPDATE","params":'
        b'{"V-1001-BLK":[{"vid":"V-1001-BLK","areaId":"2","areaEn":"US Warehouse","countryCode":"US","storageNum":0}]}}'
    )
    sign = "p7tiPbYxOHtHttAcxaMen+QPsOWeLRkIx4Ep+tvLGQY="
    supplier = cj_at(cj_peer(peer, {}))

    assert supplier.verify_webhook({"Sign": sign}, raw)
    assert not supplier.verify_webhook({"sign": sign}, raw + b" ")
    assert not supplier.verify_webhook({"sign": ""}, raw)
    assert not supplier.verify_webhook({}, raw)


@pytest.mark.parametrize(
    ("phone", "country", "expected"),
    [
        ("(+1)2535550147", "US", "+12535550147"),
        ("253-555-0147", "US", "+12535550147"),
        ("1 253 555 0147", "US", "+12535550147"),
        ("07700 900123", "GB", "+447700900123"),
        ("(+44)7700900123", "GB", "+447700900123"),
        ("", "US", ""),
    ],
)
def test_phone_numbers_are_sent_in_international_form(phone: str, country: str, expected: str) -> None:
    assert e164(phone, country) == expected
