"""The webhook door from outside: signed, unsigned, repeated, oversized, unreadable, unknown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, event
from werkzeug.test import TestResponse

from agency.integrations.tiktok.signing import webhook_signature
from tests.desk import Desk, open_desk
from tests.desk_rows import add_item, due_lanes

KEY, SECRET = "fake-app-key", "fake-app-secret"
ORDER = {"type": 1, "tts_notification_id": "fake-1", "shop_id": "fake-Harbor-Luma", "timestamp": 1_764_000_000,
         "data": {"order_id": "577", "order_status": "AWAITING_SHIPMENT"}}  # fmt: skip


@pytest.fixture(scope="module")
def made() -> Iterator[Desk]:
    with open_desk() as desk:
        yield desk


@pytest.fixture
def desk(made: Desk) -> Iterator[Desk]:
    yield made
    made.clear()


def _post(desk: Desk, raw: bytes, signature: str | None = None) -> TestResponse:
    signed = webhook_signature(KEY, SECRET, raw) if signature is None else signature
    return desk.web().post("/webhooks/tiktok", data=raw, headers={"Authorization": signed})


def _ring(desk: Desk, **changes: Any) -> TestResponse:
    return _post(desk, json.dumps(ORDER | changes).encode())


def _rows(desk: Desk, table: str) -> list[Any]:
    """Read by the owner of the tables, since no login of ours sees all of both."""
    with desk.owner() as connection:
        return connection.execute(
            f"select kind, notification_id, payload from {table} order by id"
        ).fetchall()


def test_a_signed_notification_is_kept_and_answered_with_an_empty_200(desk: Desk) -> None:
    answer = _ring(desk)
    assert (answer.status_code, answer.data) == (200, b"")
    assert _rows(desk, "inbox_items") == [("order_status", "fake-1", ORDER["data"])]
    with desk.system() as session:
        assert due_lanes(session) == {("orders", desk.ours.shops["Luma"])}


def test_a_replayed_notification_is_answered_alike_and_kept_once(desk: Desk) -> None:
    assert [_ring(desk).status_code for _ in range(3)] == [200, 200, 200]
    assert len(_rows(desk, "inbox_items")) == 1


@pytest.mark.parametrize(
    "signature", ["", "0" * 64, "Bearer fake", "sígn", webhook_signature(KEY, SECRET, b"another body")]
)
def test_a_wrong_signature_is_an_empty_401_and_leaves_nothing(desk: Desk, signature: str) -> None:
    answer = _post(desk, json.dumps(ORDER).encode(), signature)
    assert (answer.status_code, answer.data) == (401, b"")
    assert not _rows(desk, "inbox_items")
    with desk.system() as session:
        assert due_lanes(session) == set()


def test_the_signature_is_over_the_raw_bytes_not_over_their_meaning(desk: Desk) -> None:
    spaced = json.dumps(ORDER, indent=2).encode()
    assert _post(desk, spaced, webhook_signature(KEY, SECRET, json.dumps(ORDER).encode())).status_code == 401
    assert _post(desk, spaced).status_code == 200


def test_an_oversized_body_is_refused_before_its_signature_is_looked_at(desk: Desk) -> None:
    assert _post(desk, b'{"type": 1, "data": "' + b"x" * 65_536 + b'"}').status_code == 413


def test_an_oversized_body_without_an_announced_length_is_refused_too(desk: Desk) -> None:
    chunked = {"wsgi.input_terminated": True, "CONTENT_LENGTH": ""}
    answer = desk.web().post("/webhooks/tiktok", data=b"x" * 70_000, environ_overrides=chunked)
    assert answer.status_code == 413
    assert not _rows(desk, "inbox_strays")


@pytest.mark.parametrize(
    "raw", [b"", b"not json", b"[]", b'{"type": "1"}', b'{"type": true}', b'{"type": 1e999}', b"\xff\xfe"]
)
def test_a_signed_body_that_nobody_can_read_is_kept_as_a_stray(desk: Desk, raw: bytes) -> None:
    assert _post(desk, raw).status_code == 200
    ((kind, _id, payload),) = _rows(desk, "inbox_strays")
    assert (kind, set(payload)) == ("unreadable", {"base64"})


def test_a_type_that_is_new_to_us_is_kept_and_rings(desk: Desk) -> None:
    assert _ring(desk, type=4711).status_code == 200
    assert _rows(desk, "inbox_items")[0][0] == "unknown:4711"


def test_text_that_no_database_holds_does_not_lose_the_notification(desk: Desk) -> None:
    raw = json.dumps(ORDER | {"data": {"order_id": "577", "note": "a\0b\ud800"}}).encode()
    assert _post(desk, raw).status_code == 200
    assert len(_rows(desk, "inbox_items")) == 1


@pytest.mark.parametrize("number", [6, 7])
def test_the_end_of_an_authorisation_wakes_its_lane(desk: Desk, number: int) -> None:
    _ring(desk, type=number)
    with desk.system() as session:
        assert ("auth", None) in due_lanes(session)


def test_an_unknown_shop_is_answered_200_and_kept_apart(desk: Desk) -> None:
    assert _ring(desk, shop_id="fake-nobody").status_code == 200
    assert len(_rows(desk, "inbox_strays")) == 1
    assert not _rows(desk, "inbox_items")


def test_the_door_takes_one_statement(desk: Desk) -> None:
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    _ring(desk)
    event.remove(Engine, "before_cursor_execute", note)
    assert len(seen) == 1


def test_a_suppliers_webhook_is_kept_with_what_its_signature_needs(desk: Desk) -> None:
    with desk.session() as session:
        add_item(session, desk.ours, kind="rest")
    address = f"/webhooks/rest/{desk.ours.public['supplier']}"
    headers = {"X-Supplier-Signature": "fake", "Authorization": "Bearer fake-secret", "Cookie": "a=b"}
    assert desk.web().post(address, data=b'{"event": "order.shipped"}', headers=headers).status_code == 200
    ((_kind, _id, payload),) = _rows(desk, "inbox_items")
    assert payload["raw"] == '{"event": "order.shipped"}'
    assert payload["headers"]["x-supplier-signature"] == "fake"
    assert not {"authorization", "cookie"} & set(payload["headers"])


@pytest.mark.parametrize(
    "address",
    ["rest/nonsense", "rest/5f2c1d4e-0000-4000-8000-000000000000", "cj/{supplier}", "nope/{supplier}"],
)
def test_an_address_that_we_never_gave_out_is_a_404(desk: Desk, address: str) -> None:
    with desk.session() as session:
        add_item(session, desk.ours, kind="rest")
    path = "/webhooks/" + address.format(supplier=desk.ours.public["supplier"])
    assert desk.web().post(path, data=b"{}").status_code == 404


@pytest.mark.parametrize(("raw", "status"), [(b"\xff", 422), (b"a\0b", 422), (b"x" * 65_537, 413)])
def test_a_supplier_body_that_cannot_be_kept_is_refused(desk: Desk, raw: bytes, status: int) -> None:
    with desk.session() as session:
        add_item(session, desk.ours, kind="rest")
    assert desk.web().post(f"/webhooks/rest/{desk.ours.public['supplier']}", data=raw).status_code == status
    assert not _rows(desk, "inbox_items")
