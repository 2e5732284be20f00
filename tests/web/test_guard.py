"""Who gets through: permissions at registration, foreign sites, form tokens, commits and headers."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask import Blueprint, Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from agency.web import form_token, permissions_of, require_permissions, route
from agency.web.permissions import UndeclaredRoute
from tests.desk import Desk, open_desk

SWITCH = "/api/v1/switches"
STOP = {"subject": "agency", "buying": "stop"}
OURS = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with open_desk() as made:
        yield made


@pytest.fixture
def browser(desk: Desk) -> FlaskClient:
    client = desk.app.test_client()
    client.set_cookie("shopfleet", desk.token("owner"))
    return client


def _form_token(desk: Desk, browser: FlaskClient) -> str:
    cookie = browser.get_cookie("shopfleet")
    assert cookie is not None
    with desk.app.test_request_context("/", headers={"Cookie": f"shopfleet={cookie.value}"}):
        return form_token()


def _stopped(desk: Desk) -> bool:
    with desk.session() as session:
        return bool(session.scalar(text("select buying_stopped_at is not null from agencies")))


def test_every_route_of_the_application_declares_its_permission(desk: Desk) -> None:
    assert [name for name, word in permissions_of(desk.app).items() if not word] == []


def test_an_undeclared_route_stops_the_application_from_starting() -> None:
    app = Flask("fake")
    app.add_url_rule("/open", "open", lambda: "open")
    with pytest.raises(UndeclaredRoute, match="open"):
        require_permissions(app)


def test_an_unknown_permission_is_refused_where_it_is_written() -> None:
    with pytest.raises(UndeclaredRoute, match="must be one of"):
        route(Blueprint("fake", "fake"), "/x", permission="everybody")


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
        {"Origin": "https://evil.example.test"},
        {"Origin": "null"},
        {},
    ],
)
def test_a_foreign_page_cannot_use_the_cookie(
    desk: Desk, browser: FlaskClient, headers: dict[str, str]
) -> None:
    token = {"X-Form-Token": _form_token(desk, browser)}
    assert browser.post(SWITCH, json=STOP, headers=headers | token).status_code == 403
    assert not _stopped(desk)


@pytest.mark.parametrize("token", ["", "nonsense", "é"])
def test_our_own_page_needs_its_form_token(desk: Desk, browser: FlaskClient, token: str) -> None:
    assert browser.post(SWITCH, json=STOP, headers=OURS | {"X-Form-Token": token}).status_code == 403
    assert not _stopped(desk)


def test_another_sessions_form_token_is_worth_nothing(desk: Desk, browser: FlaskClient) -> None:
    other = desk.app.test_client()
    other.set_cookie("shopfleet", desk.token("owner"))
    headers = OURS | {"X-Form-Token": _form_token(desk, other)}
    assert browser.post(SWITCH, json=STOP, headers=headers).status_code == 403


@pytest.mark.parametrize("headers", [OURS, {"Sec-Fetch-Site": "none"}, {"Origin": "http://localhost"}])
def test_our_own_page_with_its_token_gets_through(
    desk: Desk, browser: FlaskClient, headers: dict[str, str]
) -> None:
    headers = headers | {"X-Form-Token": _form_token(desk, browser)}
    assert browser.post(SWITCH, json=STOP, headers=headers).status_code == 200
    assert _stopped(desk)
    assert browser.post(SWITCH, json=STOP | {"buying": "start"}, headers=headers).status_code == 200
    assert not _stopped(desk)


def test_a_bearer_token_needs_no_form_token_since_no_browser_sends_it_by_itself(desk: Desk) -> None:
    web = desk.web("owner")
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert web.post(SWITCH, json=STOP | {"buying": "start"}, headers=headers).status_code == 200


def test_a_bearer_header_without_a_valid_token_does_not_fall_back_to_the_cookie(browser: FlaskClient) -> None:
    assert browser.get("/api/v1/orders", headers={"Authorization": "Bearer nonsense"}).status_code == 401


def test_every_answer_carries_the_security_headers(desk: Desk) -> None:
    web = desk.web("owner")
    for path, status in (
        ("/healthz", 200),
        ("/api/v1/orders", 200),
        ("/api/v1/nope", 404),
        ("/api/v1/own/orders", 403),
    ):
        answer = web.get(path)
        assert answer.status_code == status
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_a_signed_in_answer_is_kept_nowhere(desk: Desk) -> None:
    assert desk.web("owner").get("/api/v1/orders").headers["Cache-Control"] == "no-store"


def test_a_get_cannot_write(desk: Desk) -> None:
    from agency.web import db_session  # the view below is the test's own

    app = Flask("fake")
    app.extensions.update(desk.app.extensions)
    blueprint = Blueprint("fake", "fake")

    @route(blueprint, "/write", permission="write")
    def write() -> str:
        db_session().execute(text("update agencies set name = 'changed'"))
        return "done"

    from agency.web import end_requests, guard_requests

    app.register_blueprint(blueprint)
    guard_requests(app)
    end_requests(app)
    answer = app.test_client().get("/write", headers={"Authorization": f"Bearer {desk.token('owner')}"})
    assert answer.status_code == 500
    with desk.session() as session:
        assert session.scalar(text("select name from agencies")) == "Harbor"


def test_an_error_inside_shows_no_inner_detail(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    web = desk.web("owner")
    token = web.environ_base["HTTP_AUTHORIZATION"]
    desk.database.dispose()
    with desk.owner() as connection:
        connection.execute("alter role shopfleet_staff nologin")
        try:
            answer = desk.app.test_client().get("/api/v1/orders", headers={"Authorization": token})
        finally:
            connection.execute("alter role shopfleet_staff login")
    assert answer.status_code == 500
    assert "shopfleet_staff" not in answer.get_data(as_text=True)
    assert "GET /api/v1/orders failed" in caplog.text


def test_a_refused_act_is_logged_with_its_route_and_actor(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    assert desk.web("viewer").post(SWITCH, json=STOP).status_code == 403
    assert re.search(r"POST /api/v1/switches refused to user:\d+", caplog.text)
