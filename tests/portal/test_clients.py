"""The page of clients: who may open it, adding one, its limits, connecting a shop for it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from agency.models.clients import Client
from tests.desk import Desk
from tests.portal.browsing import Visitor, visit

NEW = {"name": "Orchard & Co", "currency": "GBP", "time_zone": "Europe/London"}


def _client(desk: Desk, name: str) -> Client:
    with desk.session() as session:
        return session.scalars(select(Client).where(Client.name == name)).one()


@pytest.mark.parametrize("person", ["operator", "viewer", "member"])
def test_only_an_owner_sees_the_page_and_its_link(desk: Desk, person: str) -> None:
    visitor = visit(desk, person)
    assert visitor.get("/clients").status_code == 403
    assert 'href="/clients"' not in visitor.web.get("/", follow_redirects=True).text


def test_the_side_bar_leads_an_owner_to_the_clients(owner: Visitor) -> None:
    assert 'href="/clients"' in owner.page("/today")
    page = owner.page("/clients")
    assert "Luma" in page
    assert "1 shop" in page


def test_a_client_is_added_and_can_be_chosen_for_a_shop(desk: Desk, owner: Visitor) -> None:
    added = owner.send("/clients", **NEW)
    assert "Client added" in added.text
    assert "Orchard &amp; Co" in added.text
    public_id = _client(desk, NEW["name"]).public_id
    connect = owner.page(f"/shops?client={public_id}")
    assert f'<option value="{public_id}" selected>' in connect
    assert "consent page" in owner.send("/shops/connect", client=str(public_id)).text


def test_a_wrong_client_keeps_what_was_typed_and_names_the_field(owner: Visitor) -> None:
    refused = owner.send("/clients", name="Quince", currency="GBP", time_zone="Mars/Olympus")
    assert refused.status_code == 422
    assert "Choose a time zone from the list" in refused.text
    assert 'id="client-time_zone-wrong"' in refused.text
    assert 'value="Quince"' in refused.text
    taken = owner.send("/clients", name="KITE", currency="USD", time_zone="Europe/London")
    assert taken.status_code == 422
    assert "already. Choose another name." in taken.text


def test_limits_are_typed_in_the_clients_money_and_in_percent(desk: Desk, owner: Visitor) -> None:
    path = f"/clients/{desk.ours.public['Kite']}/limits"
    fields = {"approval_above_minor": "75.50", "daily_budget_minor": "2000", "margin_floor": "12.5"}
    saved = owner.send(path, **fields)
    assert "Limits saved" in saved.text
    assert "$75.50" in saved.text
    assert "Asks above $75.50 or below 12.5 % margin" in owner.page("/clients")
    kite = _client(desk, "Kite")
    assert (kite.approval_above_minor, kite.daily_budget_minor, kite.margin_floor_bp) == (7550, 200_000, 1250)


@pytest.mark.parametrize(
    ("field", "typed", "message"),
    [
        ("approval_above_minor", "-5", "from 0 to 100,000,000"),
        ("approval_above_minor", "much", "is not an amount"),
        ("approval_above_minor", "", "Write the amount, for example 50.00."),
        ("daily_budget_minor", "999999999999", "from 0 to 100,000,000"),
        ("margin_floor", "101", "from 0 to 100 percent"),
        ("margin_floor", "ten", "Write a number like 12.5."),
        ("margin_floor", "1.234", "at most two digits"),
    ],
)
def test_a_wrong_limit_is_named_at_its_field(
    desk: Desk, owner: Visitor, field: str, typed: str, message: str
) -> None:
    public_id = desk.ours.public["Luma"]
    fields = {"approval_above_minor": "50", "daily_budget_minor": "100", "margin_floor": "5", field: typed}
    refused = owner.send(f"/clients/{public_id}/limits", **fields)
    assert refused.status_code == 422
    assert message in refused.text
    assert f'id="limits-{public_id}-{field}-wrong"' in refused.text
    assert _client(desk, "Luma").margin_floor_bp == 0


def test_the_limits_of_a_foreign_client_are_not_found(desk: Desk, owner: Visitor) -> None:
    fields = {"approval_above_minor": "50", "daily_budget_minor": "100", "margin_floor": "5"}
    assert owner.send(f"/clients/{desk.theirs.public['Luma']}/limits", **fields).status_code == 404
    operator = visit(desk, "operator")
    assert operator.send(f"/clients/{desk.ours.public['Luma']}/limits", **fields).status_code == 403
