"""Signing in with a second factor: what opens, what does not, and how often one may be wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from agency.web import permissions_of
from agency.web.permissions import PUBLIC
from tests.authenticator import Authenticator
from tests.desk import PASSWORD, Desk
from tests.factors import Phone, enrol, mails, take_away
from tests.moving import move_clock
from tests.portal.browsing import OURS, visit

_TOKEN = re.compile(r'name="form_token" value="([^"]+)"')
_ALERT = re.compile(r'role="alert".*?</div>', re.DOTALL)
WRONG = "This code does not work."


@pytest.fixture(autouse=True)
def _nobody(desk: Desk) -> Iterator[None]:
    take_away(desk)
    yield
    take_away(desk)


@pytest.fixture
def phone(desk: Desk) -> Phone:
    """Our owner's phone."""
    return enrol(desk, "owner")


def begin(desk: Desk, person: str = "owner", wanted: str = "") -> FlaskClient:
    """A browser in which the password was right."""
    web = desk.app.test_client()
    fields = {"email": f"{person}@example.test", "password": PASSWORD, "next": wanted}
    answer = web.post("/login", data=fields, headers=OURS)
    assert answer.status_code == 303
    assert answer.location.startswith("/login/factor")
    return web


def prove(web: FlaskClient, path: str = "/login/factor", **fields: str) -> TestResponse:
    """Sends the second step's form."""
    form = _TOKEN.search(web.get("/login/factor").text)
    data = {"form_token": form.group(1) if form else "", **fields}
    return web.post(path, data=data, headers=OURS)


def cookie(web: FlaskClient) -> str:
    """The browser's token."""
    found = web.get_cookie("shopfleet")
    return found.value if found else ""


def test_the_code_opens_the_page_that_was_asked_for_under_a_new_token(desk: Desk, phone: Phone) -> None:
    web = begin(desk, wanted="/orders?stage=blocked")
    before = cookie(web)
    answer = prove(web, code=phone.code(), next="/orders?stage=blocked")
    assert answer.location == "/orders?stage=blocked"
    assert cookie(web) != before
    assert web.get("/today").status_code == 200
    web.set_cookie("shopfleet", before)
    assert web.get("/today").status_code == 303


def test_whoever_has_no_factor_signs_in_as_before(desk: Desk, phone: Phone) -> None:
    assert phone
    assert visit(desk, "viewer").get("/today").status_code == 200


def test_a_recovery_code_opens_once_is_counted_and_told(desk: Desk, phone: Phone) -> None:
    assert prove(begin(desk), code=phone.codes[0]).status_code == 303
    again = prove(begin(desk), code=phone.codes[0])
    assert again.status_code == 401
    assert WRONG in again.text
    assert [(to, subject) for to, subject, _ in mails(desk)] == [
        ("owner@example.test", "A recovery code was used")
    ]
    assert "9 of 10 still work" in mails(desk)[0][2]


def test_the_person_hears_when_few_codes_are_left(desk: Desk, phone: Phone) -> None:
    for code in phone.codes[:7]:
        assert prove(begin(desk), code=code).status_code == 303
    assert [subject for _, subject, _ in mails(desk)] == ["A recovery code was used"] * 6 + [
        "Few recovery codes are left"
    ]


def test_wrong_used_old_and_foreign_codes_read_the_same(desk: Desk, phone: Phone) -> None:
    used, foreign = phone.code(), enrol(desk, "operator")
    assert prove(begin(desk), code=used).status_code == 303
    told = set()
    for code in ("000000", used, phone.code(-4), foreign.code(), foreign.codes[0], "", "x" * 100):
        answer = prove(begin(desk), code=code)
        assert answer.status_code == 401
        told.add(_ALERT.findall(answer.text)[0])
    assert len(told) == 1


def test_after_five_wrong_codes_sign_in_starts_anew_and_the_person_is_told(desk: Desk, phone: Phone) -> None:
    web = begin(desk)
    for _ in range(4):
        assert WRONG in prove(web, code="000000").text
    last = prove(web, code="000000")
    assert last.status_code == 401
    assert "Sign in again" in last.text
    assert prove(web, code=phone.code()).status_code == 401
    assert web.get("/today").status_code == 303
    assert [subject for _, subject, _ in mails(desk)] == ["Too many wrong codes at sign-in"]
    assert prove(begin(desk), code=phone.code()).status_code == 303


def test_a_right_code_after_four_wrong_ones_opens_and_the_count_begins_anew(desk: Desk, phone: Phone) -> None:
    web = begin(desk)
    for _ in range(4):
        prove(web, code="000000")
    assert prove(web, code=phone.code()).status_code == 303
    with desk.system() as session:
        assert session.scalar(text("select count(*) from challenges")) == 0


def test_signing_in_again_and_again_gives_no_endless_tries(
    desk: Desk, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(15):
        prove(begin(desk), code="000000")
    refused = prove(begin(desk), code=phone.code())
    assert refused.status_code == 401
    assert "Too many wrong tries" in refused.text
    move_clock(monkeypatch, minutes=61)
    assert prove(begin(desk), code=phone.code()).status_code == 303


def test_a_half_done_sign_in_ends_after_ten_minutes(
    desk: Desk, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    web = begin(desk)
    move_clock(monkeypatch, minutes=10, seconds=1)
    assert web.get("/login/factor").location == "/login"
    late = prove(web, code=phone.code())
    assert late.status_code == 401
    assert "took too long" in late.text


def test_a_passkey_opens_and_a_lie_does_not(desk: Desk) -> None:
    visitor, key = visit(desk, "owner"), Authenticator()
    options = visitor.send("/account/factors/passkey/options").text
    assert visitor.send("/account/factors/passkey", credential=key.create(options)).status_code == 200
    web = begin(desk)
    assert "Use a passkey" in web.get("/login/factor").text
    asked = prove(web, "/login/factor/passkey").text
    lie = prove(web, credential=key.get(asked, origin="http://evil.example.test"))
    assert lie.status_code == 401
    assert "This passkey was not accepted" in lie.text
    late = prove(web, credential=key.get(asked))  # its challenge was used up by the lie
    assert late.status_code == 401
    answer = key.get(prove(web, "/login/factor/passkey").text)
    assert prove(web, credential=answer).status_code == 303
    assert web.get("/today").status_code == 200
    assert prove(begin(desk), credential=answer).status_code == 401


def test_the_second_step_needs_its_own_form_and_page(desk: Desk, phone: Phone) -> None:
    web = begin(desk)
    data = {"code": phone.code()}
    assert web.post("/login/factor", data=data, headers=OURS).status_code == 403
    assert web.post("/login/factor", data=data, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert web.post("/login/factor/passkey", headers=OURS).status_code == 403
    assert desk.app.test_client().get("/login/factor").location == "/login"
    assert desk.app.test_client().post("/login/factor", data=data, headers=OURS).status_code == 401


def test_a_stolen_half_done_sign_in_opens_no_route_at_all(desk: Desk, phone: Phone) -> None:
    assert phone
    token = cookie(begin(desk))
    words, walked = permissions_of(desk.app), 0
    for rule in desk.app.url_map.iter_rules():
        if words[rule.endpoint] == PUBLIC:
            continue
        arguments = dict.fromkeys(rule.arguments, "00000000-0000-4000-8000-000000000000")
        path = rule.rule
        for name, value in arguments.items():
            path = re.sub(rf"<(?:\w+:)?{name}>", value, path)
        for method in (rule.methods or set()) - {"OPTIONS", "HEAD"}:
            by_cookie, by_header = desk.app.test_client(), desk.app.test_client()
            by_cookie.set_cookie("shopfleet", token)
            answers = [
                by_cookie.open(path, method=method, headers=OURS),
                by_header.open(path, method=method, headers={"Authorization": f"Bearer {token}"}),
            ]
            walked += 1
            for answer in answers:
                led = answer.status_code == 303 and answer.location.startswith("/login")
                assert led or answer.status_code == 401, (method, path, answer.status_code)
    assert walked > 60


def test_nothing_typed_reaches_the_log(desk: Desk, phone: Phone, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    web, code = begin(desk), phone.code()
    prove(web, code="313131")
    prove(web, code=code)
    prove(begin(desk), code=phone.codes[0])
    assert not any(typed in caplog.text for typed in ("313131", code, phone.codes[0], PASSWORD, cookie(web)))
