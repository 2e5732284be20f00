"""What CJ is sent, letter for letter, and what its codes become."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agency.domain.errors import (
    CredentialsRejected,
    OutcomeUnknown,
    RefusalReason,
    Refused,
    Unavailable,
)
from agency.integrations.http import RawAnswer
from agency.integrations.suppliers.cj.codes import data_of
from tests.integrations.outside import CJ_OPEN_ID, now
from tests.integrations.raw_server import RawServer, reply
from tests.integrations.suppliers.cj_peer import Peer, cj_at, cj_peer, envelope
from tests.integrations.suppliers.purchases import request_for, usd

VID = "V-1001-BLK"
CREATED = {"orderId": "SD1", "orderNumber": "", "orderStatus": "CREATED", "orderAmount": 13.11}
FREIGHT = envelope([{"logisticName": "UPS Ground", "logisticPrice": "4.71"}])


def test_the_creation_is_built_as_documented(peer: Peer) -> None:
    request = request_for(VID)
    answers = {
        "freightCalculate": FREIGHT,
        "createOrderV2": envelope({**CREATED, "orderNumber": request.reference}),
    }
    server = cj_peer(peer, answers)

    order = cj_at(server).prepare_place(request).send(now())

    head, _, body = server.requests[-1].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /v1/shopping/order/createOrderV2 ")
    assert b"CJ-Access-Token: fake-at" in head
    assert json.loads(body) == {
        "orderNumber": request.reference,
        "shippingZip": "98402",
        "shippingCountryCode": "US",
        "shippingCountry": "United States",
        "shippingProvince": "Washington",
        "shippingCity": "Tacoma",
        "shippingPhone": "+12535550147",
        "shippingCustomerName": "Dana Example",
        "shippingAddress": "4127 Alder Ln",
        "shippingAddress2": "Apt 6",
        "remark": "",
        "payType": 3,
        "logisticName": "UPS Ground",
        "fromCountryCode": "US",
        "platform": "shopify",
        "shopLogisticsType": 2,
        "isSandbox": 0,
        "products": [{"vid": VID, "quantity": 2, "storeLineItemId": "77001,77002"}],
    }
    assert (order.supplier_order_id, order.total) == ("SD1", usd(1311))


def test_a_created_order_without_a_shipping_method_needs_attention(peer: Peer) -> None:
    request = request_for(VID)
    created = {**CREATED, "orderNumber": request.reference, "logisticsMiss": True}
    server = cj_peer(peer, {"freightCalculate": FREIGHT, "createOrderV2": envelope(created)})

    assert "no shipping method" in cj_at(server).prepare_place(request).send(now()).needs_attention


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(envelope(None, 1603000), id="create-failed"),
        pytest.param(envelope(None, 1603003), id="number-exists"),
        pytest.param(envelope(None, 1600000), id="busy"),
        pytest.param(envelope(None, 1699999), id="unknown-code"),
        pytest.param(envelope({"orderId": "SD1", "orderNumber": "OTHER"}), id="another-order"),
        pytest.param(envelope(None), id="no-data"),
        pytest.param(reply("200 OK", b"<html></html>"), id="html"),
        pytest.param(reply("502 Bad Gateway", b"<html></html>"), id="502"),
    ],
)
def test_whatever_is_not_clear_leaves_the_creation_in_doubt(peer: Peer, answer: bytes) -> None:
    server = cj_peer(peer, {"freightCalculate": FREIGHT, "createOrderV2": answer})

    with pytest.raises(OutcomeUnknown):
        cj_at(server).prepare_place(request_for(VID)).send(now())


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (1602000, RefusalReason.SKU_GONE),
        (1602001, RefusalReason.SKU_GONE),
        (1603101, RefusalReason.PAY_FAILED),
        (1604000, RefusalReason.BALANCE_LOW),
        (1604001, RefusalReason.BALANCE_LOW),
        (1605000, RefusalReason.NO_SHIPPING),
        (1603100, RefusalReason.ORDER_GONE),
        (1600300, RefusalReason.OTHER),
    ],
)
def test_codes_that_say_no_have_our_words(code: int, reason: str) -> None:
    body = json.dumps({"code": code, "result": False, "message": "texts change"}).encode()

    with pytest.raises(Refused) as caught:
        data_of(RawAnswer(200, {}, body), "cj test", "REF-1")

    assert (caught.value.reason, caught.value.code) == (reason, str(code))


@pytest.mark.parametrize(
    ("code", "http", "at_least"),
    [(1600200, 200, 1.0), (1600201, 200, 3600.0), (429, 429, 60.0), (0, 429, 1.0)],
)
def test_the_two_kinds_of_too_many_wait_differently(code: int, http: int, at_least: float) -> None:
    body = json.dumps({"code": code, "result": False, "data": None}).encode()

    with pytest.raises(Unavailable) as caught:
        data_of(RawAnswer(http, {}, body), "cj test", "REF-1")

    assert caught.value.retry_after is not None
    assert caught.value.retry_after >= at_least


def login(token: str) -> bytes:
    return envelope(
        {"accessToken": token, "openId": 700012345, "accessTokenExpiryDate": "2099-01-01T00:00:00+08:00"}
    )


def test_one_login_serves_every_adapter_of_the_process(peer: Peer) -> None:
    server = cj_peer(peer, {"getAccessToken": login("fake-at-1"), "getOrderDetail": envelope(None, 1603100)})

    for _ in range(3):
        assert cj_at(server, api_key="fake-key-once").statuses(["SD1"]) == {}

    assert sum(b"getAccessToken" in request for request in server.requests) == 1


def test_a_login_is_handed_out_to_be_kept_and_serves_the_next_process(peer: Peer) -> None:
    answers = {"getAccessToken": login("fake-at-kept"), "getOrderDetail": envelope(None, 1603100)}
    server = cj_peer(peer, answers)
    first = cj_at(server, api_key="fake-key-kept")
    assert first.session_credentials() == {}
    first.statuses(["SD1"])
    kept = first.session_credentials()

    # Another base address stands for another process: it shares nothing but what was kept.
    elsewhere = cj_peer(peer, answers)
    cj_at(elsewhere, api_key="fake-key-kept", **kept).statuses(["SD1"])

    assert kept["access_token"] == "fake-at-kept"
    assert kept["open_id"] == CJ_OPEN_ID
    assert b"CJ-Access-Token: fake-at-kept" in elsewhere.requests[0]
    assert not any(b"getAccessToken" in request for request in elsewhere.requests)


def test_a_kept_login_past_its_end_is_not_used(peer: Peer) -> None:
    server = cj_peer(
        peer, {"getAccessToken": login("fake-at-fresh"), "getOrderDetail": envelope(None, 1603100)}
    )
    old = {"access_token": "fake-at-past", "access_expires_at": "2020-01-01T00:00:00+00:00"}

    cj_at(server, api_key="fake-key-past", **old).statuses(["SD1"])

    assert not any(b"fake-at-past" in request for request in server.requests)


def test_a_refused_token_is_replaced_by_one_login_and_the_read_goes_on(peer: Peer) -> None:
    box: list[RawServer] = []

    def script(sock: Any, _n: int) -> None:
        request = box[0].requests[-1]
        if b"getAccessToken" in request:
            sock.sendall(login("fake-at-new"))
        else:
            sock.sendall(envelope(None, 1603100 if b"fake-at-new" in request else 1600001))

    box.append(peer(script))
    supplier = cj_at(box[0], api_key="fake-key-renew", access_token="fake-at-old")

    assert supplier.statuses(["SD1"]) == {}
    assert sum(b"getAccessToken" in request for request in box[0].requests) == 1


def test_a_refused_key_is_rejected_for_good_and_a_lone_token_needs_a_key(peer: Peer) -> None:
    server = cj_peer(
        peer, {"getAccessToken": envelope(None, 1600001), "getOrderDetail": envelope(None, 1600001)}
    )

    with pytest.raises(CredentialsRejected) as caught:
        cj_at(server, api_key="fake-key-bad").find("X")
    assert not caught.value.expired
    with pytest.raises(CredentialsRejected):
        cj_at(server).find("X")
