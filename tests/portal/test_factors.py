"""One's own second factors in the portal: adding, keeping and removing them, and who hears of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pyotp
import pytest

from agency.clock import machine_now
from tests.authenticator import Authenticator
from tests.desk import PASSWORD, Desk
from tests.factors import enrol, mails, take_away
from tests.moving import move_clock
from tests.portal.browsing import OURS, Visitor, visit

_KEY = re.compile(r'Key: <span class="code wrap">([A-Z2-7]{32})</span>')
_APP = re.compile(r'action="(/account/factors/app/[0-9a-f-]{36})"')
_CODE = re.compile(r'<li><span class="code">([a-z2-7-]{29})</span></li>')


@pytest.fixture(autouse=True)
def _nobody(desk: Desk) -> Iterator[None]:
    take_away(desk)
    yield
    take_away(desk)


def begin(visitor: Visitor, label: str = "My phone") -> tuple[str, str]:
    """The address of a new enrolment and its secret, as the page shows them."""
    page = visitor.send("/account/factors/app", label=label).text
    return _APP.findall(page)[0], _KEY.findall(page)[0]


def add(visitor: Visitor, **more: Any) -> tuple[str, str]:
    """Adds an app; the page that follows and the secret."""
    path, secret = begin(visitor)
    answer = visitor.send(path, code=pyotp.TOTP(secret).now(), **more)
    assert answer.status_code == 200
    return answer.text, secret


@pytest.mark.parametrize("person", ["owner", "operator", "viewer", "member"])
def test_everybody_adds_an_app_and_sees_its_secret_and_the_codes_once(desk: Desk, person: str) -> None:
    visitor = visit(desk, person)
    page, secret = add(visitor)
    codes = _CODE.findall(page)
    assert len(set(codes)) == 10
    assert "never shown again" in page
    for path in ("/account/factors", "/account", "/"):
        later = visitor.web.get(path, follow_redirects=True).text
        assert secret not in later
        assert not any(code in later for code in codes)
    listed = visitor.page("/account/factors")
    assert "My phone" in listed
    assert "10 of 10 still work" in listed


def test_a_page_with_a_secret_is_kept_nowhere(desk: Desk) -> None:
    visitor = visit(desk, "owner")
    answer = visitor.send("/account/factors/app", label="")
    assert answer.headers["Cache-Control"] == "no-store"
    assert 'src="data:image/svg+xml' in answer.text


def test_a_wrong_first_code_says_so_and_adds_nothing(desk: Desk) -> None:
    visitor = visit(desk, "owner")
    path, secret = begin(visitor)
    answer = visitor.send(path, code="12")
    assert answer.status_code == 422
    assert "This code does not work" in answer.text
    assert secret not in answer.text
    assert "My phone" not in visitor.page("/account/factors")
    assert visitor.send(path, code=pyotp.TOTP(secret).now()).status_code == 200


def test_every_change_is_told_by_mail_without_any_secret(desk: Desk) -> None:
    visitor = visit(desk, "owner")
    page, secret = add(visitor)
    visitor.send("/account/factors/codes")
    factor = re.findall(r'action="(/account/factors/[0-9a-f-]{36}/remove)"', visitor.page("/account/factors"))
    assert "Removed." in visitor.send(factor[0]).text
    told = mails(desk)
    assert {recipient for recipient, _, _ in told} == {"owner@example.test"}
    assert [subject for _, subject, _ in told] == ["Your second factors have changed"] * 3
    assert ["was added" in told[0][2], "New recovery codes" in told[1][2], "was removed" in told[2][2]] == [
        True
    ] * 3
    everything = " ".join(body for _, _, body in told)
    assert secret not in everything
    assert not any(code in everything for code in _CODE.findall(page))


def test_new_codes_are_shown_once_and_need_a_factor(desk: Desk) -> None:
    visitor = visit(desk, "owner")
    refused = visitor.send("/account/factors/codes")
    assert refused.status_code == 422
    assert "belong to a second factor" in refused.text
    first = _CODE.findall(add(visitor)[0])
    second = _CODE.findall(visitor.send("/account/factors/codes").text)
    assert len(second) == 10
    assert not set(first) & set(second)


def test_the_second_factor_brings_no_new_codes(desk: Desk) -> None:
    visitor = visit(desk, "owner")
    add(visitor)
    page, _ = add(visitor)
    assert _CODE.findall(page) == []
    assert "2 second factors" in page


@pytest.mark.parametrize(("ticked", "status"), [("1", 303), ("", 200)])
def test_other_devices_are_signed_out_when_that_is_wished(desk: Desk, ticked: str, status: int) -> None:
    other, visitor = visit(desk, "owner"), visit(desk, "owner")
    add(visitor, end_others=ticked)
    assert other.get("/account").status_code == status
    assert visitor.get("/account").status_code == 200


def test_a_passkey_is_added_with_the_answer_of_the_browser(desk: Desk) -> None:
    visitor, key = visit(desk, "owner"), Authenticator()
    options = visitor.send("/account/factors/passkey/options")
    assert options.mimetype == "application/json"
    page = visitor.send("/account/factors/passkey", credential=key.create(options.text), label="Laptop").text
    assert len(_CODE.findall(page)) == 10
    assert "Laptop" in visitor.page("/account/factors")
    again = visitor.send("/account/factors/passkey", credential=key.create(options.text))
    assert again.status_code == 422
    assert "This passkey was not accepted" in again.text


def test_passkeys_are_offered_only_where_browsers_allow_them(desk: Desk) -> None:
    visitor = visit(desk, "owner")
    number = {"base_url": "http://127.0.0.1"}
    visitor.web.set_cookie("shopfleet", visitor.web.get_cookie("shopfleet").value, domain="127.0.0.1")  # type: ignore[union-attr]
    assert "data-passkey" not in visitor.web.get("/account/factors", **number).text
    assert "data-passkey" in visitor.page("/account/factors")


def test_nobody_sees_or_touches_another_persons_factors(desk: Desk) -> None:
    phone = enrol(desk, "operator", "Secret drawer phone")
    for person in ("owner", "stranger", "member"):
        visitor = visit(desk, person)
        assert "Secret drawer phone" not in visitor.page("/account/factors")
        foreign = visitor.send(f"/account/factors/{phone.factor_id}/remove")
        unknown = visitor.send("/account/factors/00000000-0000-4000-8000-000000000000/remove")
        assert (foreign.status_code, foreign.text) == (404, unknown.text)
        assert visitor.send(f"/account/factors/app/{phone.factor_id}", code=phone.code()).status_code == 404
    assert mails(desk) == []


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/account/factors/app", {"label": "x"}),
        ("/account/factors/passkey/options", {}),
        ("/account/factors/passkey", {"credential": "{}"}),
        ("/account/factors/codes", {}),
        ("/account/factors/00000000-0000-4000-8000-000000000000/remove", {}),
        ("/account/factors/app/00000000-0000-4000-8000-000000000000", {"code": "1"}),
    ],
)
def test_every_change_asks_for_a_recent_proof(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, path: str, fields: dict[str, str]
) -> None:
    visitor = visit(desk, "owner")
    move_clock(monkeypatch, minutes=11)
    answer = visitor.send(path, follow=False, **fields)
    assert (answer.status_code, answer.location) == (303, "/account/confirm?next=/account/factors")


def test_no_secret_reaches_the_log(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    visitor = visit(desk, "owner")
    page, secret = add(visitor)
    code = pyotp.TOTP(secret).at(machine_now())
    web = desk.app.test_client()
    web.post("/login", data={"email": "owner@example.test", "password": PASSWORD}, headers=OURS)
    written = caplog.text
    assert secret not in written
    assert code not in written
    assert not any(each in written for each in _CODE.findall(page))
