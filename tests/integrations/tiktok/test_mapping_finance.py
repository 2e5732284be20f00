"""Statements to the cent: the parts of a row add up to what TikTok pays, or the row shows that they do not."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from agency.domain.ledger import EntryKind
from agency.domain.money import Money
from agency.integrations.tiktok.mapping import to_cancellation, to_receipt, to_scans
from agency.integrations.tiktok.mapping_finance import (
    to_estimate,
    to_order_rows,
    to_statement,
    to_statement_rows,
)

SKU_ROW: dict[str, Any] = {
    "sku_id": "2729382476852920001",
    "statement_id": "7238804564097500001",
    "revenue_amount": "41.98",
    "shipping_cost_amount": "-6.50",
    "fee_tax_amount": "-4.46",
    "fee_tax_breakdown": {
        "fee": {"referral_fee_amount": "-2.32", "affiliate_commission_amount": "-1.94"},
        "tax": {"vat_amount": "-0.20"},
    },
    "settlement_amount": "31.02",
}
ORDER_DOC = {"order_id": "576901234567890123", "currency": "USD", "sku_transactions": [SKU_ROW]}


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def test_a_statement_is_read() -> None:
    statement = to_statement(
        {
            "id": "7238804564097500001",
            "statement_time": 1795132800,
            "settlement_amount": "31.02",
            "currency": "USD",
            "payment_status": "PROCESSING",
            "payment_id": "3459275187040200001",
        }
    )

    assert (statement.settlement, statement.payment_status) == (usd(3102), "PROCESSING")
    assert statement.at == datetime(2026, 11, 20, 0, 0, tzinfo=UTC)


def test_the_parts_of_a_row_add_up_and_what_no_field_explains_is_another_fee() -> None:
    (row,) = to_order_rows(ORDER_DOC)

    assert row.parts == {
        EntryKind.REVENUE: usd(4198),
        EntryKind.REFERRAL_FEE: usd(-232),
        EntryKind.AFFILIATE: usd(-194),
        EntryKind.OTHER_FEE: usd(-20),
        EntryKind.SHIPPING: usd(-650),
    }
    assert sum(part.amount for part in row.parts.values()) == row.settlement.amount
    assert (row.order_id, row.statement_id) == ("576901234567890123", "7238804564097500001")


def test_a_row_that_does_not_add_up_stays_as_tiktok_sent_it() -> None:
    (row,) = to_order_rows({**ORDER_DOC, "sku_transactions": [{**SKU_ROW, "settlement_amount": "31.00"}]})

    assert row.settlement == usd(3100)
    assert sum(part.amount for part in row.parts.values()) == 3102


def test_every_row_keeps_its_document() -> None:
    (row,) = to_order_rows({**ORDER_DOC, "sku_transactions": [{**SKU_ROW, "brand_new_field": "1.00"}]})

    assert row.raw["brand_new_field"] == "1.00"


def test_rows_of_a_statement_have_keys_of_their_own() -> None:
    sale = {
        "id": "1",
        "type": "ORDER",
        "order_id": "5",
        "settlement_amount": "3.00",
        "revenue_amount": "3.00",
    }
    refund = {**sale, "id": "2", "settlement_amount": "-3.00", "revenue_amount": "-3.00"}
    levy = {"id": "3", "type": "PLATFORM_PENALTY", "settlement_amount": "-1.00", "adjustment_amount": "-1.00"}

    rows = to_statement_rows("S1", "USD", [sale, refund, levy])

    assert [row.row_key for row in rows] == ["order:5::1", "order:5::2", "platform_penalty:3::1"]
    assert (rows[2].parts, rows[2].order_id) == ({EntryKind.ADJUSTMENT: usd(-100)}, "")
    assert {row.statement_id for row in rows} == {"S1"}


def test_a_transaction_with_skus_gives_a_row_for_each() -> None:
    skus = [{**SKU_ROW, "sku_id": "a"}, {**SKU_ROW, "sku_id": "b"}]

    rows = to_statement_rows("S1", "USD", [{"id": "1", "order_id": "5", "sku_transactions": skus}])

    assert [(row.sku_id, row.settlement) for row in rows] == [("a", usd(3102)), ("b", usd(3102))]


def test_an_estimate_keeps_tiktoks_own_words_for_when() -> None:
    estimate = to_estimate(
        {
            "order_id": "5",
            "currency": "USD",
            "est_settlement_amount": "31.02",
            "estimated_settlement": "Delivered + 7 days",
            "unsettled_reason": "waiting for delivery",
        }
    )

    assert (estimate.settlement, estimate.expected) == (usd(3102), "Delivered + 7 days")


def test_scans_are_in_milliseconds_and_come_oldest_first() -> None:
    scans = to_scans(
        {
            "tracking": [
                {"description": "Delivered", "update_time_millis": 1795667000000},
                {"description": "Picked up", "update_time_millis": 1795317000000},
                {"description": "No time"},
            ]
        }
    )

    assert [scan.description for scan in scans] == ["Picked up", "Delivered"]
    assert scans[0].at == datetime(2026, 11, 22, 3, 10, tzinfo=UTC)


def test_a_cancellation_has_the_nearest_answer_by() -> None:
    found = to_cancellation(
        {
            "cancel_id": "40",
            "order_id": "5",
            "cancel_status": "CANCELLATION_REQUEST_PENDING",
            "role": "BUYER",
            "cancel_reason": "by_mistake",
            "seller_next_action_response": [{"deadline": 1795344900}, {"deadline": 1795344800}],
        }
    )

    assert found.deadline == datetime(2026, 11, 22, 10, 53, 20, tzinfo=UTC)
    assert (found.status, found.role) == ("CANCELLATION_REQUEST_PENDING", "BUYER")


def test_a_receipt_keeps_the_warning_of_a_success() -> None:
    assert to_receipt({"package_id": "11", "warning": {"message": "fits several"}}).warning == "fits several"
    assert to_receipt({"package_id": "11"}).warning == ""
