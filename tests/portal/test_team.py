"""The team page: who is there, inviting, sending again, withdrawing, changing a role."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text

from agency.services.memberships import Person, add_member
from tests.desk import PASSWORD, Desk, open_desk
from tests.kept_people import keep_people, put_people_back
from tests.mailbox import last_mail, read_mails
from tests.portal.browsing import OURS, Visitor, visit

UNKNOWN = "5f2c1d4e-0000-4000-8000-000000000000"


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


@pytest.fixture
def owner(desk: Desk) -> Visitor:
    return visit(desk, "owner")


def _membership(desk: Desk, person: str, agency_id: int | None = None) -> str:
    query = text(
        """
        select m.public_id from memberships m join users u on u.id = m.user_id
        where u.email = :email and m.agency_id = :agency
        """
    )
    values = {"email": f"{person}@example.test", "agency": agency_id or desk.ours.agency_id}
    with desk.system() as session:
        return str(session.scalar(query, values))


def _invitation(desk: Desk, email: str) -> Any:
    with desk.system() as session:
        query = text("select * from invitations where email = :email order by id desc limit 1")
        return session.execute(query, {"email": email}).one()


def _acts(desk: Desk) -> list[str]:
    with desk.session() as session:
        return [
            row[0]
            for row in session.execute(
                text("select action from audit_entries where action <> 'session.opened' order by number")
            )
        ]


def _age_proofs(desk: Desk) -> None:
    with desk.system() as session:
        session.execute(text("update sessions set confirmed_at = now() - interval '11 minutes'"))


@pytest.mark.parametrize("person", ["operator", "viewer", "member"])
def test_only_an_owner_sees_the_team(desk: Desk, person: str) -> None:
    assert visit(desk, person).get("/team").status_code == 403


def test_the_page_shows_people_with_role_clients_and_second_factor(desk: Desk, owner: Visitor) -> None:
    with desk.system() as session:
        session.execute(
            text(
                """
                insert into second_factors (user_id, kind, label, confirmed_at)
                select id, 'totp', 'Phone', now() from users where email = 'viewer@example.test'
                """
            )
        )
    page = owner.page("/team")
    for person in ("owner", "operator", "viewer", "member"):
        assert f"{person}@example.test" in page
    assert "stranger@example.test" not in page
    assert page.count("No second factor") == 3
    assert "Operator · Luma" in page
    assert "Client member · Luma" in page


def test_an_invitation_goes_out_with_agency_role_inviter_and_end(desk: Desk, owner: Visitor) -> None:
    sent = owner.send(
        "/team/invitations", email="New@Example.test", role="operator", reach="some",
        client_ids=[desk.ours.public["Kite"]],
    )  # fmt: skip
    assert "The invitation is on its way" in sent.text
    assert "new@example.test" in sent.text
    letter = last_mail(desk, "new@example.test")
    for part in ("Owner invites you to Harbor", "an operator", "UTC"):
        assert part in letter.body
    row = _invitation(desk, "new@example.test")
    assert row.client_ids == [desk.ours.clients["Kite"]]
    assert 6.9 < (row.expires_at - row.created_at).total_seconds() / 86_400 < 7.1
    assert _acts(desk) == ["member.invited"]


def test_the_secret_is_in_the_mail_only(desk: Desk, owner: Visitor, caplog: pytest.LogCaptureFixture) -> None:
    sent = owner.send("/team/invitations", email="new@example.test", role="viewer")
    secret = last_mail(desk, "new@example.test").path.rpartition("/")[2]
    with desk.owner() as connection:
        kept = [
            str(row)
            for table in ("invitations", "mails", "audit_entries", "mail_links")
            for row in connection.execute(f"select t::text from {table} t")
        ]
    assert secret not in sent.text + caplog.text + " ".join(kept)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"email": "nonsense", "role": "viewer"}, "Write an e-mail address"),
        ({"email": "new@example.test", "role": "king"}, "Choose one of"),
        ({"email": "new@example.test", "role": "viewer", "reach": "some"}, "Choose at least one client"),
        ({"email": "viewer@example.test", "role": "viewer"}, "in your agency already"),
        ({"email": "new@example.test\r\nBcc: x@example.test", "role": "viewer"}, "Write an e-mail address"),
    ],
)
def test_a_bad_invitation_is_refused_with_the_reason(
    desk: Desk, owner: Visitor, fields: dict[str, str], told: str
) -> None:
    refused = owner.send("/team/invitations", **fields)
    assert refused.status_code == 422
    assert told in refused.text
    assert read_mails(desk, fields["email"]) == []
    assert _acts(desk) == []


def test_another_agencys_client_is_as_unknown_as_none(desk: Desk, owner: Visitor) -> None:
    answers = [
        owner.send(
            "/team/invitations", email="new@example.test", role="viewer", reach="some", client_ids=[client]
        )
        for client in (desk.theirs.public["Luma"], UNKNOWN)
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1
    assert read_mails(desk, "new@example.test") == []


def test_inviting_an_owner_asks_for_a_recent_proof(desk: Desk, owner: Visitor) -> None:
    _age_proofs(desk)
    refused = owner.send("/team/invitations", email="new@example.test", role="owner")
    assert "Confirm that it is you" in refused.text
    assert read_mails(desk, "new@example.test") == []
    fresh = visit(desk, "owner")
    assert "on its way" in fresh.send("/team/invitations", email="new@example.test", role="owner").text


def test_a_second_invitation_to_an_address_ends_the_first(desk: Desk, owner: Visitor) -> None:
    for role in ("viewer", "operator"):
        owner.send("/team/invitations", email="new@example.test", role=role)
    first, second = read_mails(desk, "new@example.test")
    web = desk.app.test_client()
    assert web.get(first.path).status_code == 404
    assert "Operator" in web.get(second.path).text


def test_sending_again_makes_a_new_link_and_withdrawing_ends_it(desk: Desk, owner: Visitor) -> None:
    owner.send("/team/invitations", email="new@example.test", role="viewer")
    path = f"/team/invitations/{_invitation(desk, 'new@example.test').public_id}"
    assert "A new link is on its way" in owner.send(f"{path}/again").text
    first, second = read_mails(desk, "new@example.test")
    web = desk.app.test_client()
    assert (web.get(first.path).status_code, web.get(second.path).status_code) == (404, 200)
    assert "withdrawn" in owner.send(f"{path}/withdraw").text
    assert web.get(second.path).status_code == 404
    assert owner.send(f"{path}/again").status_code == 404
    assert _acts(desk) == ["member.invited", "member.invited_again", "invitation.withdrawn"]


def test_another_agencys_invitation_and_member_answer_like_unknown_ones(desk: Desk, owner: Visitor) -> None:
    stranger = visit(desk, "stranger")
    stranger.send("/team/invitations", email="new@example.test", role="viewer")
    theirs = str(_invitation(desk, "new@example.test").public_id)
    for act in ("again", "withdraw"):
        answers = [owner.send(f"/team/invitations/{one}/{act}") for one in (theirs, UNKNOWN)]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].text == answers[1].text
    member = _membership(desk, "stranger", desk.theirs.agency_id)
    answers = [owner.send(f"/team/members/{one}", role="viewer") for one in (member, UNKNOWN)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].text == answers[1].text
    assert desk.app.test_client().get(last_mail(desk, "new@example.test").path).status_code == 200


def test_a_changed_role_holds_at_the_next_request(desk: Desk, owner: Visitor) -> None:
    operator = visit(desk, "operator")
    assert "Kite" not in operator.page("/shops")
    path = f"/team/members/{_membership(desk, 'operator')}"
    assert "Saved" in owner.send(path, role="viewer", reach="all").text
    assert "Kite" in operator.page("/shops")
    assert operator.send("/shops/connect", client=desk.ours.public["Luma"]).status_code == 403
    kite = desk.ours.public["Kite"]
    owner.send(path, role="operator", reach="some", client_ids=[kite])
    assert "Luma" not in operator.page("/shops")
    assert _acts(desk) == ["member.changed", "member.changed"]


def test_the_only_owner_stays_one_and_of_two_who_step_down_one_stays(desk: Desk, owner: Visitor) -> None:
    own = f"/team/members/{_membership(desk, 'owner')}"
    refused = owner.send(own, role="viewer")
    assert refused.status_code == 422
    assert "only owner" in refused.text
    owner.send(f"/team/members/{_membership(desk, 'viewer')}", role="owner")
    assert owner.send(own, role="viewer").status_code == 403  # changed, and the page is not theirs any more
    second = visit(desk, "viewer")
    assert "only owner" in second.send(f"/team/members/{_membership(desk, 'viewer')}", role="viewer").text


def test_making_and_unmaking_an_owner_ask_for_a_recent_proof(desk: Desk, owner: Visitor) -> None:
    with desk.system() as session:
        add_member(session, desk.ours.agency_id, Person("second@example.test", "Second", PASSWORD), "owner")
    _age_proofs(desk)
    for person, role in (("viewer", "owner"), ("second", "viewer")):
        answer = owner.send(f"/team/members/{_membership(desk, person)}", role=role)
        assert "Confirm that it is you" in answer.text, person


def test_a_client_member_gets_no_role_in_the_team_by_a_click(desk: Desk, owner: Visitor) -> None:
    answer = owner.send(f"/team/members/{_membership(desk, 'member')}", role="operator")
    assert answer.status_code == 422
    assert "Invite the person to the team" in answer.text


def test_a_client_member_is_invited_for_one_client(desk: Desk, owner: Visitor) -> None:
    path, kite = "/team/client-members", desk.ours.public["Kite"]
    assert "on its way" in owner.send(path, email="ana@example.test", client_id=kite).text
    assert _invitation(desk, "ana@example.test").role == "client_member"
    assert owner.send(path, email="bob@example.test").status_code == 422
    assert owner.send(path, email="bob@example.test", client_id=desk.theirs.public["Kite"]).status_code == 404


def test_an_agency_cannot_send_invitations_without_end(desk: Desk, owner: Visitor) -> None:
    with desk.owner() as connection:
        connection.execute(
            """
            insert into invitations (agency_id, email, role, token_hash, invited_by, expires_at)
            select 1, 'fake' || n || '@example.test', 'viewer', ('fake' || n)::bytea, 'user:1', now() + interval '1 day'
            from generate_series(1, 100) n
            """
        )
    answer = owner.send("/team/invitations", email="new@example.test", role="viewer")
    assert answer.status_code == 422
    assert "Withdraw some first" in answer.text


def test_nobody_but_an_owner_can_send_these_forms(desk: Desk) -> None:
    for person in ("operator", "viewer", "member"):
        visitor = visit(desk, person)
        for path in (
            "/team/invitations",
            "/team/client-members",
            f"/team/members/{_membership(desk, person)}",
        ):
            answer = visitor.send(path, email="new@example.test", role="owner")
            assert answer.status_code == 403, (person, path)
    assert desk.app.test_client().post("/team/invitations", headers=OURS).status_code in (303, 403)
    assert _acts(desk) == []
