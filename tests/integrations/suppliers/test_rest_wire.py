"""What a REST supplier is sent, letter for letter, and what misbehaving ones leave in doubt."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from agency.domain.errors import (
    Invalid,
    OutcomeUnknown,
    Unavailable,
)
from agency.integrations.suppliers.port import SupplierConnection, SupplierPort
from agency.integrations.suppliers.registry import open_supplier
from agency.integrations.suppliers.rest.mapping import STATUSES, to_order
from tests.integrations.local import HERE
from tests.integrations.outside import WEBHOOK_SECRET, now
from tests.integrations.raw_server import RawServer, Script, reply, say
from tests.integrations.suppliers.purchases import request_for

Peer = Callable[[Script], RawServer]
REF = "TS-7F3K2-577001234567890123-1"


def supplier_at(server: RawServer, **settings: Any) -> SupplierPort:
    secrets = {"api_key": "fake-rest-key", "webhook_secret": WEBHOOK_SECRET}
    return open_supplier(SupplierConnection("rest", server.url, "USD", settings, secrets, 2.0, HERE))


def order_json(reference: str, **more: Any) -> bytes:
    return json.dumps({"id": "SO-1001", "reference": reference, "status": "accepted", **more}).encode()


def test_the_order_is_built_as_the_contract_says(peer: Peer) -> None:
    request = request_for("MUG-BLK")
    server = peer(say(reply("201 Created", order_json(request.reference, total="13.11", currency="USD"))))

    supplier_at(server, brand="Fake brand").prepare_place(request).send(now())

    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /orders HTTP/1.1\r\n")
    assert f"Idempotency-Key: {request.reference}".encode() in head
    assert b"Authorization: Bearer fake-rest-key" in head
    assert json.loads(body) == {
        "reference": request.reference,
        "currency": "USD",
        "max_total": "50.00",
        "ship_to": {
            "name": "Dana Example",
            "address1": "4127 Alder Ln",
            "address2": "Apt 6",
            "city": "Tacoma",
            "state": "WA",
            "postal_code": "98402",
            "country": "US",
            "phone": "(+1)2535550147",
        },
        "lines": [
            {"line_ref": "77001,77002", "sku": "MUG-BLK", "quantity": 2, "expected_unit_price": "4.20"}
        ],
        "shipping_service": "standard",
        "packing_slip": {"blind": True, "brand": "Fake brand"},
    }


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(reply("200 OK", b"<html>be right back</html>"), id="html"),
        pytest.param(reply("200 OK", b'{"error":{"code":"out_of_stock"}}'), id="200-with-an-error"),
        pytest.param(reply("200 OK", b'{"reference":"REF","status":"accepted"}'), id="no-id"),
        pytest.param(reply("200 OK", order_json("TS-SOMEBODY-ELSE")), id="another-order"),
        pytest.param(reply("200 OK", b"[]"), id="a-list"),
        pytest.param(reply("204 No Content"), id="nothing"),
        pytest.param(reply("500 Internal Server Error", b'{"error":{"code":"internal"}}'), id="500"),
        pytest.param(reply("503 Service Unavailable"), id="503"),
        pytest.param(reply("400 Bad Request", b"<html>proxy</html>"), id="a-proxy"),
        pytest.param(reply("302 Found", b"", "Location: /x\r\n"), id="redirect"),
    ],
)
def test_whatever_is_not_a_clear_answer_leaves_the_order_in_doubt(peer: Peer, answer: bytes) -> None:
    server = peer(say(answer))

    with pytest.raises(OutcomeUnknown):
        supplier_at(server).prepare_place(request_for("MUG-BLK")).send(now())

    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(reply("200 OK", b"<html></html>"), id="html"),
        pytest.param(reply("200 OK", b'{"orders":null}'), id="no-list"),
        pytest.param(reply("200 OK", b"{}"), id="empty"),
        pytest.param(reply("404 Not Found", b"<html></html>"), id="a-proxys-404"),
        pytest.param(reply("500 Internal Server Error"), id="500"),
        pytest.param(reply("200 OK", b'{"orders":[{"status":"accepted"}]}'), id="an-order-without-id"),
    ],
)
def test_only_an_empty_list_says_that_an_order_is_absent(peer: Peer, answer: bytes) -> None:
    with pytest.raises(Unavailable):
        supplier_at(peer(say(answer))).find(REF)


def test_an_empty_list_and_a_list_of_others_are_an_absence(peer: Peer) -> None:
    others = json.dumps({"orders": [{"id": "SO-2", "reference": "OTHER", "status": "accepted"}]}).encode()

    assert supplier_at(peer(say(reply("200 OK", b'{"orders":[]}')))).find(REF) is None
    assert supplier_at(peer(say(reply("200 OK", others)))).find(REF) is None


def test_the_daily_list_goes_over_all_pages(peer: Peer) -> None:
    first = json.dumps({"orders": [json.loads(order_json("A"))], "next_cursor": "c2"}).encode()
    last = json.dumps({"orders": [json.loads(order_json("B"))]}).encode()
    server = peer(lambda sock, n: sock.sendall(reply("200 OK", first if n == 1 else last)))

    found = supplier_at(server).list_recent(datetime(2026, 11, 22, tzinfo=UTC))

    assert [order.reference for order in found] == ["A", "B"]
    assert b"created_since=2026-11-22T00%3A00%3A00%2B00%3A00" in server.requests[0]
    assert b"cursor=c2" in server.requests[1]


def test_paths_and_status_words_of_one_supplier_are_settings(peer: Peer) -> None:
    server = peer(say(reply("200 OK", order_json("X", status="im_versand"))))
    supplier = supplier_at(server, paths={"order": "/v2/o/{id}"}, status_map={"im_versand": "shipped"})

    assert supplier.statuses(["SO 1"])["SO 1"].status == "shipped"
    assert server.requests[0].startswith(b"GET /v2/o/SO%201 ")


def test_an_unknown_status_is_kept_and_not_taken_for_paid() -> None:
    order = to_order({"id": "1", "reference": "R", "status": "teleported"}, "USD", STATUSES)

    assert (order.status, order.raw_status, order.paid, order.total) == ("unknown", "teleported", False, None)


@pytest.mark.parametrize(
    ("idempotency", "expected"),
    [("key", (True, True)), ("reference_only", (False, True)), ("none", (False, False))],
)
def test_the_memory_is_a_setting(peer: Peer, idempotency: str, expected: tuple[bool, bool]) -> None:
    memory = supplier_at(peer(say(b"")), idempotency=idempotency, quarantine_s=30).memory

    assert (memory.dedupes_by_key, memory.finds_by_reference) == expected
    assert memory.quarantine == timedelta(seconds=30)


def signed(raw: bytes, stamp: int, secret: str = WEBHOOK_SECRET) -> dict[str, str]:
    digest = hmac.new(secret.encode(), f"{stamp}.".encode() + raw, hashlib.sha256).hexdigest()
    return {"X-Supplier-Timestamp": str(stamp), "x-supplier-signature": digest}


def test_a_bell_is_genuine_only_with_its_own_bytes_time_and_key(peer: Peer) -> None:
    supplier, raw, at = supplier_at(peer(say(b""))), b'{"id":"SO-1"}', int(time.time())

    assert supplier.verify_webhook(signed(raw, at), raw)
    assert not supplier.verify_webhook(signed(raw, at), raw + b" ")
    assert not supplier.verify_webhook(signed(raw, at, "fake-other"), raw)
    assert not supplier.verify_webhook(signed(raw, at - 90_000), raw)
    assert not supplier.verify_webhook({**signed(raw, at), "X-Supplier-Timestamp": "soon"}, raw)
    assert not supplier.verify_webhook({}, raw)


def test_a_bell_names_its_order(peer: Peer) -> None:
    supplier = supplier_at(peer(say(b"")))

    event = supplier.parse_webhook(b'{"event":"order.shipped","id":"SO-1","reference":"R","event_id":"e1"}')

    assert (event.event_id, event.reference, event.supplier_order_id) == ("e1", "R", "SO-1")
    assert supplier.parse_webhook(b'{"id":"SO-1"}').event_id == hashlib.sha256(b'{"id":"SO-1"}').hexdigest()
    with pytest.raises(Invalid):
        supplier.parse_webhook(b"[]")
