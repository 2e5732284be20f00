"""TikTok's signatures, against its published digests and our own recomputed ones."""

from __future__ import annotations

import pytest

from agency.integrations.tiktok.signing import (
    encode_query,
    sign_request,
    verify_webhook,
    webhook_signature,
)

SECRET = "e59af819cc"
SHOPS_PATH = "/authorization/202309/shops"
SHOPS_QUERY = {"app_key": "29a39d", "timestamp": "1623812664"}
WEBHOOKS_PATH = "/event/202309/webhooks"
WEBHOOKS_QUERY = {
    "app_key": "68xu9ks5p4i8",
    "shop_cipher": "ROW_xkMbgAAAeVAQra0eZWebFQq5aIK",
    "timestamp": "1696909648",
}
ORDERS_QUERY = {
    "ids": "576901234567890123,576901234567890124",
    "timestamp": "1623812664",
    "shop_cipher": "GCP_XF90igAAAABh00qsWgtvOiGFNqyubMt3",
    "app_key": "29a39d",
}
COMPACT = b'{"address":"https://partner.tiktokshop.com","event_type":"PACKAGE_UPDATE"}'
SPACED = b'{"address":"https://partner.tiktokshop.com","event_type": "PACKAGE_UPDATE"}'
OFFICIAL_HOOK = (
    b'{"type":1,"tts_notification_id":"7380066284010030890","shop_id":"7495540735365777507",'
    b'"timestamp":1718305585,"data":{"is_on_hold_order":true,"order_id":"576653688135258178",'
    b'"order_status":"UNPAID","update_time":1718305585}}'
)
OFFICIAL_HOOK_SIGN = "5dec0f11ec2f6783b8deee53c9ffbf8d024302f7c7e7fa55a35d17629031ac05"


@pytest.mark.parametrize(
    ("path", "query", "body", "expected"),
    [
        pytest.param(
            SHOPS_PATH,
            SHOPS_QUERY,
            None,
            "b596b73e0cc6de07ac26f036364178ab16b0a907af13d43f0a0cd2345f582dc8",
            id="published",
        ),
        pytest.param(
            WEBHOOKS_PATH,
            WEBHOOKS_QUERY,
            COMPACT,
            "cd0d6268252f4ba293bf7ea4c0a2873bf9beec600d22530638564ab301435f7a",
            id="compact-body",
        ),
        pytest.param(
            WEBHOOKS_PATH,
            WEBHOOKS_QUERY,
            SPACED,
            "f7ca36a232c721e1ec037d357b5dc51aa7dceda28b119d37122adaa3fb7dd6ca",
            id="one-space-more",
        ),
        pytest.param(
            WEBHOOKS_PATH,
            WEBHOOKS_QUERY,
            None,
            "ed58e1b5e59865c22a7b828c1cab65007441f43cc91a6cb2f2cdc638e0995a37",
            id="no-body",
        ),
        pytest.param(
            "/order/202507/orders",
            ORDERS_QUERY,
            None,
            "2ca0f0da4e732195374479776546db751ef872bed26f84223fcfb4b5060d48f7",
            id="comma-list-and-unsorted",
        ),
    ],
)
def test_request_signatures(path: str, query: dict[str, str], body: bytes | None, expected: str) -> None:
    assert sign_request(SECRET, path, query, body) == expected


def test_the_wrong_digest_of_the_official_page_is_not_ours() -> None:
    wrong = "bc721f0e0182914e3487b81df204de37a352fc3aa96947efda6dc1e5dd0d5290"

    assert sign_request(SECRET, SHOPS_PATH, SHOPS_QUERY) != wrong


def test_a_multipart_body_is_not_signed() -> None:
    expected = "2f292aaeecc6a6ce8c7240771265c3342b343f27ef91271fe72a9452d74fa844"
    path, kind = "/product/202309/images/upload", "multipart/form-data; boundary=x"

    assert sign_request(SECRET, path, SHOPS_QUERY, b"--boundary...file bytes...", kind) == expected


def test_sign_and_token_in_the_query_do_not_change_the_signature() -> None:
    more = {**SHOPS_QUERY, "sign": "old", "access_token": "fake", "x-tts-access-token": "fake"}

    assert sign_request(SECRET, SHOPS_PATH, more) == sign_request(SECRET, SHOPS_PATH, SHOPS_QUERY)


def test_a_page_token_goes_out_percent_encoded() -> None:
    assert encode_query({"page_token": "a+b/c= d"}) == "page_token=a%2Bb%2Fc%3D%20d"


def test_the_official_webhook_is_genuine() -> None:
    assert webhook_signature("abcdef", "123", OFFICIAL_HOOK) == OFFICIAL_HOOK_SIGN
    assert verify_webhook("abcdef", "123", OFFICIAL_HOOK, OFFICIAL_HOOK_SIGN)


@pytest.mark.parametrize("header", ["", "x", OFFICIAL_HOOK_SIGN.upper(), "é" * 64, OFFICIAL_HOOK_SIGN[:-1]])
def test_any_other_header_is_not(header: str) -> None:
    assert not verify_webhook("abcdef", "123", OFFICIAL_HOOK, header)


def test_the_same_json_with_other_spaces_is_not_the_same_webhook() -> None:
    raw = (
        b'{"type": 1, "shop_id": "7494726673780148744", "timestamp": 1664095733, "data": {"order_id": '
        b'"576684019603311365", "order_status": "AWAITING_SHIPMENT", "update_time": 1664095610}}'
    )
    sign = "1174f986ccea9abf547d7ca907907ed1f87fd4228309d3f51d1d50bfe6df7853"

    assert verify_webhook("fake_app_key", "fake_app_secret", raw, sign)
    assert not verify_webhook("fake_app_key", "fake_app_secret", raw.replace(b": ", b":"), sign)
