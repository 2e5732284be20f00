"""What TikTok is sent, letter for letter, and what odd answers become."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from agency.domain.errors import Unavailable
from agency.domain.parcels import ShipRequest
from agency.integrations.http import shared_reads
from agency.integrations.tiktok.adapter import TikTokAdapter
from tests.integrations.local import LOCAL
from tests.integrations.outside import UPS, now
from tests.integrations.raw_server import RawServer, Script, reply, say

Peer = Callable[[Script], RawServer]
WIDE = timedelta(days=400)


def window() -> tuple[datetime, datetime]:
    moment = datetime.now(UTC)
    return moment - WIDE, moment + WIDE


def envelope(code: int, data: Any) -> bytes:
    return json.dumps({"code": code, "message": "m", "request_id": "R", "data": data}).encode()


def adapter_for(server: RawServer) -> TikTokAdapter:
    return TikTokAdapter(
        server.url, "fake-key", "fake-secret", "fake-token", "fake-cipher", 2.0, shared_reads(2.0, LOCAL)
    )


def test_the_shipping_request_is_built_as_documented(peer: Peer) -> None:
    server = peer(say(reply("200 OK", envelope(0, {"package_id": "11", "warning": {"message": "check it"}}))))

    receipt = adapter_for(server).prepare_ship(ShipRequest("5", ("7", "8"), "1Z9", UPS)).send(now())

    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    method, target, _ = head.split(b"\r\n")[0].decode().split(" ")
    query = parse_qs(urlsplit(target).query)
    assert (method, urlsplit(target).path) == ("POST", "/fulfillment/202309/orders/5/packages")
    assert set(query) == {"app_key", "timestamp", "shop_cipher", "sign"}
    assert b"x-tts-access-token: fake-token" in head
    assert json.loads(body) == {
        "order_line_item_ids": ["7", "8"],
        "tracking_number": "1Z9",
        "shipping_provider_id": UPS,
    }
    assert (receipt.package_id, receipt.warning) == ("11", "check it")


@pytest.mark.parametrize("code", [36009009, 36009014])
def test_when_the_shipping_path_is_retired_the_next_attempt_takes_the_newer_one(
    peer: Peer, code: int
) -> None:
    gone, fine = (
        reply("404 Not Found", envelope(code, None)),
        reply("200 OK", envelope(0, {"package_id": "11"})),
    )
    server = peer(lambda sock, _n: sock.sendall(gone if b"202309" in server.requests[-1] else fine))
    request = ShipRequest("5", ("7",), "1Z9", UPS)

    with pytest.raises(Unavailable) as caught:
        adapter_for(server).prepare_ship(request).send(now())
    receipt = adapter_for(server).prepare_ship(request).send(now())

    assert (caught.value.retry_after, receipt.package_id, len(server.requests)) == (0.0, "11", 2)
    assert server.requests[1].startswith(b"POST /fulfillment/202610/orders/5/packages?")
    body = json.loads(server.requests[1].partition(b"\r\n\r\n")[2])
    assert body["shipping_info_list"] == [{"tracking_number": "1Z9", "shipping_provider_id": UPS}]
    assert body["order_line_list"] == [{"order_line_id": "7"}]


def test_a_count_that_is_not_there_is_unavailable_and_never_zero(peer: Peer) -> None:
    server = peer(say(reply("200 OK", envelope(0, {"orders": []}))))

    with pytest.raises(Unavailable):
        adapter_for(server).count_orders(*window())


def test_pages_that_do_not_end_are_unavailable(peer: Peer) -> None:
    server = peer(say(reply("200 OK", envelope(0, {"statements": [], "next_page_token": "same+/="}))))

    with pytest.raises(Unavailable, match="do not end"):
        adapter_for(server).statements(datetime.now(UTC))

    assert b"page_token=same%2B%2F%3D" in server.requests[1]


def test_an_order_document_that_cannot_be_read_is_unavailable(peer: Peer) -> None:
    server = peer(say(reply("200 OK", envelope(0, {"orders": [{"status": "AWAITING_SHIPMENT"}]}))))

    with pytest.raises(Unavailable):
        adapter_for(server).orders(["5"])
