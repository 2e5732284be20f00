"""Set-up is derived from what the database holds; practice is offered only where a simulator runs, to owners only."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from agency.services.memberships import Person, add_member, create_agency_with_owner
from tests.desk import PASSWORD, Desk, open_desk
from tests.portal.browsing import Visitor, visit


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with open_desk() as opened:
        _found_agency(opened, "empty")
        _found_agency(opened, "bare")
        yield opened


@pytest.fixture(scope="module")
def real() -> Iterator[Desk]:
    """An installation that talks to the real TikTok."""
    with open_desk(simulator=False) as opened:
        _found_agency(opened, "empty")
        yield opened


def _found_agency(desk: Desk, name: str) -> None:
    with desk.system() as session:
        made = create_agency_with_owner(session, name, Person(f"{name}@example.test", name, PASSWORD))
        viewer = Person(f"{name}-viewer@example.test", name, PASSWORD)
        add_member(session, made.agency_id, viewer, "viewer")


def _first_page(visitor: Visitor) -> str:
    return visitor.get("/").headers["Location"]


def test_an_empty_agency_begins_with_setup_and_one_with_a_shop_with_today(desk: Desk) -> None:
    assert _first_page(visit(desk, "empty")).startswith("/setup")
    assert _first_page(visit(desk, "owner")).startswith("/today")
    assert _first_page(visit(desk, "empty-viewer")).startswith("/today")


def test_only_owners_see_setup(desk: Desk) -> None:
    assert 'href="/setup"' in visit(desk, "owner").page("/today")
    for person in ("viewer", "operator", "empty-viewer"):
        other = visit(desk, person)
        assert other.get("/setup").status_code == 403
        assert other.send("/setup/practice").status_code == 403
        assert 'href="/setup"' not in other.page("/today")


def test_without_a_simulator_the_next_step_is_a_real_one(real: Desk) -> None:
    owner = visit(real, "empty")
    page = owner.page("/setup?step=practice")
    assert "practice shop" not in page
    assert "1 of 9 done" in page
    assert owner.send("/setup/practice").status_code == 404


def test_the_steps_follow_the_database(desk: Desk) -> None:
    owner = visit(desk, "empty")
    assert "1 of 10 done" in owner.page("/setup")
    owner.send("/clients", name="Luma", currency="USD", time_zone="America/New_York")
    assert "2 of 10 done" in owner.page("/setup")
    (client,) = set(re.findall(r"/clients/([0-9a-f-]{36})", owner.page("/clients")))
    owner.send(
        f"/clients/{client}/limits", approval_above_minor="50", daily_budget_minor="1000", margin_floor="0"
    )
    assert "3 of 10 done" in owner.page("/setup")


def test_a_supplier_that_learns_addresses_counts_once_the_client_agreed(desk: Desk) -> None:
    owner = visit(desk, "bare")
    owner.send("/clients", name="Luma", currency="USD", time_zone="America/New_York")
    (client,) = set(re.findall(r"/clients/([0-9a-f-]{36})", owner.page("/clients")))
    before = _done(owner.page("/setup"))
    owner.send("/suppliers", client_id=client, kind="manual", name="Kiln", currency="USD")
    (supplier,) = set(re.findall(r"/suppliers/([0-9a-f-]{36})", owner.page("/suppliers")))
    assert _done(owner.page("/setup")) == before
    owner.send(f"/suppliers/{supplier}/consent", given_by_name="Lina Luma", agreed="yes")
    assert int(_done(owner.page("/setup"))) == int(before) + 1


def test_there_is_one_practice_client_at_a_time_and_it_counts_for_no_other_step(desk: Desk) -> None:
    stranger = visit(desk, "stranger")
    before = _done(stranger.page("/setup"))
    assert stranger.send("/setup/practice").status_code == 200
    assert _done(stranger.page("/setup")) == before
    assert stranger.send("/setup/practice").status_code == 409
    assert "Practice client" in stranger.page("/clients")
    assert "Practice client" not in visit(desk, "owner").page("/clients")


def _done(page: str) -> str:
    return page.partition(" of 10 done")[0].rpartition(">")[2]
