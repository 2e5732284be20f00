"""Opening an agency: by mail, by somebody known, by somebody signed in, and not at all where it is switched off."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from tests.desk import PASSWORD, Desk, open_desk
from tests.kept_people import keep_people, put_people_back
from tests.mailbox import last_mail, read_mails
from tests.portal.browsing import OURS, Visitor, visit

NEW = {
    "agency_name": "Quince & Co",
    "name": "Noor Patel",
    "password": "fake lamps sing softly",
    "time_zone": "Europe/London",
}


@pytest.fixture(scope="module")
def world() -> Iterator[Desk]:
    with open_desk(sign_up=True) as opened:
        keep_people(opened)
        yield opened


@pytest.fixture
def desk(world: Desk) -> Iterator[Desk]:
    yield world
    put_people_back(world)


def _ask(desk: Desk, email: str) -> str:
    answer = desk.app.test_client().post("/signup", data={"email": email}, headers=OURS)
    assert "Look into your mail" in answer.text
    return last_mail(desk, email).path


def test_an_unknown_address_opens_an_agency_and_is_signed_in_as_its_owner(desk: Desk) -> None:
    path, web = _ask(desk, "Noor@Example.test".lower()), desk.app.test_client()
    assert web.get(path).status_code == 200
    opened = web.post(path, data=NEW, headers=OURS, follow_redirects=True)
    assert "Your agency is open" in opened.text
    assert '<b class="cut">Quince &amp; Co</b><small>0 shops</small>' in opened.text
    assert "<small>Owner</small>" in opened.text
    assert "Luma" not in Visitor(web).page("/clients")
    with desk.system() as session:
        agency_id = session.scalar(text("select id from agencies where name = 'Quince & Co'"))
    with desk.session(desk.ours.scope(agency_id=agency_id)) as session:
        acts = [
            row.action
            for row in session.execute(
                text("select action from audit_entries where action <> 'session.opened'")
            )
        ]
    assert acts == ["agency.created"]
    assert web.get(path).status_code == 404
    assert web.post(path, data=NEW, headers=OURS).status_code == 404


def test_a_known_address_is_told_by_mail_and_gets_no_second_account(desk: Desk) -> None:
    path = _ask(desk, "owner@example.test")
    assert path == "/login"
    assert "have a Shopfleet account already" in last_mail(desk, "owner@example.test").subject
    assert len(read_mails(desk, "owner@example.test")) == 1


def test_nothing_that_a_stranger_typed_but_the_address_is_in_the_mail(desk: Desk) -> None:
    fields = {"email": "noor@example.test", "agency_name": "Buy at evil.example", "name": "Evil"}
    desk.app.test_client().post("/signup", data=fields, headers=OURS)
    assert "vil" not in last_mail(desk, "noor@example.test").body


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"agency_name": ""}, "Give the agency a name"),
        ({"name": ""}, "Write a name"),
        ({"password": "quince & co 2026"}, "too easy to guess"),
        ({"time_zone": "Mars/Olympus"}, "Choose a time zone"),
    ],
)
def test_a_refused_form_keeps_what_was_typed_and_the_link(
    desk: Desk, wrong: dict[str, str], told: str
) -> None:
    path, web = _ask(desk, "noor@example.test"), desk.app.test_client()
    refused = web.post(path, data=NEW | wrong, headers=OURS)
    assert refused.status_code == 422
    assert told in refused.text
    assert web.post(path, data=NEW, headers=OURS).status_code == 303


def test_somebody_whose_every_role_has_ended_opens_an_agency_with_their_password(desk: Desk) -> None:
    with desk.owner() as connection:
        connection.execute("update memberships set ended_at = now() where role = 'viewer'")
    path, web = _ask(desk, "viewer@example.test"), desk.app.test_client()
    assert path.startswith("/signup/")
    assert web.post(path, data=NEW, headers=OURS).status_code == 422
    done = web.post(path, data={"agency_name": "Quince", "password": PASSWORD}, headers=OURS)
    assert done.location == "/login?done=agency_made_sign_in"
    assert "Quince" in visit(desk, "viewer").page("/today")


@pytest.mark.parametrize("person", ["viewer", "member"])
def test_somebody_signed_in_adds_an_agency_and_lands_in_it(desk: Desk, person: str) -> None:
    visitor = visit(desk, person)
    assert "Open another agency" in visitor.page("/account/agencies")
    made = visitor.send("/account/agencies", agency_name="Second Harbor")
    assert "Your agency is open" in made.text
    assert '<b class="cut">Second Harbor</b><small>0 shops</small>' in made.text
    assert "<small>Owner</small>" in made.text
    assert "Harbor" in visitor.page("/account/agencies")
    assert visitor.send("/account/agencies", agency_name=" ").status_code == 422


def test_where_it_is_switched_off_nobody_opens_an_agency() -> None:
    with open_desk(sign_up=False) as desk:
        web = desk.app.test_client()
        for path in ("/signup", "/signup/" + "x" * 43):
            assert web.get(path).status_code == 404
            assert web.post(path, data=NEW | {"email": "noor@example.test"}, headers=OURS).status_code == 404
        assert "/signup" not in web.get("/login").text
        owner = visit(desk, "owner")
        assert "Open another agency" not in owner.page("/account/agencies")
        assert owner.send("/account/agencies", agency_name="Second").status_code == 404
