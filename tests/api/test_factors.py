"""Second factors at the JSON door: no usable token before the code, and the step up."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask, Response
from sqlalchemy import text

from agency.api.errors import problem
from agency.api.operations import group, operation
from agency.web import answer_failures, guard_requests
from tests.desk import PASSWORD, Desk, open_desk
from tests.factors import enrol, mails, take_away
from tests.moving import move_clock

PATH = "/api/v1/sessions"
BODY = {"email": "owner@example.test", "password": PASSWORD}


@pytest.fixture(scope="module")
def made() -> Iterator[Desk]:
    with open_desk() as opened:
        yield opened


@pytest.fixture
def desk(made: Desk) -> Desk:
    take_away(made)
    return made


def test_without_the_code_there_is_no_token_at_all(desk: Desk) -> None:
    enrol(desk, "owner")
    answer = desk.web().post(PATH, json=BODY)
    assert answer.status_code == 401
    assert answer.mimetype == "application/problem+json"
    assert (answer.json["field"], answer.json["remedy"]) == ("code", "code")
    assert "second factor" in answer.json["detail"]
    assert "token" not in answer.json
    with desk.system() as session:
        assert session.scalar(text("select count(*) from sessions")) == 0


def test_the_code_or_a_recovery_code_opens(desk: Desk) -> None:
    phone = enrol(desk, "owner")
    for code in (phone.code(), phone.codes[0]):
        opened = desk.web().post(PATH, json=BODY | {"code": code})
        assert opened.status_code == 201
        bearer = {"Authorization": f"Bearer {opened.json['token']}"}
        assert desk.web().get("/api/v1/orders", headers=bearer).status_code == 200
        assert desk.web().post(PATH, json=BODY | {"code": code}).status_code == 401
    assert [subject for _, subject, _ in mails(desk)] == ["A recovery code was used"]


def test_a_wrong_password_says_nothing_of_the_factor(desk: Desk) -> None:
    phone = enrol(desk, "owner")
    wrong = desk.web().post(PATH, json=BODY | {"password": "fake-wrong", "code": phone.code()})
    assert wrong.status_code == 401
    assert "field" not in wrong.json
    assert "remedy" not in wrong.json


def test_wrong_codes_are_counted_over_all_sign_ins(desk: Desk) -> None:
    phone = enrol(desk, "owner")
    for _ in range(14):
        answer = desk.web().post(PATH, json=BODY | {"code": "000000"})
        assert (answer.status_code, answer.json["field"]) == (401, "code")
    for code in ("000000", phone.code()):
        answer = desk.web().post(PATH, json=BODY | {"code": code})
        assert answer.status_code == 401
        assert "Too many wrong tries" in answer.json["detail"]


def test_whoever_has_no_factor_needs_no_code(desk: Desk) -> None:
    assert desk.web().post(PATH, json=BODY).status_code == 201


def test_a_bearer_session_is_confirmed_and_gets_a_new_token(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    web = desk.web("owner")
    former = web.environ_base["HTTP_AUTHORIZATION"]
    phone = enrol(desk, "owner")
    move_clock(monkeypatch, minutes=11)
    assert web.post(f"{PATH}/current/confirm", json={"password": PASSWORD}).json["field"] == "code"
    wrong = web.post(f"{PATH}/current/confirm", json={"code": "000000"})
    assert (wrong.status_code, wrong.json["field"]) == (403, "code")
    right = web.post(f"{PATH}/current/confirm", json={"code": phone.code()})
    assert right.status_code == 200
    bearer = {"Authorization": f"Bearer {right.json['token']}"}
    assert desk.web().get("/api/v1/orders", headers=bearer).status_code == 200
    assert desk.web().get("/api/v1/orders", headers={"Authorization": former}).status_code == 401
    with desk.system() as session:
        fresh = session.scalar(text("select confirmed_at > now() + interval '10 minutes' from sessions"))
    assert fresh is True


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [({}, 403, "password"), ({"password": 7}, 422, "password"), ({"x": 1}, 422, "x")],
)
def test_a_body_that_proves_nothing_is_refused(
    desk: Desk, body: dict[str, object], status: int, field: str
) -> None:
    answer = desk.web("owner").post(f"{PATH}/current/confirm", json=body)
    assert answer.status_code == status
    assert field in answer.json["fields"]


def test_a_code_of_somebody_without_a_factor_is_refused(desk: Desk) -> None:
    answer = desk.web("owner").post(f"{PATH}/current/confirm", json={"code": "123456"})
    assert (answer.status_code, answer.json["field"]) == (403, "password")


def test_five_wrong_proofs_end_a_bearer_session(desk: Desk) -> None:
    web = desk.web("owner")
    statuses = [
        web.post(f"{PATH}/current/confirm", json={"password": "fake-wrong"}).status_code for _ in range(5)
    ]
    assert statuses == [403] * 4 + [401]
    assert web.get("/api/v1/orders").status_code == 401


def test_an_operation_may_ask_for_a_recent_proof(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    app, blueprint = Flask("fake"), group("fake", "/fake", "")
    app.extensions.update(desk.app.extensions)

    @operation(blueprint, "POST", "", permission="signed_in", fresh=True)
    def show_secret() -> Response:
        """Shows something."""
        return Response("fake-secret")

    app.register_blueprint(blueprint)
    guard_requests(app)
    answer_failures(app, [("", problem)])
    bearer = {"Authorization": f"Bearer {desk.token('owner')}"}
    assert app.test_client().post("/fake", headers=bearer).text == "fake-secret"
    move_clock(monkeypatch, minutes=10, seconds=1)
    refused = app.test_client().post("/fake", headers=bearer)
    assert (refused.status_code, refused.json["remedy"]) == (403, "confirm")
