"""The agency's own rule: everybody needs a second factor, from the next click on and in every tab."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from agency.services.memberships import Person, add_member
from agency.web import permissions_of
from agency.web.permissions import PUBLIC, SIGNED_IN
from tests.desk import PASSWORD, Desk
from tests.factors import enrol, take_away
from tests.moving import move_clock
from tests.portal.browsing import OURS, Visitor, visit
from tests.portal.test_factors import add


@pytest.fixture(autouse=True)
def _nobody(desk: Desk) -> Iterator[None]:
    take_away(desk)
    yield
    take_away(desk)


def _require(desk: Desk) -> Visitor:
    owner = visit(desk, "owner")
    add(owner)
    assert "From now on everybody needs" in owner.send("/settings/security", required="yes").text
    return owner


def test_an_owner_needs_a_factor_of_their_own_first(desk: Desk) -> None:
    owner = visit(desk, "owner")
    assert "Add your own second factor first" in owner.page("/settings/security")
    refused = owner.send("/settings/security", required="yes")
    assert refused.status_code == 422
    assert "Add a second factor to your own account first" in refused.text
    assert visit(desk, "viewer").get("/today").status_code == 200


@pytest.mark.parametrize("person", ["operator", "viewer", "member"])
def test_only_owners_see_and_switch_it(desk: Desk, person: str) -> None:
    visitor = visit(desk, person)
    assert visitor.get("/settings/security").status_code == 403
    assert visitor.send("/settings/security", required="yes").status_code == 403


def test_switching_needs_a_recent_proof(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = visit(desk, "owner")
    move_clock(monkeypatch, minutes=11)
    answer = owner.send("/settings/security", follow=False, required="yes")
    assert answer.location == "/account/confirm?next=/settings/security"


def test_the_switch_is_in_the_audit_log_once(desk: Desk) -> None:
    with desk.owner() as connection:
        connection.execute("delete from audit_entries")
        owner = _require(desk)
        owner.send("/settings/security", required="yes")
        owner.send("/settings/security", required="no")
        rows = connection.execute(
            "select action, details from audit_entries where action like 'agency.%' order by number"
        ).fetchall()
    assert rows == [
        ("agency.second_factor_rule", {"required": True}),
        ("agency.second_factor_rule", {"required": False}),
    ]


@pytest.mark.parametrize("person", ["operator", "viewer", "member"])
def test_every_tab_of_a_member_without_one_leads_to_their_factors(desk: Desk, person: str) -> None:
    tabs, api = [visit(desk, person), visit(desk, person)], desk.web(person)
    _require(desk)
    for tab in tabs:
        for path in ("/today", "/orders", "/client", "/client/orders", "/settings/security"):
            answer = tab.get(path)
            assert (answer.status_code, answer.location) == (303, "/account/factors"), path
    answer = api.get("/api/v1/orders")
    assert answer.status_code == 403
    assert "second factor" in answer.json["detail"]
    assert answer.json["remedy"] == "enrol"
    page = tabs[0].page("/account/factors")
    assert "Harbor asks everybody for a second factor" in page
    assert not re.search(r'href="/(today|orders|client|shops)', page)
    add(tabs[0])
    for tab in tabs:
        assert tab.web.get("/", follow_redirects=True).status_code == 200
    assert api.get("/api/v1/orders").status_code == (403 if person == "member" else 200)


# What would end the tab that asks.
_WAYS_OUT = ("portal.sign_out", "portal.leave", "sessions.end_session")


def test_nothing_but_their_own_account_opens_on_any_route(desk: Desk) -> None:
    tab = visit(desk, "operator")
    _require(desk)
    headers, words = OURS | {"X-Form-Token": _form_token(tab)}, permissions_of(desk.app)
    closed = 0
    for rule in desk.app.url_map.iter_rules():
        path = re.sub(r"<[^>]+>", "00000000-0000-4000-8000-000000000000", rule.rule)
        for method in (rule.methods or set()) - {"OPTIONS", "HEAD"}:
            if rule.endpoint in _WAYS_OUT or words[rule.endpoint] == PUBLIC:
                continue
            answer = tab.web.open(path, method=method, headers=headers)
            if (
                words[rule.endpoint] == SIGNED_IN
            ):  # their account and the way out, without the agency's figures
                assert 'href="/today"' not in answer.text, path
                continue
            led = answer.status_code == 303 and answer.location == "/account/factors"
            assert led or (answer.status_code == 403 and "second factor" in answer.text), (method, path)
            closed += 1
    assert closed > 50


def test_the_other_agency_asks_for_nothing(desk: Desk) -> None:
    stranger = visit(desk, "stranger")
    _require(desk)
    assert stranger.get("/today").status_code == 200
    assert "own choice" in stranger.page("/settings/security")


def test_taking_the_last_factor_away_leads_back_to_the_page(desk: Desk) -> None:
    owner = _require(desk)
    factor = re.findall(r'action="(/account/factors/[0-9a-f-]{36}/remove)"', owner.page("/account/factors"))
    owner.send(factor[0])
    assert owner.get("/today").location == "/account/factors"


def test_a_member_with_a_factor_notices_nothing(desk: Desk) -> None:
    tab = visit(desk, "viewer")
    enrol(desk, "viewer")
    _require(desk)
    assert tab.get("/today").status_code == 200


def test_somebody_with_two_agencies_can_go_to_the_one_that_asks_for_nothing(desk: Desk) -> None:
    with desk.system() as session:
        person = Person("operator@example.test", "Operator", PASSWORD)
        add_member(session, desk.theirs.agency_id, person, "viewer")
    tab = visit(desk, "operator")
    _require(desk)
    page = tab.page("/account/factors")
    (other,) = re.findall(r'<option value="([^"]+)">\s*Rival', page)
    assert "You changed the workspace" in tab.send("/workspace", membership=other).text
    assert tab.get("/today").status_code == 200


def _form_token(visitor: Visitor) -> str:
    found = re.search(r'name="form_token" value="([^"]+)"', visitor.page("/account/factors"))
    assert found is not None
    return found.group(1)
