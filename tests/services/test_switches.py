"""Stop switches: each subject, twice, by whom, and what starting again sets in motion."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from agency.domain.errors import Forbidden, Invalid, NotFound
from agency.services.switches import start_buying, stop_buying
from tests.desk import NOW, Desk
from tests.desk_rows import add_item, add_order, due_lanes

_STOPPED = [{"code": "stopped", "sentence": "Buying is stopped.", "approvable": False}]


@pytest.fixture
def desk(made: Desk) -> Iterator[Desk]:
    with made.session() as session:
        item = add_item(session, made.ours)
        session.execute(
            text(
                "insert into lanes (agency_id, client_id, supplier_id, api) "
                f"values ({item.agency_id}, {item.client_id}, {item.supplier_id}, 'purchase')"
            )
        )
    yield made
    made.clear()


def _public(desk: Desk, subject: str) -> str:
    names = {"agency": "", "client": "Luma", "shop": "Luma Shop", "supplier": "supplier"}
    return desk.ours.public[names[subject]] if names[subject] else ""


@pytest.mark.parametrize("subject", ["agency", "client", "shop", "supplier"])
def test_a_stop_says_when_and_by_whom_and_a_start_clears_it(desk: Desk, subject: str) -> None:
    table = "agencies" if subject == "agency" else f"{subject}s"
    query = text(
        f"select count(*) from {table} where buying_stopped_at is not null and buying_stopped_by = 'user:1'"
    )
    for _ in range(2):
        with desk.session() as session:
            stop_buying(desk.ours.scope(), session, subject, _public(desk, subject))
            session.flush()
            assert session.scalar(query) == 1
    for _ in range(2):
        with desk.session() as session:
            start_buying(desk.ours.scope(), session, subject, _public(desk, subject), NOW)
            session.flush()
            assert session.scalar(query) == 0


def test_starting_a_client_again_plans_its_stopped_orders_and_wakes_its_lanes(desk: Desk) -> None:
    with desk.session() as session:
        ours = add_order(session, desk.ours, stage="blocked", blockers=_STOPPED)
        add_order(session, desk.ours, "Kite", stage="blocked", blockers=_STOPPED)
        stop_buying(desk.ours.scope(), session, "client", _public(desk, "client"))
    with desk.session() as session:
        start_buying(desk.ours.scope(), session, "client", _public(desk, "client"), NOW)
    with desk.session() as session:
        assert list(session.scalars(text("select id from orders where plan_at is not null"))) == [ours.id]
        assert due_lanes(session) == {("plan", desk.ours.shops["Luma"]), ("purchase", None)}


def test_starting_what_was_not_stopped_wakes_nobody(desk: Desk) -> None:
    with desk.session() as session:
        start_buying(desk.ours.scope(), session, "agency", "", NOW)
        assert due_lanes(session) == set()


def test_an_operator_of_some_clients_stops_these_but_not_the_agency(desk: Desk) -> None:
    scope = desk.ours.scope(role="operator", client_ids=frozenset({desk.ours.clients["Luma"]}))
    with desk.session(scope) as session:
        stop_buying(scope, session, "shop", desk.ours.public["Luma Shop"])
        with pytest.raises(NotFound):
            stop_buying(scope, session, "shop", desk.ours.public["Kite Shop"])
        with pytest.raises(Forbidden):
            stop_buying(scope, session, "agency")


def test_a_viewer_cannot_stop_anything(desk: Desk) -> None:
    scope = desk.ours.scope(role="viewer")
    with desk.session(scope) as session, pytest.raises(Forbidden):
        stop_buying(scope, session, "agency")


def test_an_unknown_subject_is_named(desk: Desk) -> None:
    with desk.session() as session, pytest.raises(Invalid, match="agency, client, shop, supplier"):
        stop_buying(desk.ours.scope(), session, "galaxy", "x")


@pytest.mark.parametrize("wrong", ["theirs", "5f2c1d4e-0000-4000-8000-000000000000", "nonsense"])
def test_foreign_and_unknown_shops_read_the_same(desk: Desk, wrong: str) -> None:
    public_id = desk.theirs.public["Luma Shop"] if wrong == "theirs" else wrong
    with desk.session() as session, pytest.raises(NotFound, match="Shop not found"):
        stop_buying(desk.ours.scope(), session, "shop", public_id)
