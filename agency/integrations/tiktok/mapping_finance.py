"""TikTok's money documents in our words: statements, their rows by reason, and estimates.

Source: Finance API 202309, 202501, 202507 (Partner Center, copy of 2025-12-03). Costs come negative. New
fields come without notice (changelog 2026-07-08), so every row keeps its raw document; an amount that no
field explains is `other_fee`, and a row whose parts do not add up stays a mismatch for people to see.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from agency.domain.ledger import EntryKind, Statement, StatementRow, UnsettledEstimate
from agency.domain.money import Money
from agency.integrations.tiktok.mapping import amount
from agency.integrations.wire import from_unix, rows, text

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_REFERRAL = ("referral_fee_amount",)
_AFFILIATE = (
    "affiliate_commission_amount",
    "affiliate_ads_commission_amount",
    "affiliate_partner_commission_amount",
)


def to_statement(row: Mapping[str, Any]) -> Statement:
    """One daily statement."""
    return Statement(
        statement_id=text(row, "id"),
        at=from_unix(row.get("statement_time")) or _LONG_AGO,
        settlement=amount(row.get("settlement_amount"), text(row, "currency")),
        payment_status=text(row, "payment_status"),
        payment_id=text(row, "payment_id"),
    )


def to_statement_rows(
    statement_id: str, currency: str, transactions: Iterable[Mapping[str, Any]]
) -> list[StatementRow]:
    """The rows of one statement; a transaction that lists its skus gives one row for each of them."""
    found: list[StatementRow] = []
    for transaction in transactions:
        skus = rows(transaction, "sku_transactions")
        own = {key: value for key, value in transaction.items() if key != "sku_transactions"}
        for part in skus or [{}]:
            found.append(_row({**own, **part, "statement_id": statement_id}, text(own, "id"), currency))
    return _with_unique_keys(found)


def to_order_rows(data: Mapping[str, Any]) -> list[StatementRow]:
    """The rows of one order over all its statements."""
    order = {"order_id": text(data, "order_id"), "type": "ORDER"}
    skus = rows(data, "sku_transactions")
    return _with_unique_keys([_row({**order, **sku}, "", text(data, "currency")) for sku in skus])


def _row(document: Mapping[str, Any], transaction_id: str, currency: str) -> StatementRow:
    currency = text(document, "currency") or currency
    order_id = text(document, "order_id") or text(document, "associated_order_id")
    kind = (text(document, "type") or "ORDER").lower()
    sku_id = text(document, "sku_id")
    return StatementRow(
        statement_id=text(document, "statement_id"),
        order_id=order_id,
        sku_id=sku_id,
        settlement=amount(document.get("settlement_amount"), currency),
        parts=_parts(document, currency),
        row_key=f"{kind}:{order_id or transaction_id}:{sku_id}",
        kind=kind,
        raw=document,
    )


def _parts(document: Mapping[str, Any], currency: str) -> dict[str, Money]:
    """The reasons of a row, by EntryKind; parts of zero are absent."""
    fees = _fees(document)
    referral = _sum(fees, _REFERRAL, currency)
    affiliate = _sum(fees, _AFFILIATE, currency)
    all_fees = _first(document, ("fee_tax_amount", "fee_and_tax_amount"), currency)
    parts = {
        EntryKind.REVENUE: _first(document, ("revenue_amount", "net_sales_amount"), currency),
        EntryKind.REFERRAL_FEE: referral,
        EntryKind.AFFILIATE: affiliate,
        EntryKind.OTHER_FEE: Money(all_fees.amount - referral.amount - affiliate.amount, currency),
        EntryKind.SHIPPING: amount(document.get("shipping_cost_amount"), currency),
        EntryKind.ADJUSTMENT: _first(document, ("adjustment_amount", "reserve_amount"), currency),
    }
    return {kind: money for kind, money in parts.items() if money.amount}


def _fees(document: Mapping[str, Any]) -> Mapping[str, Any]:
    breakdown = document.get("fee_tax_breakdown")
    fees = breakdown.get("fee") if isinstance(breakdown, dict) else None
    return fees if isinstance(fees, dict) else {}


def _sum(document: Mapping[str, Any], names: Iterable[str], currency: str) -> Money:
    return Money(sum(amount(document.get(name), currency).amount for name in names), currency)


def _first(document: Mapping[str, Any], names: Iterable[str], currency: str) -> Money:
    """The first of several names under which an amount may come (they differ by call and by market)."""
    return amount(next((document[name] for name in names if document.get(name)), ""), currency)


def _with_unique_keys(found: list[StatementRow]) -> list[StatementRow]:
    """The same order and sku may have several rows in one statement (a sale and its refund): they are
    numbered.
    """
    seen: dict[tuple[str, str], int] = {}
    unique = []
    for row in found:
        place = (row.statement_id, row.row_key)
        seen[place] = seen.get(place, 0) + 1
        unique.append(_renamed(row, f"{row.row_key}:{seen[place]}"))
    return unique


def _renamed(row: StatementRow, key: str) -> StatementRow:
    return StatementRow(
        row.statement_id, row.order_id, row.sku_id, row.settlement, row.parts, key, row.kind, row.raw
    )


def to_estimate(row: Mapping[str, Any]) -> UnsettledEstimate:
    """What TikTok expects to pay; `estimated_settlement` is a text or epoch seconds in text, kept as it
    comes.
    """
    return UnsettledEstimate(
        order_id=text(row, "order_id"),
        settlement=amount(row.get("est_settlement_amount"), text(row, "currency")),
        expected=text(row, "estimated_settlement"),
        reason=text(row, "unsettled_reason"),
    )
