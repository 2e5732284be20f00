"""The documented vectors, and what the gate does with calls that are not right."""

import time

import pytest

from agency.simulator.signing import cj_sign, request_sign, rest_sign, webhook_sign
from tests.simulator.conftest import KEY, SECRET, SHOP, SHOP_GB, Stage, sign

DOC_SECRET = "e59af819cc"
HOOK_PATH = "/event/202309/webhooks"
HOOK_QUERY = [
    ("app_key", "68xu9ks5p4i8"),
    ("shop_cipher", "ROW_xkMbgAAAeVAQra0eZWebFQq5aIK"),
    ("timestamp", "1696909648"),
]
SHORT_QUERY = [("app_key", "29a39d"), ("timestamp", "1623812664")]
ORDER_QUERY = [
    ("app_key", "29a39d"),
    ("ids", "576901234567890123,576901234567890124"),
    ("shop_cipher", "GCP_XF90igAAAABh00qsWgtvOiGFNqyubMt3"),
    ("timestamp", "1623812664"),
]
VECTORS = [
    (
        "/authorization/202309/shops",
        SHORT_QUERY,
        "",
        "b596b73e0cc6de07ac26f036364178ab16b0a907af13d43f0a0cd2345f582dc8",
    ),
    (
        HOOK_PATH,
        HOOK_QUERY,
        '{"address":"https://partner.tiktokshop.com","event_type":"PACKAGE_UPDATE"}',
        "cd0d6268252f4ba293bf7ea4c0a2873bf9beec600d22530638564ab301435f7a",
    ),
    (
        HOOK_PATH,
        HOOK_QUERY,
        '{"address":"https://partner.tiktokshop.com","event_type": "PACKAGE_UPDATE"}',
        "f7ca36a232c721e1ec037d357b5dc51aa7dceda28b119d37122adaa3fb7dd6ca",
    ),
    (HOOK_PATH, HOOK_QUERY, "", "ed58e1b5e59865c22a7b828c1cab65007441f43cc91a6cb2f2cdc638e0995a37"),
    (
        "/order/202507/orders",
        ORDER_QUERY,
        "",
        "2ca0f0da4e732195374479776546db751ef872bed26f84223fcfb4b5060d48f7",
    ),
]


@pytest.mark.parametrize(("path", "query", "body", "expected"), VECTORS)
def test_a_documented_request_signs_as_published(
    path: str, query: list[tuple[str, str]], body: str, expected: str
) -> None:
    assert request_sign(DOC_SECRET, path, query, "application/json", body.encode()) == expected
    shuffled = [*reversed(query), ("sign", "zzz"), ("access_token", "zzz")]
    assert request_sign(DOC_SECRET, path, shuffled, "application/json", body.encode()) == expected


def test_a_multipart_body_is_not_signed() -> None:
    kind, body = "multipart/form-data; boundary=x", b"--boundary...file bytes..."
    wanted = "2f292aaeecc6a6ce8c7240771265c3342b343f27ef91271fe72a9452d74fa844"
    assert request_sign(DOC_SECRET, "/product/202309/images/upload", SHORT_QUERY, kind, body) == wanted


def test_the_wrong_digest_of_the_documentation_is_not_reproduced() -> None:
    made = request_sign(DOC_SECRET, "/authorization/202309/shops", SHORT_QUERY, "application/json", b"")
    assert made != "bc721f0e0182914e3487b81df204de37a352fc3aa96947efda6dc1e5dd0d5290"


def test_webhooks_sign_as_published_over_the_raw_bytes() -> None:
    official = (
        '{"type":1,"tts_notification_id":"7380066284010030890","shop_id":"7495540735365777507",'
        '"timestamp":1718305585,"data":{"is_on_hold_order":true,"order_id":"576653688135258178",'
        '"order_status":"UNPAID","update_time":1718305585}}'
    )
    expected = "5dec0f11ec2f6783b8deee53c9ffbf8d024302f7c7e7fa55a35d17629031ac05"
    assert webhook_sign("abcdef", "123", official.encode()) == expected
    assert webhook_sign("abcdef", "123", official.replace(",", ", ").encode()) != expected
    spaced = (
        '{"type": 1, "shop_id": "7494726673780148744", "timestamp": 1664095733, "data": {"order_id": '
        '"576684019603311365", "order_status": "AWAITING_SHIPMENT", "update_time": 1664095610}}'
    )
    wanted = "1174f986ccea9abf547d7ca907907ed1f87fd4228309d3f51d1d50bfe6df7853"
    assert webhook_sign("fake_app_key", "fake_app_secret", spaced.encode()) == wanted


def test_supplier_signatures_depend_on_key_time_and_body() -> None:
    stock = b'{"messageId":"c1b2c3d4e5f60718293a4b5c6d7e8f92","type":"STOCK","messageType":"UPDATE","params":'
    stock += b'{"V-1001-BLK":[{"vid":"V-1001-BLK","areaId":"2","areaEn":"US Warehouse","countryCode":"US",'
    stock += b'"storageNum":0}]}}'
    assert cj_sign("700012345", stock) == "p7tiPbYxOHtHttAcxaMen+QPsOWeLRkIx4Ep+tvLGQY="
    assert rest_sign("fake-secret", "1", b"{}") != rest_sign("fake-secret", "2", b"{}")


def test_a_wrong_sign_is_refused_and_counted(stage: Stage) -> None:
    found = stage.call("GET", "/order/202507/orders", ids="1", sign="0" * 64)
    assert (found["http"], found["code"]) == (401, 106001)
    assert stage.books()["signature_failures"] == 1


def test_an_upper_case_sign_is_refused(stage: Stage) -> None:
    query = {
        "app_key": KEY,
        "timestamp": str(int(time.time())),
        "ids": "1",
        "shop_cipher": stage.ciphers[SHOP],
    }
    loud = sign("/order/202507/orders", query, "").upper()
    assert stage.call("GET", "/order/202507/orders", **query, sign=loud)["code"] == 106001


@pytest.mark.parametrize("shift", [-400, 60])
def test_a_timestamp_outside_the_window_is_refused(stage: Stage, shift: int) -> None:
    found = stage.call("GET", "/order/202507/orders", ids="1", timestamp=str(int(time.time()) + shift))
    assert (found["http"], found["code"]) == (400, 36009004)
    assert "timestamp" in found["message"]


def test_a_wrong_app_key_is_refused(stage: Stage) -> None:
    found = stage.call("GET", "/order/202507/orders", ids="1", app_key="other")
    assert (found["http"], found["code"]) == (400, 36009004)


def test_a_missing_cipher_and_an_unexpected_one_are_refused(stage: Stage) -> None:
    assert stage.call("GET", "/order/202507/orders", shop="", ids="1")["code"] == 106013
    surplus = stage.call("GET", "/authorization/202309/shops", shop="", shop_cipher="TTP_x")
    assert (surplus["code"], "unexpected identifier" in surplus["message"]) == (36009004, True)


def test_a_cipher_of_another_seller_is_refused(stage: Stage) -> None:
    found = stage.call("GET", "/order/202507/orders", ids="1", shop_cipher=stage.ciphers[SHOP_GB])
    assert found["code"] == 101000


def test_an_unknown_path_and_method_have_their_codes(stage: Stage) -> None:
    assert (
        stage.call("GET", "/order/209901/orders")["http"],
        stage.call("GET", "/order/209901/orders")["code"],
    ) == (
        404,
        36009009,
    )
    assert stage.call("DELETE", "/order/202507/orders")["code"] == 36009010


def test_a_burst_above_the_rate_is_refused_with_429(stage: Stage) -> None:
    stage.sim("/setup", calls_per_second=3)
    path = "/order/202507/orders"
    answers = [stage.raw("GET", path, shop=SHOP, body=None, query={"ids": "1"}) for _ in range(8)]
    codes = [answer.status_code for answer in answers]
    assert all(("Retry-After" in answer.headers) == (answer.status_code == 429) for answer in answers)
    assert 429 in codes
    assert codes[0] == 200
    assert stage.books()["rate_limit_violations"] == codes.count(429)
    assert stage.call("GET", "/finance/202605/payments")["http"] == 200


def test_a_scope_that_was_not_granted_is_refused(stage: Stage) -> None:
    seller = {"seller_id": "s1", "region": "US", "scopes": ["seller.order.info"]}
    stage.sim("/setup", sellers=[seller])
    stage.authorise("s1")
    assert stage.call("GET", "/order/202507/orders", ids="1")["code"] == 0
    assert stage.call("GET", "/finance/202605/payments")["code"] == 105005


def test_body_bytes_that_were_not_signed_are_refused(stage: Stage) -> None:
    path = "/order/202309/orders/search"
    query = {"app_key": KEY, "timestamp": str(int(time.time())), "shop_cipher": stage.ciphers[SHOP]}
    query["sign"] = sign(path, query, '{"a":1}')
    headers = {"x-tts-access-token": stage.tokens["s1"], "content-type": "application/json"}
    answer = stage.http.post(path, query_string=query, data='{"a": 1}', headers=headers)
    assert answer.get_json()["code"] == 106001
    assert SECRET not in answer.get_data(as_text=True)
