"""The shop owner's pages: one client, no supplier, no cost, no buyer, and an honest sentence."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from agency.domain.errors import NotFound
from agency.models.finance import LedgerEntry, Statement
from agency.models.parcels import Parcel
from agency.services.client_overview import get_overview
from agency.services.client_view import get_client_order, list_client_orders
from tests.desk import NOW, Desk
from tests.desk_rows import add_item, add_mapping, add_order


def test_everything_on_time_is_one_calm_sentence(desk: Desk) -> None:
    with desk.session() as session:
        add_order(session, desk.ours)
        add_order(session, desk.ours, "Kite", due_at=NOW - timedelta(days=1))
    scope = desk.ours.client_scope("Luma")
    with desk.session(scope) as session:
        page = get_overview(scope, session, NOW)
    assert (page.client_name, page.headline, page.tone) == ("Luma", "Everything is on time.", "ok")
    assert page.sentence.startswith("1 order is on the way")


def test_a_late_order_and_an_unread_shop_are_said_openly(desk: Desk) -> None:
    scope = desk.ours.client_scope("Luma")
    with desk.session() as session:
        add_order(session, desk.ours, due_at=NOW - timedelta(hours=1))
    with desk.session(scope) as session:
        assert get_overview(scope, session, NOW).headline == "Some orders are late."
    with desk.session() as session:
        session.execute(text("update shops set last_read_at = null where name = 'Luma Shop'"))
    with desk.session(scope) as session:
        assert "could not be read" in get_overview(scope, session, NOW).sentence


def test_the_four_numbers_count_four_weeks_of_one_client(desk: Desk) -> None:
    with desk.session() as session:
        on_time = {"tts_sla_at": NOW - timedelta(hours=1), "collected_at": NOW - timedelta(hours=2)}
        add_order(session, desk.ours, stage="shipped", **on_time)
        add_order(
            session, desk.ours, stage="delivered", tts_sla_at=NOW - timedelta(hours=3), collected_at=NOW
        )
        add_order(session, desk.ours, stage="cancelled")
        add_order(session, desk.ours, stage="settled", placed_at=NOW - timedelta(days=29))
        add_order(session, desk.ours, "Kite", total_minor=99_999)
    scope = desk.ours.client_scope("Luma")
    with desk.session(scope) as session:
        sales, orders, open_now, dispatched = get_overview(scope, session, NOW).numbers
    assert [money.amount for money in sales.money] == [4000]
    assert (orders.count, open_now.count, dispatched.per_mille) == (2, 1, 500)


@pytest.mark.parametrize(
    ("orders", "late", "word", "tones"),
    [
        (5, 1, "Too few orders to judge yet", ["", ""]),
        (60, 0, "Good", ["", ""]),
        (60, 2, "Close to TikTok's line", ["warn", ""]),
        (60, 6, "Over TikTok's line", ["bad", ""]),
    ],
)
def test_a_clients_health_is_judged_by_the_rules_of_the_teams_own_page(
    desk: Desk, orders: int, late: int, word: str, tones: list[str]
) -> None:
    limit = NOW - timedelta(hours=30)
    with desk.session() as session:
        for place in range(orders):
            collected = limit + timedelta(hours=1 if place < late else -1)
            add_order(session, desk.ours, stage="shipped", tts_sla_at=limit, collected_at=collected)
    scope = desk.ours.client_scope("Luma")
    with desk.session(scope) as session:
        page = get_overview(scope, session, NOW)
    assert (page.health_word, [row.tone for row in page.health]) == (word, tones)


def test_the_next_payout_is_tiktoks_own_estimate(desk: Desk) -> None:
    with desk.session() as session:
        for number in range(2):
            add_order(session, desk.ours, stage="delivered", estimate_minor=1500 + number)
        order = add_order(session, desk.ours, stage="settled", settled_at=NOW, estimate_minor=9)
        keys = {"agency_id": order.agency_id, "client_id": order.client_id, "shop_id": order.shop_id}
        statement = {"statement_id": "fake-1", "at": NOW, "currency": "USD", "settlement_minor": 77}
        session.add(Statement(**keys, **statement, payment_status="PAID", payment_id="fake"))
    scope = desk.ours.client_scope("Luma")
    with desk.session(scope) as session:
        page = get_overview(scope, session, NOW)
    assert [(payout.amount.amount, payout.orders) for payout in page.payouts] == [(3001, 2)]
    assert page.last_payout is not None
    assert (page.last_payout.amount, page.last_payout_at) == (77, NOW)


def test_a_client_page_shows_no_supplier_and_no_cost(desk: Desk) -> None:
    with desk.session() as session:
        order = add_order(session, desk.ours, stage="settled", settled_at=NOW, profit_minor=31337)
        add_mapping(session, desk.ours, add_item(session, desk.ours, name="Secret Kiln"))
        keys = {"agency_id": order.agency_id, "client_id": order.client_id, "shop_id": order.shop_id}
        for kind, amount in (("revenue", 2000), ("referral_fee", -120), ("supplier_goods", -41999)):
            money = {"kind": kind, "amount_minor": amount, "currency": "USD", "at": NOW}
            session.add(LedgerEntry(**keys, order_id=order.id, entry_key=kind, **money))
        session.add(
            Parcel(**keys, order_id=order.id, state="delivered", tracking_number="1ZFAKE", carrier_text="UPS")
        )
    scope = desk.ours.client_scope("Luma")
    with desk.session(scope) as session:
        page = get_client_order(scope, session, order.tiktok_order_id, NOW)
        shown = json.dumps([asdict(page), asdict(get_overview(scope, session, NOW))], default=str)
    assert (page.payout and page.payout.amount, page.payout_certain) == (1880, True)
    assert [parcel.tracking_number for parcel in page.parcels] == ["1ZFAKE"]
    assert not any(secret in shown for secret in ("Secret Kiln", "31337", "41999"))


@pytest.mark.parametrize(
    "table",
    ["authorizations", "shop_secrets", "suppliers", "supplier_secrets", "supplier_items", "mappings",
     "order_contacts", "purchases", "purchase_lines", "effects", "inbox_items", "client_keys", "lanes", "attentions",
     "users", "sessions"],
)  # fmt: skip
def test_the_clients_login_cannot_even_ask_for_what_is_not_theirs(desk: Desk, table: str) -> None:
    with (
        desk.database.session(desk.ours.client_scope("Luma")) as session,
        pytest.raises(ProgrammingError, match="denied"),
    ):
        session.execute(text(f"select 1 from {table} limit 1"))


def test_the_clients_login_cannot_write(desk: Desk) -> None:
    with desk.session() as session:
        add_order(session, desk.ours)
    with (
        desk.database.session(desk.ours.client_scope("Luma")) as session,
        pytest.raises(Exception, match=r"denied|read-only"),
    ):
        session.execute(text("update orders set title = 'mine'"))


def test_orders_come_page_by_page_and_only_the_clients_own(desk: Desk) -> None:
    with desk.session() as session:
        for number in range(60):
            add_order(session, desk.ours, placed_at=NOW - timedelta(minutes=number // 2))
        add_order(session, desk.ours, "Kite")
    scope = desk.ours.client_scope("Luma")
    with desk.session(scope) as session:
        first = list_client_orders(scope, session, NOW)
        rest = list_client_orders(scope, session, NOW, first.next_cursor)
    assert (len(first.rows), len(rest.rows), rest.next_cursor) == (50, 10, "")
    assert len({row.number for row in (*first.rows, *rest.rows)}) == 60


def test_another_clients_order_is_not_found(desk: Desk) -> None:
    with desk.session() as session:
        kite = add_order(session, desk.ours, "Kite")
    scope = desk.ours.client_scope("Luma")
    for number in (kite.tiktok_order_id, "no such"):
        with desk.session(scope) as session, pytest.raises(NotFound, match="Order not found"):
            get_client_order(scope, session, number, NOW)


def test_a_blocked_order_is_being_prepared_in_the_clients_words(desk: Desk) -> None:
    with desk.session() as session:
        order = add_order(session, desk.ours, stage="blocked")
    scope = desk.ours.client_scope("Luma")
    with desk.session(scope) as session:
        page = get_client_order(scope, session, order.tiktok_order_id, NOW)
    assert page.order.status_text == "Being prepared"
    assert [step.state for step in page.steps] == ["done", "now", "next", "next", "next"]


@pytest.mark.parametrize(
    "column",
    ["orders.profit_minor", "orders.blockers", "orders.raw", "parcels.findings", "clients.margin_floor_bp"],
)
def test_the_clients_login_cannot_read_our_costs_and_notes(desk: Desk, column: str) -> None:
    table, name = column.split(".")

    with (
        desk.session(desk.ours.client_scope("Luma")) as session,
        pytest.raises(ProgrammingError, match="permission denied"),
    ):
        session.execute(text(f"select {name} from {table}"))


def test_the_clients_login_sees_its_ledger_without_what_suppliers_took(desk: Desk) -> None:
    with desk.session() as session:
        order = add_order(session, desk.ours)
        for kind, amount in (("revenue", 4000), ("supplier_goods", -1500)):
            session.add(
                LedgerEntry(
                    agency_id=order.agency_id,
                    client_id=order.client_id,
                    shop_id=order.shop_id,
                    order_id=order.id,
                    entry_key=kind,
                    kind=kind,
                    amount_minor=amount,
                    currency="USD",
                    at=NOW,
                )
            )
    with desk.session(desk.ours.client_scope("Luma")) as session:
        kinds = session.scalars(text("select kind from ledger_entries")).all()

    assert kinds == ["revenue"]
