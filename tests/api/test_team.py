"""The team over JSON: members and invitations of one's own agency, for owners only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text

from tests.desk import Desk, open_desk
from tests.kept_people import keep_people, put_people_back
from tests.mailbox import last_mail, read_mails

MEMBERS, INVITATIONS = "/api/v1/team/members", "/api/v1/team/invitations"
UNKNOWN = "5f2c1d4e-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def world() -> Iterator[Desk]:
    with open_desk() as opened:
        keep_people(opened)
        yield opened


@pytest.fixture
def desk(world: Desk) -> Iterator[Desk]:
    yield world
    put_people_back(world)


def _invite(desk: Desk, by: str = "owner", **fields: Any) -> Any:
    return desk.web(by).post(INVITATIONS, json={"email": "new@example.test", "role": "viewer", **fields})


def test_members_are_those_of_ones_own_agency(desk: Desk) -> None:
    rows = desk.web("owner").get(MEMBERS).json["rows"]  # type: ignore[index]
    assert {row["email"].partition("@")[0] for row in rows} == {"owner", "operator", "viewer", "member"}
    operator = next(row for row in rows if row["role"] == "operator")
    assert operator["client_ids"] == [desk.ours.public["Luma"]]
    assert operator["client_names"] == ["Luma"]
    assert next(row for row in rows if row["is_you"])["role"] == "owner"


def test_an_invitation_is_made_listed_and_withdrawn(desk: Desk) -> None:
    made = _invite(desk, client_ids=[desk.ours.public["Kite"]])
    assert made.status_code == 201
    path = last_mail(desk, "new@example.test").path
    assert path.rpartition("/")[2] not in made.text
    web = desk.web("owner")
    (row,) = web.get(INVITATIONS).json["rows"]  # type: ignore[index]
    assert row["invitation_id"] == made.json["invitation_id"]
    assert (row["email"], row["client_names"], row["expired"]) == ("new@example.test", ["Kite"], False)
    assert web.delete(f"{INVITATIONS}/{row['invitation_id']}").status_code == 204
    assert web.get(INVITATIONS).json == {"rows": []}
    assert desk.web().get(path).status_code == 404
    assert web.delete(f"{INVITATIONS}/{row['invitation_id']}").status_code == 404


@pytest.mark.parametrize(
    ("fields", "status", "field"),
    [
        ({"email": "nonsense"}, 422, "email"),
        ({"role": "king"}, 422, "role"),
        ({"role": "client_member"}, 422, "role"),
        ({"role": "owner", "client_ids": [UNKNOWN]}, 409, None),
        ({"client_ids": []}, 422, "client_ids"),
        ({"client_ids": ["x"]}, 422, "client_ids.0"),
        ({"client_ids": [UNKNOWN]}, 404, None),
        ({"email": "viewer@example.test"}, 409, None),
        ({"name": "Noor"}, 422, "name"),
    ],
)
def test_a_bad_invitation_names_the_field(
    desk: Desk, fields: dict[str, Any], status: int, field: str | None
) -> None:
    answer = _invite(desk, **fields)
    assert answer.status_code == status
    assert answer.json.get("field") == field
    assert read_mails(desk, "new@example.test") == []


def test_another_agencys_ids_answer_like_unknown_ones(desk: Desk) -> None:
    answers = [_invite(desk, client_ids=[one]) for one in (desk.theirs.public["Luma"], UNKNOWN)]
    assert answers[0].status_code == answers[1].status_code == 404
    assert answers[0].json == answers[1].json
    theirs = _invite(desk, by="stranger").json["invitation_id"]
    web = desk.web("owner")
    answers = [web.delete(f"{INVITATIONS}/{one}") for one in (theirs, UNKNOWN)]
    assert answers[0].status_code == answers[1].status_code == 404
    assert answers[0].json == answers[1].json
    assert theirs not in web.get(INVITATIONS).text


def test_inviting_an_owner_asks_for_a_recent_sign_in(desk: Desk) -> None:
    web = desk.web("owner")
    with desk.system() as session:
        session.execute(text("update sessions set confirmed_at = now() - interval '11 minutes'"))
    assert web.post(INVITATIONS, json={"email": "new@example.test", "role": "owner"}).status_code == 403
    assert _invite(desk, role="owner").status_code == 201


def test_a_client_member_is_invited_for_one_client_of_ones_own(desk: Desk) -> None:
    web, path = desk.web("owner"), "/api/v1/team/client-invitations"
    ours, theirs = desk.ours.public["Kite"], desk.theirs.public["Kite"]
    assert web.post(path, json={"email": "ana@example.test", "client_id": ours}).status_code == 201
    assert "Client member" in desk.web().get(last_mail(desk, "ana@example.test").path).text
    for wrong, status in ((theirs, 404), (UNKNOWN, 404), ("x", 422)):
        assert web.post(path, json={"email": "bob@example.test", "client_id": wrong}).status_code == status


@pytest.mark.parametrize("person", ["operator", "viewer", "member"])
def test_nobody_but_an_owner_reads_or_writes(desk: Desk, person: str) -> None:
    web = desk.web(person)
    assert [web.get(path).status_code for path in (MEMBERS, INVITATIONS)] == [403, 403]
    assert _invite(desk, by=person).status_code == 403
    assert web.delete(f"{INVITATIONS}/{UNKNOWN}").status_code == 403
