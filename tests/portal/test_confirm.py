"""Step-up: delicate acts ask once more who one is, lead there and back, and take no wrong proof."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import url_for

from agency.portal.paths import own_path, with_word
from tests.authenticator import Authenticator
from tests.desk import PASSWORD, Desk
from tests.desk_rows import add_item
from tests.factors import enrol, mails, take_away
from tests.moving import move_clock
from tests.portal.browsing import Visitor, visit


@pytest.fixture(autouse=True)
def _nobody(desk: Desk) -> Iterator[None]:
    take_away(desk)
    desk.clear()
    yield
    take_away(desk)


@pytest.fixture
def key_page(desk: Desk) -> str:
    """The page of a supplier that takes a key."""
    with desk.session() as session:
        supplier = add_item(session, desk.ours, name="Brightway", kind="rest").supplier_id
    with desk.owner() as connection:
        row = connection.execute("select public_id from suppliers where id = %s", [supplier]).fetchone()
    return f"/suppliers/{row[0]}" if row else ""


def _token(visitor: Visitor) -> str:
    found = visitor.web.get_cookie("shopfleet")
    return found.value if found else ""


def test_replacing_a_key_leads_to_the_password_and_back(
    desk: Desk, key_page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = visit(desk, "owner")
    move_clock(monkeypatch, minutes=11)
    led = visitor.send(f"{key_page}/key", follow=False, api_key="fake-key-2")
    assert (led.status_code, led.location) == (303, f"/account/confirm?next={key_page}")
    page = visitor.page(led.location)
    assert "what you typed there is not kept" in page
    assert "fake-key-2" not in page
    before = _token(visitor)
    wrong = visitor.send("/account/confirm", password="fake-wrong", next=key_page)
    assert wrong.status_code == 403
    assert "The password is not right" in wrong.text
    right = visitor.send("/account/confirm", follow=False, password=PASSWORD, next=key_page)
    assert right.location == f"{key_page}?done=confirmed"
    assert "Now do again what you wanted to do" in visitor.page(right.location)
    assert _token(visitor) != before
    done = visitor.send(f"{key_page}/key", follow=False, api_key="fake-key-2")
    assert done.location.endswith("done=key")


def test_the_former_token_ends_with_the_proof(desk: Desk) -> None:
    visitor, thief = visit(desk, "owner"), desk.app.test_client()
    thief.set_cookie("shopfleet", _token(visitor))
    visitor.send("/account/confirm", password=PASSWORD)
    assert visitor.get("/today").status_code == 200
    assert thief.get("/today").status_code == 303


def test_whoever_has_a_factor_proves_with_it_and_not_with_the_password(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = visit(desk, "owner")
    phone = enrol(desk, "owner")
    move_clock(monkeypatch, minutes=11)
    assert 'name="password"' not in visitor.page("/account/confirm")
    refused = visitor.send("/account/confirm", password=PASSWORD)
    assert refused.status_code == 403
    assert "not with the password" in refused.text
    assert visitor.send("/account/factors/codes", follow=False).location.startswith("/account/confirm")
    assert visitor.send("/account/confirm", follow=False, code=phone.code()).status_code == 303
    assert visitor.send("/account/factors/codes", follow=False).status_code == 200


def test_a_passkey_confirms_too(desk: Desk) -> None:
    visitor, key = visit(desk, "owner"), Authenticator()
    options = visitor.send("/account/factors/passkey/options").text
    visitor.send("/account/factors/passkey", credential=key.create(options))
    asked = visitor.send("/account/confirm/passkey").text
    answer = visitor.send("/account/confirm", follow=False, credential=key.get(asked), next="/orders")
    assert answer.location == "/orders?done=confirmed"


def test_five_wrong_proofs_end_the_session(desk: Desk) -> None:
    visitor = visit(desk, "owner")
    for _ in range(4):
        assert visitor.send("/account/confirm", password="fake-wrong").status_code == 403
    last = visitor.send("/account/confirm", follow=False, password="fake-wrong")
    assert last.status_code == 303
    assert last.location.startswith("/login")
    assert visitor.get("/today").status_code == 303
    assert [subject for _, subject, _ in mails(desk)] == ["Too many wrong codes at sign-in"]


def test_a_fresh_proof_lasts_ten_minutes(desk: Desk, key_page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor = visit(desk, "owner")
    move_clock(monkeypatch, minutes=9)
    assert visitor.send(f"{key_page}/key", follow=False, api_key="fake-key-3").location.endswith("done=key")
    move_clock(monkeypatch, minutes=10, seconds=1)
    assert "/account/confirm" in visitor.send(f"{key_page}/key", follow=False, api_key="fake-key-4").location


@pytest.mark.parametrize(("kind", "key", "led"), [("rest", "fake-key", True), ("manual", "", False)])
def test_adding_a_supplier_asks_only_when_it_brings_a_key(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, kind: str, key: str, led: bool
) -> None:
    visitor = visit(desk, "owner")
    move_clock(monkeypatch, minutes=11)
    client = desk.ours.public["Luma"]
    answer = visitor.send(
        "/suppliers", follow=False, client_id=client, name="New", kind=kind, api_key=key, currency="USD"
    )
    assert answer.status_code == 303, answer.text
    assert (answer.location == "/account/confirm?next=/suppliers") is led


def test_the_way_back_leads_to_no_other_site(desk: Desk) -> None:
    visitor = visit(desk, "owner")
    for elsewhere in ("https://example.test/", "//example.test/", "/\\example.test", "javascript:1"):
        answer = visitor.send("/account/confirm", follow=False, password=PASSWORD, next=elsewhere)
        assert answer.location == "/?done=confirmed", elsewhere
        assert "example.test" not in visitor.page(f"/account/confirm?next={elsewhere}").replace(
            "owner@example.test", ""
        )


def test_a_path_gets_its_word_once(desk: Desk) -> None:
    assert with_word("/orders?stage=blocked&done=key", "confirmed") == "/orders?stage=blocked&done=confirmed"
    with desk.app.test_request_context("/"):
        assert own_path("/login/factor") == url_for("portal.home")
