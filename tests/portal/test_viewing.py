"""View as client: the very pages of the client, read-only, under a banner, on the record, until the right is gone."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from agency.models.orders import Order
from tests.desk import Desk, open_desk
from tests.desk_rows import add_order
from tests.portal.browsing import OURS, Visitor, visit
from tests.portal.scenes import add_buyer, add_purchase

MINE, KITES = "577400000000000001", "577400000000000002"
PAGES = ("/client", "/client/orders", f"/client/orders/{MINE}")
_BANNER = re.compile(r'<div class="viewing".*?</div>', re.DOTALL)
_TOKEN = re.compile(r'value="[\w-]{20,}"')


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with open_desk() as opened:
        with opened.session() as session:
            purchase = add_purchase(session, opened, MINE, "paid", actual_minor=777)
            add_buyer(session, opened, session.get_one(Order, purchase.order_id))
            add_order(session, opened.ours, "Kite", number=KITES)
        with opened.owner() as connection:
            zone = "update users set time_zone = 'Asia/Tokyo' where email = 'member@example.test'"
            connection.execute(zone)
        yield opened


def _view(desk: Desk, person: str, client: str = "Luma") -> Visitor:
    visitor = visit(desk, person)
    answer = visitor.send(f"/clients/{desk.ours.public[client]}/view")
    assert answer.status_code == 200, answer.text
    return visitor


def _acts(desk: Desk) -> list[tuple[str, str]]:
    with desk.session() as session:
        rows = session.execute(
            text("select action, object_id from audit_entries where action like 'client.%' order by number")
        )
        return [(row.action, row.object_id) for row in rows]


def _plain(page: str, name: str) -> str:
    """The page without banner, tokens and the name of who is signed in."""
    return _TOKEN.sub("", _BANNER.sub("", page)).replace(name, "NAME").replace("\n", "").replace(" ", "")


@pytest.mark.parametrize("person", ["owner", "operator", "viewer"])
@pytest.mark.parametrize("path", PAGES)
def test_the_team_sees_byte_for_byte_what_the_member_sees(desk: Desk, person: str, path: str) -> None:
    theirs, ours = visit(desk, "member").page(path), _view(desk, person).page(path)
    assert "You see what <b>Luma</b> sees." in ours
    assert "viewing" not in theirs
    assert _plain(ours, person.capitalize()) == _plain(theirs, "Member")


def test_pages_of_the_team_answer_as_they_do_to_a_member(desk: Desk) -> None:
    member, viewing = visit(desk, "member"), _view(desk, "owner")
    for path in ("/today", "/orders", f"/orders/{MINE}", "/shops", "/clients", "/suppliers", "/mappings"):
        theirs, ours = member.get(path), viewing.get(path)
        assert (ours.status_code, _plain(ours.text, "Owner")) == (403, _plain(theirs.text, "Member")), path
        assert "Stop viewing" in ours.text
    assert viewing.get(f"/client/orders/{KITES}").status_code == 404


def test_nothing_can_be_changed_while_viewing(desk: Desk) -> None:
    viewing = _view(desk, "owner")
    kite = desk.ours.public["Kite"]
    for path in (f"/clients/{kite}/view", "/buying/stop", f"/orders/{MINE}/address", "/workspace"):
        assert viewing.send(path, subject="agency").status_code == 403, path
    refused = viewing.get("/account")
    assert refused.status_code == 403
    assert "Stop viewing first" in refused.text
    assert viewing.get("/api/v1/own/overview").status_code == 403
    cookie = viewing.web.get_cookie("shopfleet")
    assert cookie is not None
    bearer = {"Authorization": f"Bearer {cookie.value}"}
    assert desk.app.test_client().get("/client", headers=bearer).status_code == 403


def test_it_begins_in_the_browser_only_and_with_ones_own_clients(desk: Desk) -> None:
    path = f"/clients/{desk.ours.public['Luma']}/view"
    assert desk.web("owner").post(path).status_code == 403
    assert visit(desk, "member").send(path).status_code == 403
    assert visit(desk, "operator").send(f"/clients/{desk.ours.public['Kite']}/view").status_code == 404
    assert visit(desk, "stranger").send(path).status_code == 404


def test_begin_and_end_are_in_the_audit_log(desk: Desk) -> None:
    luma, before = desk.ours.public["Luma"], len(_acts(desk))
    viewing = _view(desk, "viewer")
    told = viewing.send("/viewing/stop").text
    assert "You see your own pages again." in told
    assert "Today" in told
    _view(desk, "viewer").send("/logout")
    wanted = [("client.viewed", luma), ("client.view_ended", luma)]
    assert _acts(desk)[before:] == wanted * 2
    with desk.session() as session:
        who = session.scalars(text("select distinct actor from audit_entries where action like 'client.%'"))
        assert all(actor.startswith("user:") for actor in who)


def test_it_ends_at_the_next_request_when_the_client_is_taken_away(desk: Desk) -> None:
    viewing, before = _view(desk, "operator"), len(_acts(desk))
    luma, kite = desk.ours.clients["Luma"], desk.ours.clients["Kite"]
    narrowed = "update memberships set client_ids = %s where role = 'operator'"
    with desk.owner() as connection:
        connection.execute(narrowed, ([kite],))
        assert viewing.get("/client").status_code == 403
        page = viewing.page("/orders")
        connection.execute(narrowed, ([luma],))
    assert KITES in page
    assert MINE not in page
    assert "Stop viewing" not in page
    assert [action for action, _client in _acts(desk)[before:]] == ["client.view_ended"]
    # It does not come back by itself with the right.
    assert "Stop viewing" not in viewing.page("/orders")


def test_a_foreign_form_does_not_end_it(desk: Desk) -> None:
    viewing = _view(desk, "owner")
    viewing.web.post("/viewing/stop", headers=OURS)  # without the form's token nothing ends
    assert "Stop viewing" in viewing.page("/client")
