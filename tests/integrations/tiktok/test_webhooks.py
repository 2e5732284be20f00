"""Events in our words: known, unknown, without an id, and malformed."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from agency.domain.errors import Invalid
from agency.integrations.tiktok.webhooks import WebhookEvent, parse_webhook

SHOP = "7494049642642400001"
ORDER = "576901234567890123"


def event(kind: int, data: dict[str, Any], **more: Any) -> WebhookEvent:
    body = {"type": kind, "shop_id": SHOP, "timestamp": 1795167010, "data": data, **more}
    return parse_webhook(json.dumps(body).encode())


def test_a_status_change_names_its_order() -> None:
    found = event(
        1, {"order_id": ORDER, "order_status": "CANCEL", "update_time": 1795944600}, tts_notification_id="732"
    )

    assert (found.kind, found.order_id, found.shop_id, found.notification_id) == (
        "order_status",
        ORDER,
        SHOP,
        "732",
    )
    assert found.timestamp == datetime(2026, 11, 20, 9, 30, 10, tzinfo=UTC)


def test_an_event_without_an_id_is_known_by_its_bytes() -> None:
    raw = json.dumps({"type": 3, "shop_id": SHOP, "data": {"order_id": ORDER}}).encode()

    assert parse_webhook(raw).notification_id == hashlib.sha256(raw).hexdigest()
    assert parse_webhook(raw).kind == "address_changed"


@pytest.mark.parametrize(
    ("number", "kind"),
    [(6, "deauthorized"), (7, "authorization_ending"), (11, "cancellation"), (12, "return")],
)
def test_types_have_our_words(number: int, kind: str) -> None:
    assert event(number, {}).kind == kind


def test_an_unknown_type_is_kept() -> None:
    found = event(999, {"anything": [1, 2]})

    assert (found.kind, found.data, found.order_id) == ("unknown:999", {"anything": [1, 2]}, None)


def test_a_package_event_and_a_refund_name_an_order_too() -> None:
    package = event(4, {"package_list": [{"package_id": "11", "order_id_list": [ORDER]}]})
    refund = event(67, {"line_items": [{"main_order_id": ORDER}]})

    assert (package.order_id, refund.order_id) == (ORDER, ORDER)


def test_numeric_ids_become_text_at_any_depth() -> None:
    found = event(71, {"shop_id": 7494049642642400001, "detail": [{"sku_id": 2729382476852920001, "n": 2}]})

    assert found.data["shop_id"] == "7494049642642400001"
    assert found.data["detail"] == [{"sku_id": "2729382476852920001", "n": 2}]


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"not json", id="not-json"),
        pytest.param(b"[1]", id="not-an-object"),
        pytest.param(b'{"type":"1"}', id="type-as-text"),
        pytest.param(b'{"type":true}', id="type-as-flag"),
        pytest.param(b'{"type":-1}', id="type-negative"),
        pytest.param(b'{"type":1,"shop_id":' + b"9" * 5000 + b"}", id="oversized-number"),
        pytest.param(b'{"type":1,"shop_id":{"a":1}}', id="shop-as-object"),
        pytest.param(b'{"type":1,"tts_notification_id":"' + b"7" * 200 + b'"}', id="oversized-id"),
        pytest.param(b'{"type":1,"data":{"order_id":[1]}}', id="order-as-list"),
        pytest.param(b'{"type":1,"data":' + b'{"a":' * 50_000, id="nested-too-deeply"),
    ],
)
def test_a_body_that_nobody_could_mean_is_invalid(raw: bytes) -> None:
    with pytest.raises(Invalid) as caught:
        parse_webhook(raw)

    assert caught.value.field in ("body", "type", "shop_id", "tts_notification_id", "order_id")


def test_data_that_is_no_object_is_an_empty_one() -> None:
    assert parse_webhook(b'{"type":1,"shop_id":"5","data":"x"}').data == {}
