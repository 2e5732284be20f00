"""Accepting an invitation: new people, people with an account, somebody else, twice, too late."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from tests.desk import PASSWORD, Desk, open_desk
from tests.kept_people import keep_people, put_people_back
from tests.mailbox import last_mail, read_mails
from tests.portal.browsing import OURS, Visitor, visit

NEW = {"name": "Noor Patel", "password": "fake lamps sing softly", "time_zone": "Europe/London"}


@pytest.fixture(scope="module")
def world() -> Iterator[Desk]:
    with open_desk() as opened:
        keep_people(opened)
        yield opened


@pytest.fixture
def desk(world: Desk) -> Iterator[Desk]:
    """Roles change here, so everybody is put back after each test."""
    yield world
    put_people_back(world)


def _invite(desk: Desk, email: str = "new@example.test", by: str = "owner", **fields: object) -> str:
    path = "/team/client-members" if "client_id" in fields else "/team/invitations"
    answer = visit(desk, by).send(path, **{"email": email, "role": "operator", **fields})
    assert "on its way" in answer.text, answer.text
    return last_mail(desk, email).path


def _say(desk: Desk, statement: str) -> None:
    with desk.system() as session:
        session.execute(text(statement))


def _count(desk: Desk, statement: str) -> int:
    with desk.system() as session:
        return int(session.scalar(text(statement)) or 0)


def test_opening_the_link_changes_nothing_however_often(desk: Desk) -> None:
    path, web = _invite(desk), desk.app.test_client()
    for _ in range(3):
        page = web.get(path)
        assert page.status_code == 200
        assert web.head(path).status_code == 200
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "Harbor invites you" in page.text
    assert _count(desk, "select count(*) from invitations where accepted_at is not null") == 0


def test_a_new_person_accepts_and_is_signed_in_with_that_role(desk: Desk) -> None:
    path = _invite(desk, reach="some", client_ids=[desk.ours.public["Kite"]])
    web = desk.app.test_client()
    page = web.get(path).text
    assert "Kite" in page
    assert "Luma" not in page
    assert 'autocomplete="new-password"' in page
    joined = web.post(path, data=NEW, headers=OURS, follow_redirects=True)
    assert "Welcome. You are in this workspace now." in joined.text
    visitor = Visitor(web)
    assert "Luma" not in visitor.page("/shops")
    assert "Kite" in visitor.page("/shops")
    with desk.session() as session:
        entry = session.execute(
            text("select * from audit_entries where action <> 'session.opened' order by number desc limit 1")
        ).one()
    assert (entry.action, entry.details["role"]) == ("member.joined", "operator")
    assert web.get(path).status_code == 404
    with desk.system() as session:
        zone = session.scalar(text("select time_zone from users where email = 'new@example.test'"))
    assert zone == "Europe/London"


def test_a_client_member_lands_on_the_clients_own_pages(desk: Desk) -> None:
    path, web = _invite(desk, client_id=desk.ours.public["Kite"]), desk.app.test_client()
    assert "Client member" in web.get(path).text
    joined = web.post(path, data=NEW, headers=OURS, follow_redirects=True)
    assert joined.request.path == "/client"
    assert "Welcome" in joined.text


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"password": "short"}, "12 to 256 characters"),
        ({"password": "new-example-2026"}, "too easy to guess"),
        ({"name": " "}, "Write a name"),
        ({"time_zone": "Mars/Olympus"}, "Choose a time zone"),
    ],
)
def test_a_refused_form_leaves_the_link_as_it_was(desk: Desk, wrong: dict[str, str], told: str) -> None:
    path, web = _invite(desk), desk.app.test_client()
    refused = web.post(path, data=NEW | wrong, headers=OURS)
    assert refused.status_code == 422
    assert told in refused.text
    assert NEW["password"] not in refused.text
    assert web.post(path, data=NEW, headers=OURS).status_code == 303


def test_somebody_with_an_account_signs_in_and_accepts_with_one_click(desk: Desk) -> None:
    path = _invite(desk, email="stranger@example.test")
    web = desk.app.test_client()
    page = web.get(path).text
    assert 'name="password"' not in page
    assert (
        web.post(path, data=NEW, headers=OURS).status_code == 422
    )  # an account cannot be made over another one
    fields = {"email": "stranger@example.test", "password": PASSWORD, "next": path}
    assert web.post("/login", data=fields, headers=OURS).location == path
    joined = Visitor(web).send(f"{path}/join")
    assert "Welcome. You are in this workspace now." in joined.text
    assert '<b class="cut">Harbor</b>' in joined.text
    assert "Rival" in joined.text  # the other workspace, in the switcher
    assert web.post(
        "/login", data={"email": "stranger@example.test", "password": NEW["password"]}, headers=OURS
    )
    with desk.system() as session:
        kept = session.scalar(text("select name from users where email = 'stranger@example.test'"))
    assert kept == "Stranger"


def test_signed_in_as_somebody_else_says_so_and_offers_to_sign_out(desk: Desk) -> None:
    path = _invite(desk, reach="some", client_ids=[desk.ours.public["Kite"]])
    other = visit(desk, "stranger")
    page = other.page(path)
    assert "For somebody else" in page
    assert "Kite" not in page
    assert "new@example.test" not in page
    assert other.send(f"{path}/join").status_code == 403
    assert desk.app.test_client().get(path).status_code == 200  # not used up


def test_a_member_is_told_and_changes_nothing(desk: Desk) -> None:
    path = _invite(desk, email="stranger@example.test")
    stranger = visit(desk, "stranger")
    stranger.send(f"{path}/join")
    _say(desk, "update invitations set accepted_at = null")
    assert "You belong to this agency already" in visit(desk, "stranger").page(path)
    again = visit(desk, "stranger").send(f"{path}/join")
    assert again.status_code == 422
    assert "You belong to this agency already" in again.text


@pytest.mark.parametrize(
    "ending",
    [
        "update invitations set expires_at = now() - interval '1 second'",
        "update invitations set withdrawn_at = now()",
        "update invitations set accepted_at = now()",
        "update memberships set ended_at = now() where role = 'owner'",
        "update memberships set role = 'viewer' where role = 'owner'",
    ],
)
def test_every_ended_link_reads_like_an_unknown_one(desk: Desk, ending: str) -> None:
    path, web = _invite(desk), desk.app.test_client()
    with desk.owner() as connection:
        connection.execute(ending)
    for answers in (
        [web.get(path), web.get("/invitation/" + "x" * 43)],
        [web.post(one, data=NEW, headers=OURS) for one in (path, "/invitation/" + "x" * 43)],
    ):
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].text == answers[1].text
    assert _count(desk, "select count(*) from users where email = 'new@example.test'") == 0


def test_of_many_who_accept_at_once_one_does(desk: Desk) -> None:
    path = _invite(desk)

    def accept(_number: int) -> int:
        return desk.app.test_client().post(path, data=NEW, headers=OURS).status_code

    with ThreadPoolExecutor(6) as pool:
        codes = sorted(pool.map(accept, range(6)))
    assert codes == [303, 404, 404, 404, 404, 404]
    assert (
        _count(
            desk,
            "select count(*) from memberships m join users u on u.id = m.user_id where email like 'new@%'",
        )
        == 1
    )


def test_somebody_without_any_role_comes_back_with_the_password(desk: Desk) -> None:
    _say(
        desk,
        "update memberships set ended_at = now() where user_id = (select id from users where email like 'viewer@%')",
    )
    path, web = _invite(desk, email="viewer@example.test"), desk.app.test_client()
    assert 'autocomplete="current-password"' in web.get(path).text
    wrong = web.post(f"{path}/return", data={"password": "fake-wrong-one"}, headers=OURS)
    assert wrong.status_code == 422
    back = web.post(f"{path}/return", data={"password": PASSWORD}, headers=OURS)
    assert back.location == "/login?done=joined_sign_in"
    assert web.get("/today").status_code == 303  # signing in comes after it
    assert visit(desk, "viewer").get("/today").status_code == 200


def test_a_closed_account_is_not_opened_by_an_invitation(desk: Desk) -> None:
    path = _invite(desk, email="stranger@example.test")
    with desk.owner() as connection:
        connection.execute("update users set disabled_at = now() where name = 'Stranger'")
    answer = desk.app.test_client().post(path, data=NEW, headers=OURS)
    assert answer.status_code == 422
    assert "account of this address is closed" in answer.text
    assert _count(desk, "select count(*) from invitations where accepted_at is not null") == 0


def test_the_way_for_people_without_a_role_is_closed_for_those_who_can_sign_in(desk: Desk) -> None:
    path, web = _invite(desk, email="stranger@example.test"), desk.app.test_client()
    answer = web.post(f"{path}/return", data={"password": PASSWORD}, headers=OURS)
    assert answer.status_code == 422
    assert "Sign in with this address first" in answer.text


def test_an_agencys_name_cannot_write_headers_or_lines_of_its_own(desk: Desk) -> None:
    with desk.owner() as connection:
        connection.execute(
            "update agencies set name = E'Harbor\\r\\nBcc: x@example.test' where name = 'Harbor'"
        )
    _invite(desk)
    letter = read_mails(desk, "new@example.test")[-1]
    assert "\n" not in letter.subject.strip()
    assert "\nBcc" not in letter.body


def test_a_failure_behind_a_secret_link_is_logged_without_the_secret(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    path = _invite(desk)
    with desk.owner() as connection:
        connection.execute("alter table invitations rename to invitations_away")
    web: FlaskClient = desk.app.test_client()
    assert web.get(path).status_code == 500
    assert "/invitation/" in caplog.text
    assert path.rpartition("/")[2] not in caplog.text
    with desk.owner() as connection:
        connection.execute("alter table invitations_away rename to invitations")
