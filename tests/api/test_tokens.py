"""Programs at the JSON door: what a token's areas and clients open, and what no token ever opens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from agency.web import area_groups, known_areas, permissions_of
from tests.desk import Desk, open_desk
from tests.desk_rows import add_order

PATH = "/api/v1/tokens"
SWITCH = "/api/v1/switches"
STOP = {"subject": "agency", "buying": "stop"}


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with open_desk() as made:
        with made.session() as session:
            add_order(session, made.ours, "Luma", number="1001")
            add_order(session, made.ours, "Kite", number="1002")
        yield made


def _make(desk: Desk, areas: list[str], **more: Any) -> dict[str, Any]:
    answer = desk.web("owner").post(PATH, json={"name": "Warehouse", "areas": areas, **more})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json
    return made


def _program(desk: Desk, secret: str) -> FlaskClient:
    web = desk.app.test_client()
    web.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {secret}"
    return web


def _all(desk: Desk) -> FlaskClient:
    return _program(desk, _make(desk, sorted(known_areas(desk.app)))["secret"])


def test_the_areas_come_from_what_is_registered_and_leave_people_and_owners_out(desk: Desk) -> None:
    groups = {group.name: (group.read, group.write) for group in area_groups(desk.app)}
    assert groups["orders"] == ("orders:read", "orders:write")
    assert groups["approvals"] == ("approvals:read", "approvals:write")
    assert groups["switches"] == ("", "switches:write")
    assert not {"sessions", "tokens", "own", "documentation"} & set(groups)
    assert all(group.about for group in area_groups(desk.app))


def test_an_area_opens_its_operations_and_no_others(desk: Desk) -> None:
    web = _program(desk, _make(desk, ["orders:read", "approvals:read"])["secret"])
    assert web.get("/api/v1/orders").status_code == 200
    assert web.get("/api/v1/orders/1001").status_code == 200
    assert web.get("/api/v1/approvals").status_code == 200
    for path in ("/api/v1/worklist", "/api/v1/shops", "/api/v1/mappings"):
        answer = web.get(path)
        assert answer.status_code == 403, path
        assert ":read" in answer.json["detail"]
    assert web.post("/api/v1/orders/1001/approve", json={}).status_code == 403
    assert web.post(SWITCH, json=STOP).status_code == 403


def test_an_area_for_writing_writes_in_the_tokens_name(desk: Desk) -> None:
    made = _make(desk, ["switches:write"])
    web = _program(desk, made["secret"])
    assert web.post(SWITCH, json=STOP).status_code == 200
    with desk.session() as session:
        assert session.scalar(text("select buying_stopped_by from agencies")) == f"token:{made['token_id']}"
    assert web.post(SWITCH, json=STOP | {"buying": "start"}).status_code == 200
    assert web.get("/api/v1/orders").status_code == 403


def test_a_token_for_one_client_sees_and_changes_nothing_of_the_other(desk: Desk) -> None:
    clients = [desk.ours.public["Luma"]]
    web = _program(desk, _make(desk, ["orders:read", "switches:write"], client_ids=clients)["secret"])
    assert [row["number"] for row in web.get("/api/v1/orders").json["rows"]] == ["1001"]
    foreign, unknown = web.get("/api/v1/orders/1002"), web.get("/api/v1/orders/9999")
    assert (foreign.status_code, foreign.json) == (unknown.status_code, unknown.json)
    assert foreign.status_code == 404
    stop = {"subject": "client", "buying": "stop", "id": desk.ours.public["Kite"]}
    assert web.post(SWITCH, json=stop).status_code == 404
    assert web.post(SWITCH, json=STOP).status_code == 403


def test_no_token_has_the_rights_of_an_owner_a_client_or_a_person(desk: Desk) -> None:
    web, words, asked = _all(desk), permissions_of(desk.app), 0
    for rule in desk.app.url_map.iter_rules():
        if not rule.rule.startswith("/api/v1/") or words[rule.endpoint] not in (
            "owner",
            "client",
            "signed_in",
        ):
            continue
        path = rule.build(dict.fromkeys(rule.arguments, "1001"))
        assert path is not None
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            if (rule.endpoint, method) == ("sessions.show_session", "GET"):
                continue
            answer = web.open(path[1], method=method, json={"name": "x", "areas": ["orders:read"]})
            assert answer.status_code == 403, (rule.rule, method, answer.text)
            asked += 1
    assert asked >= 9


def test_a_program_may_ask_who_it_is(desk: Desk) -> None:
    web = _program(desk, _make(desk, ["orders:read"])["secret"])
    answer = web.get("/api/v1/sessions/current")
    assert answer.json == {
        "name": "Warehouse",
        "role": "viewer",
        "agency_name": "Harbor",
        "client_name": "",
        "memberships": [],
    }


def test_outside_of_the_json_door_a_token_is_nobody(desk: Desk) -> None:
    web = _all(desk)
    for path in ("/orders", "/orders.csv", "/today", "/account", "/settings/tokens", "/"):
        answer = web.get(path)
        assert answer.status_code == 303, path
        assert answer.location.startswith("/login")
    secret = web.environ_base["HTTP_AUTHORIZATION"].removeprefix("Bearer ")
    by_cookie = desk.app.test_client()
    by_cookie.set_cookie("shopfleet", secret)
    assert by_cookie.get("/api/v1/orders").status_code == 401
    assert by_cookie.get("/orders").status_code == 303


def test_every_dead_token_gets_the_same_answer(desk: Desk) -> None:
    revoked, expired = _make(desk, ["orders:read"]), _make(desk, ["orders:read"])
    assert desk.web("owner").delete(f"{PATH}/{revoked['token_id']}").status_code == 204
    with desk.owner() as connection:
        connection.execute(
            "update api_tokens set expires_at = now() - interval '1 second' where public_id = %s",
            (expired["token_id"],),
        )
    answers = [
        _program(desk, secret).get("/api/v1/orders")
        for secret in (revoked["secret"], expired["secret"], "sf_" + "x" * 43, "nonsense")
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.data for answer in answers}) == 1
    assert all(answer.headers["WWW-Authenticate"].startswith("Bearer") for answer in answers)


def test_owners_list_and_revoke_and_nobody_else_does(desk: Desk) -> None:
    made = _make(desk, ["orders:read"], days=3)
    rows = desk.web("owner").get(PATH).json["rows"]
    row = next(row for row in rows if row["token_id"] == made["token_id"])
    assert (row["hint"], row["made_by"], row["state"]) == (made["secret"][:7], "Owner", "live")
    assert made["secret"] not in str(rows)
    for person in ("operator", "viewer", "member"):
        web = desk.web(person)
        assert web.get(PATH).status_code == 403
        assert web.post(PATH, json={"name": "x", "areas": ["orders:read"]}).status_code == 403
        assert web.delete(f"{PATH}/{made['token_id']}").status_code == 403
    stranger = desk.web("stranger")
    foreign, unknown = (
        stranger.delete(f"{PATH}/{token_id}")
        for token_id in (made["token_id"], "5f2c1d4e-0000-4000-8000-000000000000")
    )
    assert (foreign.status_code, foreign.json) == (unknown.status_code, unknown.json)
    assert foreign.status_code == 404


def test_making_a_token_needs_a_recent_proof(desk: Desk) -> None:
    web = desk.web("owner")
    with desk.system() as session:
        session.execute(text("update sessions set confirmed_at = now() - interval '11 minutes'"))
    assert web.post(PATH, json={"name": "x", "areas": ["orders:read"]}).status_code == 403
    assert web.get(PATH).status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"areas": ["orders:read"]}, "name"),
        ({"name": "x"}, "areas"),
        ({"name": "x", "areas": []}, "areas"),
        ({"name": "x", "areas": ["tokens:write"]}, "areas"),
        ({"name": "x", "areas": ["orders:read"], "days": 366}, "days"),
        ({"name": "x", "areas": ["orders:read"], "client_ids": []}, "client_ids"),
        ({"name": "x", "areas": ["orders:read"], "role": "owner"}, "role"),
    ],
)
def test_a_bad_wish_is_refused_by_name(desk: Desk, body: dict[str, Any], field: str) -> None:
    answer = desk.web("owner").post(PATH, json=body)
    assert (answer.status_code, answer.json["field"]) == (422, field)


def test_the_description_names_the_area_that_the_guard_asks_for(desk: Desk) -> None:
    document = desk.web().get("/api/docs/openapi.json").json
    named = {
        operation["x-area"]
        for item in document["paths"].values()
        for operation in item.values()
        if isinstance(operation, dict) and "x-area" in operation
    }
    assert named == known_areas(desk.app) | {"any"}
    assert document["paths"]["/api/v1/switches"]["post"]["x-area"] == "switches:write"
    assert "x-area" not in document["paths"]["/api/v1/tokens"]["post"]
    page = desk.web().get("/api/docs").text
    assert "switches:write" in page
