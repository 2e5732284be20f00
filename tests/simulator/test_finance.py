"""Money ties: sku rows to the order, orders to the statement, the statement to its payment."""

from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from agency.simulator.money import share, spread, to_minor, to_text
from tests.simulator.conftest import DAY, HOUR, SHOP, Stage
from tests.simulator.test_order_life import ship


def settle_some(stage: Stage, count: int = 5) -> list[str]:
    ids = []
    for at in range(count):
        lines = [{"sku_id": "2001", "quantity": at + 1}, {"sku_id": "2002", "quantity": 1}]
        placed = stage.place(lines=lines, status="AWAITING_SHIPMENT")
        number = stage.sim("/parcels", order_id=placed["order_id"], carrier="ups")["tracking_number"]
        assert ship(stage, placed, {"carrier": "UPS", "tracking_number": number})["code"] == 0
        ids.append(placed["order_id"])
    stage.advance(15 * DAY)
    return ids


def total(rows: list[Any], name: str) -> Decimal:
    return sum((Decimal(row[name]) for row in rows), Decimal(0))


def test_sku_rows_orders_statements_and_payments_add_up(stage: Stage) -> None:
    ids = settle_some(stage)
    statements = stage.call("GET", "/finance/202309/statements", sort_field="statement_time")["data"][
        "statements"
    ]
    assert statements
    found: list[str] = []
    for statement in statements:
        path = f"/finance/202501/statements/{statement['id']}/statement_transactions"
        rows = stage.call("GET", path, sort_field="order_create_time", page_size="100")["data"][
            "transactions"
        ]
        assert total(rows, "settlement_amount") == Decimal(statement["settlement_amount"])
        assert statement["statement_time"] % DAY == 0
        parts = ("net_sales_amount", "fee_amount", "shipping_cost_amount", "adjustment_amount")
        assert sum(Decimal(statement[part]) for part in parts) == Decimal(statement["settlement_amount"])
        for row in rows:
            found.append(row["order_id"])
            detail = stage.call("GET", f"/finance/202501/orders/{row['order_id']}/statement_transactions")[
                "data"
            ]
            assert total(detail["sku_transactions"], "settlement_amount") == Decimal(row["settlement_amount"])
            assert total(detail["sku_transactions"], "revenue_amount") == Decimal(detail["revenue_amount"])
            assert {sku["statement_id"] for sku in detail["sku_transactions"]} == {statement["id"]}
    assert sorted(found) == sorted(ids)
    paid = stage.call("GET", "/finance/202605/payments")["data"]["payments"]
    assert {row["id"] for row in paid} <= {row["payment_id"] for row in statements}


def test_the_referral_fee_is_six_percent_rounded_half_even(stage: Stage) -> None:
    placed = stage.place(lines=[{"sku_id": "2001", "quantity": 1}], status="AWAITING_SHIPMENT")
    number = stage.sim("/parcels", order_id=placed["order_id"], carrier="ups")["tracking_number"]
    ship(stage, placed, {"carrier": "UPS", "tracking_number": number})
    stage.advance(15 * DAY)
    detail = stage.call("GET", f"/finance/202501/orders/{placed['order_id']}/statement_transactions")["data"]
    row = detail["sku_transactions"][0]
    shipping = Decimal(row["shipping_cost_breakdown"]["customer_paid_shipping_fee_amount"])
    base = Decimal(row["revenue_amount"]) + shipping
    fee = -Decimal(row["fee_tax_breakdown"]["fee"]["referral_fee_amount"])
    assert fee == Decimal(share(to_minor(base, "USD"), 600)) / 100


def test_an_order_is_unsettled_with_an_estimate_until_its_statement(stage: Stage) -> None:
    placed = stage.place(status="AWAITING_SHIPMENT")
    waiting = stage.call("GET", "/finance/202507/orders/unsettled")["data"]
    assert waiting["transactions"][0]["order_id"] == placed["order_id"]
    assert waiting["transactions"][0]["estimated_settlement"] == "Delivered + 7 days"
    number = stage.sim("/parcels", order_id=placed["order_id"], carrier="ups")["tracking_number"]
    ship(stage, placed, {"carrier": "UPS", "tracking_number": number})
    stage.advance(15 * DAY)
    assert stage.call("GET", "/finance/202507/orders/unsettled")["data"]["total_count"] == 0
    truth = stage.books()
    estimate = to_minor(waiting["transactions"][0]["est_settlement_amount"], "USD")
    assert truth["orders"][placed["order_id"]]["settled"]["amount_minor"] == estimate
    assert sum(row["amount_minor"] for row in truth["statements"]) == estimate


def test_cancelled_orders_are_in_no_statement(stage: Stage) -> None:
    order_id = stage.place(status="AWAITING_SHIPMENT")["order_id"]
    stage.sim("/cancel", order_id=order_id)
    stage.advance(20 * DAY + HOUR)
    assert stage.books()["statements"] == []
    detail = stage.call("GET", f"/finance/202501/orders/{order_id}/statement_transactions", shop=SHOP)["data"]
    assert detail["sku_transactions"] == []


@given(st.integers(0, 10**7), st.lists(st.integers(0, 10**5), min_size=1, max_size=9))
def test_a_split_amount_never_loses_a_cent(amount: int, weights: list[int]) -> None:
    parts = spread(amount, weights)
    assert sum(parts) == amount
    assert len(parts) == len(weights)


@given(st.integers(-(10**9), 10**9), st.sampled_from(["USD", "GBP", "JPY"]))
def test_amounts_survive_being_written_as_text(minor: int, currency: str) -> None:
    assert to_minor(to_text(minor, currency), currency) == minor
