"""The money of an order: rows that add up, honest about what is not certain and what cannot be added."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from agency.services.sealing import Keyring
from tests.databases import MASTER_KEY
from tests.desk import NOW, Desk
from tests.desk_rows import add_money, add_order, add_purchase, order_page

KEYS = Keyring(MASTER_KEY)


@pytest.mark.parametrize("profit", [None, 912, -300])
def test_the_money_rows_add_up_to_their_total(desk: Desk, session: Session, profit: int | None) -> None:
    order = add_order(session, desk.ours, stage="bought", profit_minor=profit)
    add_purchase(session, desk.ours, order)
    money = order_page(desk, session, order).money
    assert money.total is not None
    assert money.total.amount == sum(row.amount.amount for row in money.rows)
    assert money.total.amount == (1360 if profit is None else profit)
    assert not money.certain


def test_a_settled_order_shows_the_statement_and_the_booked_cost(desk: Desk, session: Session) -> None:
    order = add_order(session, desk.ours, stage="settled", settled_at=NOW)
    for kind, amount in (("revenue", 2000), ("referral_fee", -120), ("supplier_goods", -640)):
        add_money(session, order, kind, amount)
    money = order_page(desk, session, order).money
    assert [(row.label, row.amount.amount) for row in money.rows] == [
        ("Sale", 2000), ("TikTok commission", -120), ("Supplier cost", -640),
    ]  # fmt: skip
    assert (money.total and money.total.amount, money.certain) == (1240, True)


def test_costs_in_another_currency_are_shown_and_never_added(desk: Desk, session: Session) -> None:
    order = add_order(session, desk.ours, stage="bought", estimate_minor=1800)
    add_money(session, order, "supplier_goods", -640, currency="CNY")
    money = order_page(desk, session, order).money
    assert money.total is None
    assert "not converted" in money.note
