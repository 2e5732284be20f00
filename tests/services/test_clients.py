"""Clients and their limits: who may set them, what is refused, and which orders a new limit sets free."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from agency.domain.errors import Conflict, Forbidden, Invalid, NotFound
from agency.services.clients import ClientLimits, NewClient, add_client, list_time_zones, set_client_limits
from agency.services.shop_lists import list_shops
from tests.desk import NOW, Desk
from tests.desk_rows import add_order, due_lanes

ORCHARD = NewClient("Orchard", "GBP", "Europe/London")
LIMITS = ClientLimits(7500, 1250, 200_000)


@pytest.fixture
def desk(made: Desk) -> Iterator[Desk]:
    yield made
    made.clear()
    with made.owner() as connection:
        connection.execute("delete from audit_entries")
        connection.execute("delete from clients where name not in ('Luma', 'Kite')")


def _names(desk: Desk, side: str = "ours") -> list[str]:
    scope = getattr(desk, side).scope()
    with desk.session(scope) as session:
        return [client.name for client in list_shops(scope, session).clients]


def test_a_new_client_is_listed_in_its_agency_only(desk: Desk) -> None:
    with desk.session() as session:
        add_client(desk.ours.scope(), session, replace(ORCHARD, name="  Orchard "))
    assert _names(desk) == ["Kite", "Luma", "Orchard"]
    assert _names(desk, "theirs") == ["Kite", "Luma"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "  "}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"currency": "XXQ"}, "currency"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"time_zone": "America"}, "time_zone"),
    ],
)
def test_a_client_that_cannot_be_calculated_for_is_refused_by_field(
    desk: Desk, changes: dict[str, Any], field: str
) -> None:
    with desk.session() as session, pytest.raises(Invalid) as refusal:
        add_client(desk.ours.scope(), session, replace(ORCHARD, **changes))
    assert refusal.value.field == field


def test_a_name_is_taken_once_in_an_agency_whatever_its_capitals(desk: Desk) -> None:
    with desk.session() as session, pytest.raises(Conflict, match="another name"):
        add_client(desk.ours.scope(), session, replace(ORCHARD, name="luma"))


@pytest.mark.parametrize("role", ["operator", "viewer"])
def test_only_an_owner_adds_clients_and_sets_limits(desk: Desk, role: str) -> None:
    scope = desk.ours.scope(role=role)
    with desk.session(scope) as session:
        with pytest.raises(Forbidden):
            add_client(scope, session, ORCHARD)
        with pytest.raises(Forbidden):
            set_client_limits(scope, session, desk.ours.public["Luma"], LIMITS, NOW)


def test_new_limits_plan_the_orders_that_the_former_ones_stopped_and_no_others(desk: Desk) -> None:
    def stopped(code: str) -> dict[str, Any]:
        return {"stage": "blocked", "blockers": [{"code": code, "sentence": "No.", "approvable": True}]}

    with desk.session() as session:
        dear = add_order(session, desk.ours, **stopped("cost_over_limit"))
        thin = add_order(session, desk.ours, **stopped("margin_below_floor"))
        spent = add_order(session, desk.ours, **stopped("budget_used_up"))
        add_order(session, desk.ours, **stopped("unmapped"))
        add_order(session, desk.ours, "Kite", **stopped("cost_over_limit"))
        set_client_limits(desk.ours.scope(), session, desk.ours.public["Luma"], LIMITS, NOW)
    with desk.session() as session:
        planned = set(session.scalars(text("select id from orders where plan_at is not null")))
        assert planned == {dear.id, thin.id, spent.id}
        assert due_lanes(session) == {("plan", desk.ours.shops["Luma"])}
        found = {client.name: client for client in list_shops(desk.ours.scope(), session).clients}
    luma = found["Luma"]
    assert (luma.approval_above.amount, luma.margin_floor_bp, luma.daily_budget.amount) == (
        7500,
        1250,
        200_000,
    )
    assert found["Kite"].margin_floor_bp == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("approval_above_minor", -1),
        ("daily_budget_minor", 2**63),
        ("margin_floor_bp", -1),
        ("margin_floor_bp", 10_001),
    ],
)
def test_a_limit_outside_its_range_is_refused_by_field(desk: Desk, field: str, value: int) -> None:
    with desk.session() as session, pytest.raises(Invalid) as refusal:
        set_client_limits(
            desk.ours.scope(), session, desk.ours.public["Luma"], replace(LIMITS, **{field: value}), NOW
        )
    assert refusal.value.field == field


@pytest.mark.parametrize("wrong", ["theirs", "5f2c1d4e-0000-4000-8000-000000000000", "nonsense"])
def test_foreign_and_unknown_clients_read_the_same(desk: Desk, wrong: str) -> None:
    public_id = desk.theirs.public["Luma"] if wrong == "theirs" else wrong
    with desk.session() as session, pytest.raises(NotFound, match="Client not found"):
        set_client_limits(desk.ours.scope(), session, public_id, LIMITS, NOW)


def test_every_zone_on_offer_is_a_town() -> None:
    zones = list_time_zones()
    assert {"America/New_York", "Europe/London", "Asia/Kolkata"} <= set(zones)
    assert not {"UTC", "Etc/GMT+5", "US/Eastern", "posixrules"} & set(zones)
