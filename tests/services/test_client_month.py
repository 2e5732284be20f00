"""A client's month and first page: honest figures, what the contract shares, and nothing else."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import timedelta

import pytest
from sqlalchemy import text

from agency.domain.errors import NotFound
from agency.domain.money import Money
from agency.domain.months import parse_month
from agency.services.client_month import (
    ClientMonth,
    export_month,
    get_month,
    last_complete_month,
    list_months,
)
from agency.services.client_overview import get_overview
from agency.services.client_requests import add_request, close_request, list_open_requests, list_requests
from agency.services.clients import set_sharing
from agency.services.shown_access import show_access
from tests.desk import NOW, Desk
from tests.desk_rows import add_money, add_order
from tests.portal.client_scenes import GOODS, OCTOBER_LATE, add_life


def _month(desk: Desk, text_: str = "2026-10", client: str = "Luma") -> ClientMonth:
    scope = desk.ours.client_scope(client)
    with desk.session(scope) as session:
        return get_month(scope, session, parse_month(text_), NOW)


def test_a_month_counts_its_own_orders_and_says_why_one_was_late(desk: Desk) -> None:
    with desk.session() as session:
        add_life(session, desk.ours)
        add_order(session, desk.ours, "Kite", placed_at=NOW.replace(month=10, day=5), total_minor=99_999)
    month = _month(desk)
    assert month.complete
    assert [row.number for row in month.late] == [OCTOBER_LATE]
    assert (
        month.late[0].why == "TikTok had its number in time; the carrier scanned it 2 days after the limit."
    )
    assert month.headline == "Some orders were late."
    with desk.owner() as connection:
        row = connection.execute(
            "select count(*), sum(total_minor) from orders where client_id = %s and placed_at >= '2026-10-01'"
            " and placed_at < '2026-11-01'",
            (desk.ours.clients["Luma"],),
        ).fetchone()
    assert row is not None
    sales, orders = month.numbers[0], month.numbers[1]
    assert (orders.count, sales.money[0].amount) == (row[0], row[1])
    assert sum(day.amount.amount for day in month.days) == row[1]
    assert len(month.days) == 31


def test_the_cancelled_orders_of_a_month_are_those_that_its_numbers_count(desk: Desk) -> None:
    october, november = NOW.replace(month=10, day=30), NOW.replace(month=11, day=2)
    with desk.session() as session:
        placed = {"placed_at": october, "stage": "cancelled"}
        add_order(session, desk.ours, number="577700000000000001", cancelled_at=november, **placed)
        add_order(session, desk.ours, number="577700000000000002", stage_at=november, **placed)
    month = _month(desk)
    assert [row.number for row in month.cancelled] == ["577700000000000001", "577700000000000002"]
    assert [row.at for row in month.cancelled] == [november, november]
    counted = dict(month.states)["Cancelled"], month.numbers[2].count, month.cancelled_count
    assert counted == (2, 2, 2)
    later = _month(desk, "2026-11")
    assert (later.cancelled, later.cancelled_count, later.numbers[2].count) == ((), 0, 0)


def test_a_month_draws_its_days_in_the_currency_of_its_sales(desk: Desk) -> None:
    with desk.session() as session:
        add_order(session, desk.ours, placed_at=NOW.replace(month=10, day=5), currency="GBP", total_minor=700)
    days = _month(desk).days
    assert [day.amount for day in days if day.amount.amount] == [Money(700, "GBP")]


def test_the_money_of_a_month_adds_up_to_what_tiktok_booked(desk: Desk) -> None:
    with desk.session() as session:
        add_life(session, desk.ours)
    money = _month(desk).money
    assert [line.total for line in money] == [False, False, True]
    assert money[0].amount.amount + money[1].amount.amount == money[2].amount.amount


def test_a_running_month_and_an_empty_one_say_so(desk: Desk) -> None:
    with desk.session() as session:
        add_order(session, desk.ours)
    assert "not over yet" in _month(desk, "2026-11").sentence
    assert _month(desk, "2026-02").headline == "A quiet month."


def test_months_follow_the_clients_zone(desk: Desk) -> None:
    with desk.session() as session:
        add_order(session, desk.ours, placed_at=NOW.replace(month=11, day=1, hour=3))
    with desk.owner() as connection:
        connection.execute("update clients set time_zone = 'America/New_York' where name = 'Luma'")
    try:
        assert _month(desk, "2026-10").numbers[1].count == 1
        assert _month(desk, "2026-11").numbers[1].count == 0
    finally:
        with desk.owner() as connection:
            connection.execute("update clients set time_zone = 'UTC'")
    scope = desk.ours.client_scope("Luma")
    with desk.session(scope) as session:
        assert (str(last_complete_month(session, NOW)), list_months(session, NOW)[0]) == (
            "2026-10",
            "2026-11",
        )


def test_the_file_of_a_month_has_its_orders_and_no_cost(desk: Desk) -> None:
    with desk.session() as session:
        add_life(session, desk.ours)
    with desk.session(desk.ours.client_scope("Luma")) as session:
        lines = b"".join(export_month(session, parse_month("2026-10"))).decode().splitlines()
    assert len(lines) - 1 == _month(desk).numbers[1].count
    assert "cost" not in lines[0]


def test_a_month_is_closed_to_the_team_and_after_the_client_has_left(desk: Desk) -> None:
    with desk.session() as session, pytest.raises(NotFound):
        get_month(desk.ours.scope(), session, parse_month("2026-10"), NOW)
    with desk.owner() as connection:
        connection.execute("update clients set left_at = now() where name = 'Luma'")
    with pytest.raises(NotFound):
        _month(desk)


def test_costs_are_rows_that_the_login_gets_only_while_the_contract_shares_them(desk: Desk) -> None:
    with desk.session() as session:
        for client in ("Luma", "Kite"):
            order = add_order(session, desk.ours, client, stage="settled", settled_at=NOW - timedelta(days=1))
            add_money(session, order, "revenue", 90_000, NOW - timedelta(days=1))
            add_money(session, order, "supplier_goods", GOODS, NOW - timedelta(days=1))
    scope, query = desk.ours.client_scope("Luma"), "select client_id, amount_minor from ledger_entries"
    with desk.session(scope) as session:
        assert [row.amount_minor for row in session.execute(text(query))] == [90_000]
        assert str(abs(GOODS)) not in json.dumps(asdict(get_overview(scope, session, NOW)), default=str)
    with desk.session() as session:
        set_sharing(desk.ours.scope(), session, desk.ours.public["Luma"], True)
    with desk.session(scope) as session:
        seen = {(row.client_id, row.amount_minor) for row in session.execute(text(query))}
        left = get_overview(scope, session, NOW).numbers[1]
    assert seen == {(desk.ours.clients["Luma"], 90_000), (desk.ours.clients["Luma"], GOODS)}
    assert (left.label, left.money[0].amount) == ("Left for you", 90_000 + GOODS)
    with desk.session(desk.ours.client_scope("Kite")) as session:
        assert [row.amount_minor for row in session.execute(text(query))] == [90_000]
    with desk.session() as session:
        set_sharing(desk.ours.scope(), session, desk.ours.public["Luma"], False)
    with desk.session(scope) as session:
        assert [row.amount_minor for row in session.execute(text(query))] == [90_000]


def test_today_is_told_bad_things_first_and_in_at_most_five_lines(desk: Desk) -> None:
    with desk.session() as session:
        add_life(session, desk.ours)
    scope = desk.ours.client_scope("Luma")
    with desk.session(scope) as session:
        lines = get_overview(scope, session, NOW).proof
    assert [line.tone for line in lines[:2]] == ["bad", "warn"]
    assert "has not scanned the parcel yet" in lines[0].detail
    assert lines[1].detail == "The buyer cancelled. Reason: Ordered by mistake. Nothing had been sent."
    assert len(lines) <= 5


def test_a_grant_that_is_lost_or_ends_soon_is_asked_for_again(desk: Desk) -> None:
    scope = desk.ours.client_scope("Luma")
    with desk.session() as session:
        (grant,) = session.execute(text("select authorization_id from shops where name = 'Luma Shop'")).one()
        session.execute(
            text("update authorizations set refresh_expires_at = now() + interval '5 days' where id = :id"),
            {"id": grant},
        )
        show_access(session, grant)
    with desk.session(scope) as session:
        page = get_overview(scope, session, NOW)
    assert [need.title for need in page.needs] == ["Luma Shop: renew access soon"]
    assert "We need one thing from you" in page.sentence
    with desk.session() as session:
        session.execute(text("update authorizations set state = 'revoked' where id = :id"), {"id": grant})
        show_access(session, grant)
    with desk.session(scope) as session:
        assert get_overview(scope, session, NOW).needs[0].title == "Luma Shop: allow access again"


def test_a_request_is_read_by_its_client_alone_until_the_team_closes_it(desk: Desk) -> None:
    team = desk.ours.scope()
    with desk.session() as session:
        add_request(team, session, desk.ours.public["Luma"], "document", "Send us the invoice.")
    for client, seen in (("Luma", ["Send us the invoice."]), ("Kite", [])):
        with desk.session(desk.ours.client_scope(client)) as session:
            assert [one.text for one in list_open_requests(session)] == seen
    with desk.session() as session:
        luma = desk.ours.public["Luma"]
        (one,) = list_requests(team, session, luma)
        narrowed = desk.ours.scope(role="operator", client_ids=frozenset({desk.ours.clients["Kite"]}))
        assert list_requests(narrowed, session, luma) == ()
        with pytest.raises(NotFound):
            close_request(narrowed, session, luma, one.request_id)
        close_request(team, session, luma, one.request_id)
    with desk.session(desk.ours.client_scope("Luma")) as session:
        assert list_open_requests(session) == ()
