"""The money table of an order: rows that add up to their total, estimated until TikTok has settled. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from agency.domain.ledger import EntryKind
from agency.domain.money import Money
from agency.domain.purchasing import PurchaseState
from agency.domain.said import said
from agency.services.order_page_rows import MoneyRow, MoneyTable

ENTRY_LABELS = {
    EntryKind.REVENUE: said("Sale"),
    EntryKind.REFERRAL_FEE: said("TikTok commission"),
    EntryKind.AFFILIATE: said("Affiliate commission"),
    EntryKind.OTHER_FEE: said("Other fees"),
    EntryKind.SHIPPING: said("Shipping"),
    EntryKind.ADJUSTMENT: said("Adjustments"),
    EntryKind.SUPPLIER_GOODS: said("Supplier cost"),
    EntryKind.SUPPLIER_REFUND: said("Money back from the supplier"),
}
_SUPPLIER = (EntryKind.SUPPLIER_GOODS, EntryKind.SUPPLIER_REFUND)
_OTHER_CURRENCY = said("Costs are in another currency and are not converted, so there is no sum.")

Json = Mapping[Any, Any]


def money_table(order: Json, ledger: Sequence[Json], purchases: Sequence[Json]) -> MoneyTable:
    """Settled: TikTok's statement rows. Before: TikTok's own estimate, else ours from the plan, else only the sale.

    Beside them stand what was expected, what is booked, and what TikTok settled, as far as the currency is the shop's.
    """
    planned = order["profit_minor"]
    return replace(
        _rows(order, ledger, purchases),
        expected=None if planned is None else Money(planned, order["currency"]),
        booked=_sum(ledger, order["currency"]),
        settled=_sum([entry for entry in ledger if entry["kind"] not in _SUPPLIER], order["currency"])
        if order["settled_at"] is not None
        else None,
    )


def _sum(entries: Sequence[Json], currency: str) -> Money | None:
    if not entries or any(entry["currency"] != currency for entry in entries):
        return None
    return Money(sum(entry["amount"] for entry in entries), currency)


def _rows(order: Json, ledger: Sequence[Json], purchases: Sequence[Json]) -> MoneyTable:
    costs = _costs(ledger, purchases)
    if order["settled_at"] is not None:
        rows = [
            MoneyRow(
                entry["kind"],
                ENTRY_LABELS[entry["kind"]],
                Money(entry["amount"], entry["currency"]),
                "statement",
            )
            for entry in ledger
            if entry["kind"] not in _SUPPLIER
        ]
        return _table(rows + costs, said("Profit"), certain=True, note=said("As TikTok settled it."))
    if order["estimate_minor"] is not None:
        estimate = Money(order["estimate_minor"], order["currency"])
        rows = [MoneyRow("estimate", said("TikTok's own estimate of the payout"), estimate, "estimate")]
        return _table(
            rows + costs,
            said("Expected profit"),
            certain=False,
            note=said("Final when TikTok settles the order."),
        )
    sale = Money(order["total_minor"], order["currency"])
    rows = [MoneyRow("sale", said("Paid by the buyer"), sale, "sale"), *costs]
    return _with_plan(order, rows)


def _with_plan(order: Json, rows: list[MoneyRow]) -> MoneyTable:
    note = said("TikTok's fees are not known yet.")
    if order["profit_minor"] is None:
        return _table(rows, said("Before TikTok's fees"), certain=False, note=note)
    planned = Money(order["profit_minor"], order["currency"])
    if any(row.amount.currency != planned.currency for row in rows):
        return MoneyTable(tuple(rows), None, said("Expected profit"), False, _OTHER_CURRENCY)
    rest = planned
    for row in rows:
        rest -= row.amount
    if rest:
        rows = [*rows, MoneyRow("fees", said("Fees and tax, estimated"), rest, "estimate")]
    return _table(rows, said("Expected profit"), certain=False, note=said("Estimated when it was bought."))


def _costs(ledger: Sequence[Json], purchases: Sequence[Json]) -> list[MoneyRow]:
    """What was booked; before anything is booked, what the live purchases are expected to cost."""
    booked = [
        MoneyRow(
            entry["kind"], ENTRY_LABELS[entry["kind"]], Money(entry["amount"], entry["currency"]), "purchase"
        )
        for entry in ledger
        if entry["kind"] in _SUPPLIER
    ]
    if booked:
        return booked
    return [
        MoneyRow(
            "planned_cost", said("Supplier cost, planned"), Money(-cost, purchase["currency"]), "estimate"
        )
        for purchase in purchases
        if purchase["state"] not in PurchaseState.DEAD
        and (cost := purchase["actual_minor"] or purchase["expected_minor"])
    ]


def _table(rows: Sequence[MoneyRow], label: str, *, certain: bool, note: str) -> MoneyTable:
    currencies = {row.amount.currency for row in rows}
    if len(currencies) != 1:
        return MoneyTable(tuple(rows), None, label, certain, _OTHER_CURRENCY if currencies else note)
    total = Money(sum(row.amount.amount for row in rows), currencies.pop())
    return MoneyTable(tuple(rows), total, label, certain, note)
