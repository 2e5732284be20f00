"""The words of money coming in: statements, their rows, estimates, and the kinds of ledger entries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from agency.domain.money import Money


class EntryKind:
    """Why a cent moved. Revenue is positive, costs are negative."""

    REVENUE = "revenue"
    REFERRAL_FEE = "referral_fee"
    AFFILIATE = "affiliate_commission"
    OTHER_FEE = "other_fee"
    SHIPPING = "shipping"
    ADJUSTMENT = "adjustment"
    SUPPLIER_GOODS = "supplier_goods"
    SUPPLIER_REFUND = "supplier_refund"

    ALL = (REVENUE, REFERRAL_FEE, AFFILIATE, OTHER_FEE, SHIPPING, ADJUSTMENT, SUPPLIER_GOODS, SUPPLIER_REFUND)


@dataclass(frozen=True)
class Statement:
    """One daily statement of a shop (Finance API 202309); `payment_status` is TikTok's word."""

    statement_id: str
    at: datetime
    settlement: Money
    payment_status: str
    payment_id: str = ""


@dataclass(frozen=True)
class StatementRow:
    """One sku row of a statement: `parts` by EntryKind add up to `settlement`, else the row is a mismatch."""

    statement_id: str
    order_id: str
    sku_id: str
    settlement: Money
    parts: Mapping[str, Money]
    row_key: str
    kind: str = "order"
    raw: Mapping[str, object] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class UnsettledEstimate:
    """What TikTok expects to pay for an order that has no statement yet."""

    order_id: str
    settlement: Money
    expected: str
    reason: str
