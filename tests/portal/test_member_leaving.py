"""One act removes a person everywhere in the agency, and says before and afterwards what that means."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from agency.models.team import ApiToken, Invitation
from agency.services.catalog import NewSupplier, add_supplier, replace_credentials
from agency.services.connecting import request_connection
from agency.services.handwork import claim_purchase
from agency.services.memberships import Person, add_member
from agency.services.sealing import Keyring
from tests.databases import MASTER_KEY
from tests.desk import NOW, PASSWORD, Desk, open_desk
from tests.portal.browsing import OURS, visit
from tests.portal.scenes import add_purchase

KEYS = Keyring(MASTER_KEY)
NUMBER = "577700000000000001"
SOON = datetime.now(UTC) + timedelta(days=7)


@pytest.fixture
def desk() -> Iterator[Desk]:
    """The operator works: a claim, a token, a link, an invitation; and works for the other agency too."""
    with open_desk() as opened:
        user_id = _user(opened, "operator")
        scope = opened.ours.scope(
            role="operator", actor=f"user:{user_id}", user_id=user_id,
            client_ids=frozenset({opened.ours.clients["Luma"]}),
        )  # fmt: skip
        with opened.session(scope) as session:
            purchase = add_purchase(session, opened, NUMBER, "ready")
            claim_purchase(scope, session, str(purchase.public_id), NOW)
            request_connection(scope, session, opened.ours.public["Luma"])
            for client in ("Luma", "Kite"):
                key = {"api_key": "fake-key"}
                new = NewSupplier(opened.ours.public[client], "rest", f"{client} Wholesale", "USD",
                                  "https://supplier.example.test", credentials=key)  # fmt: skip
                opened.ours.public[f"{client} supplier"] = add_supplier(
                    opened.ours.scope(), session, KEYS, new
                )
            session.add(_invitation(opened, "new@example.test", scope.actor))
            session.add(_invitation(opened, "operator@example.test", "user:1"))
            session.add(_invitation(opened, "other@example.test", "user:1"))
            session.add(_token(opened, _membership(opened, "operator")[0]))
        with opened.system() as session:
            add_member(session, opened.theirs.agency_id, Person("operator@example.test", "", ""), "viewer")
        yield opened


def _user(desk: Desk, person: str) -> int:
    with desk.owner() as connection:
        row = connection.execute(
            "select id from users where email = %s", (f"{person}@example.test",)
        ).fetchone()
    assert row is not None
    return int(row[0])


def _membership(desk: Desk, person: str) -> tuple[int, str]:
    """Internal and public id of the person's membership in our agency."""
    with desk.owner() as connection:
        query = "select id, public_id from memberships where user_id = %s and agency_id = %s"
        row = connection.execute(query, (_user(desk, person), desk.ours.agency_id)).fetchone()
    assert row is not None
    return int(row[0]), str(row[1])


def _invitation(desk: Desk, email: str, by: str) -> Invitation:
    token = hashlib.sha256(email.encode()).digest()
    return Invitation(agency_id=desk.ours.agency_id, email=email, role="viewer", client_ids=None,
                      token_hash=token, invited_by=by, expires_at=SOON)  # fmt: skip


def _token(desk: Desk, membership_id: int) -> ApiToken:
    return ApiToken(agency_id=desk.ours.agency_id, membership_id=membership_id, name="Fake", hint="fake",
                    token_hash=b"fake-token", areas=["orders:read"], client_ids=None, expires_at=SOON)  # fmt: skip


def _open_keys(desk: Desk) -> list[str]:
    with desk.session() as session:
        query = """select p.name from attentions a join suppliers p on p.id = a.supplier_id
          where a.kind = 'change_key' and a.resolved_at is null order by p.name"""
        return list(session.scalars(text(query)))


def test_one_act_ends_everything_here_and_nothing_elsewhere(desk: Desk) -> None:
    owner, operator = visit(desk, "owner"), visit(desk, "operator")
    elsewhere = visit(desk, "operator")
    (other,) = [m for m in _memberships(desk, "operator") if m != _membership(desk, "operator")[1]]
    elsewhere.send("/workspace", membership=other)
    path = f"/team/{_membership(desk, 'operator')[1]}/remove"

    before = owner.page(path)
    for said in (
        "1 session ended",
        "1 API token revoked",
        "2 open invitations",
        "1 link to connect",
        "1 claimed",
    ):
        assert said in before, said
    assert "Luma Wholesale" in before
    assert "Kite Wholesale" not in before

    after = owner.send(path).text
    assert "Operator has left" in after
    assert "1 API token revoked" in after
    assert operator.get("/today").headers["Location"].startswith("/login")
    assert elsewhere.get("/today").status_code == 200
    with desk.session() as session:
        pending = session.scalars(text("select email from invitations where withdrawn_at is null")).all()
        tokens = session.scalars(text("select count(*) from api_tokens where revoked_at is null")).one()
        links = session.scalars(text("select count(*) from connect_requests where used_at is null")).one()
        claims = session.scalars(text("select count(*) from purchases where claimed_by <> ''")).one()
        (entry,) = session.execute(
            text("select * from audit_entries where action = 'member.removed'")
        ).mappings()
        versions = session.execute(
            text(
                "select c.name, max(k.version) from client_keys k join clients c on c.id = k.client_id group by 1"
            )
        )
        assert dict(versions.all()) == {"Luma": 2, "Kite": 1}
    assert (pending, tokens, links, claims) == (["other@example.test"], 0, 0, 0)
    assert entry["details"] == {
        "sessions": 1, "tokens": 1, "invitations": 2, "links": 1, "claims": 1, "keys": 1, "role": "operator",
        "self": False, "data_keys": 1,
    }  # fmt: skip
    assert owner.send(path).status_code == 422
    # The same e-mail and password still open the other agency.
    assert "Rival" in visit(desk, "operator").page("/today")


def test_each_key_they_could_know_stays_open_until_it_is_changed(desk: Desk) -> None:
    owner = visit(desk, "owner")
    owner.send(f"/team/{_membership(desk, 'operator')[1]}/remove")
    assert _open_keys(desk) == ["Luma Wholesale"]
    assert "Key to change" in owner.page("/today")
    with desk.session() as session:
        replace_credentials(
            desk.ours.scope(), session, KEYS, desk.ours.public["Luma supplier"], {"api_key": "fake-2"}, NOW
        )
    assert _open_keys(desk) == []


def test_who_only_looked_could_see_no_key(desk: Desk) -> None:
    owner = visit(desk, "owner")
    for person in ("viewer", "member"):
        path = f"/team/{_membership(desk, person)[1]}/remove"
        assert "nobody shows one to this role" in owner.page(path)
        assert owner.send(path).status_code == 200
    assert _open_keys(desk) == []


@pytest.mark.parametrize(
    ("person", "status"), [("operator", 403), ("viewer", 403), ("member", 403), ("stranger", 404)]
)
def test_only_an_owner_of_this_agency_removes_people(desk: Desk, person: str, status: int) -> None:
    path = f"/team/{_membership(desk, 'viewer')[1]}/remove"
    visitor = visit(desk, person)
    if person == "operator":  # who works for both agencies; in ours an operator
        visitor.send("/workspace", membership=_membership(desk, "operator")[1])
    assert visitor.get(path).status_code == status
    assert visitor.send(path).status_code == status


def test_the_last_owner_stays(desk: Desk) -> None:
    owner = visit(desk, "owner")
    for path in (f"/team/{_membership(desk, 'owner')[1]}/remove", "/account/leave"):
        refused = owner.send(path)
        assert refused.status_code == 422, path
        assert "last owner" in refused.text
    with desk.system() as session:
        add_member(session, desk.ours.agency_id, Person("second@example.test", "Second", PASSWORD), "owner")
    assert owner.send("/account/leave", follow=False).headers["Location"] == "/login"
    assert owner.get("/today").status_code == 303


@pytest.mark.parametrize("person", ["operator", "viewer", "member"])
def test_everybody_may_leave_by_themselves(desk: Desk, person: str) -> None:
    visitor = visit(desk, person)
    visitor.send("/workspace", membership=_membership(desk, person)[1])
    assert "Your access to Harbor" in visitor.page("/account/leave")
    assert visitor.send("/account/leave", follow=False).headers["Location"] == "/login"
    with desk.owner() as connection:
        query = "select ended_at is not null from memberships where id = %s"
        assert connection.execute(query, (_membership(desk, person)[0],)).fetchone() == (True,)
    again = desk.app.test_client().post(
        "/login", data={"email": f"{person}@example.test", "password": PASSWORD}, headers=OURS
    )
    assert again.status_code == (303 if person == "operator" else 401)


def test_removing_asks_for_a_fresh_proof(desk: Desk) -> None:
    owner = visit(desk, "owner")
    with desk.owner() as connection:
        connection.execute("update sessions set confirmed_at = now() - interval '11 minutes'")
    for path in (f"/team/{_membership(desk, 'viewer')[1]}/remove", "/account/leave"):
        assert "Confirm that it is you" in owner.send(path).text


def _memberships(desk: Desk, person: str) -> list[str]:
    with desk.owner() as connection:
        query = "select public_id from memberships where user_id = %s"
        return [str(row[0]) for row in connection.execute(query, (_user(desk, person),))]
