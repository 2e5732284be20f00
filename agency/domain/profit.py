"""What an order is expected to earn, line by line, until TikTok's statement says what it did earn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from agency.domain.ledger import EntryKind
from agency.domain.money import Money, percent_of, total, zero


@dataclass(frozen=True)
class ReferralFee:
    """TikTok's referral fee of a region from a day on, in basis points of the fee base; `approximate` = third party."""

    region: str
    basis_points: int
    valid_from: date
    source: str
    approximate: bool = False


REFERRAL_FEES: tuple[ReferralFee, ...] = (
    ReferralFee("US", 600, date(2024, 4, 1), "seller-us.tiktok.com/university knowledge_id 5982454398175018"),
    ReferralFee(
        "GB", 900, date(2024, 4, 1), "myecomsuite.com, seen 2026-11-22: third party, no start given", True,
    ),
)  # fmt: skip


def find_referral_fee(region: str, day: date) -> ReferralFee | None:
    """The newest referral fee row of a region in force on `day`; None when no rate is known."""
    rows = [row for row in REFERRAL_FEES if row.region == region and row.valid_from <= day]
    return max(rows, key=lambda row: row.valid_from, default=None)


class ProfitKind:
    """Lines of an estimate that the ledger does not have; the others are `EntryKind` words."""

    SUPPLIER_FREIGHT = "supplier_freight"
    SUPPLIER_FEES = "supplier_fees"
    AGENCY_FEE = "agency_fee"
    REFUND = "refund"


@dataclass(frozen=True)
class ProfitParts:
    """What is known of an order's money, all in the shop's currency and positive; absent parts are None.

    `customer_payment` includes `tax`. Rates are basis points of payment + platform discount - tax. A part in another
    currency is converted by the caller; it is refused here (CurrencyMismatch).
    """

    customer_payment: Money
    tax: Money
    platform_discount: Money | None = None
    shipping_income: Money | None = None
    tiktok_shipping: Money | None = None
    other_fees: Money | None = None
    supplier_goods: Money | None = None
    supplier_freight: Money | None = None
    supplier_fees: Money | None = None
    refund: Money | None = None
    supplier_refund: Money | None = None
    affiliate_bp: int = 0
    agency_bp: int = 0


@dataclass(frozen=True)
class ProfitEstimate:
    """(kind, amount) lines, income positive and cost negative, and their sum; lines of zero are left out.

    `approximate` True when the referral rate is unknown (then left out) or from a third party.
    """

    lines: tuple[tuple[str, Money], ...]
    total: Money
    approximate: bool = False


def fee_base(parts: ProfitParts) -> Money:
    """What TikTok's referral fee is taken of: customer payment + platform discount - tax (US page since 2024-04-01)."""
    base = parts.customer_payment - parts.tax
    return base + parts.platform_discount if parts.platform_discount else base


def estimate(parts: ProfitParts, region: str, day: date) -> ProfitEstimate:
    """The expected profit of one order in minor units; `day` chooses the referral rate. Raises CurrencyMismatch."""
    base, currency = fee_base(parts), parts.customer_payment.currency
    fee = find_referral_fee(region, day)
    nothing = zero(currency)
    lines = [
        (EntryKind.REVENUE, base + (parts.shipping_income or nothing)),
        (EntryKind.REFERRAL_FEE, -percent_of(base, fee.basis_points if fee else 0)),
        (EntryKind.AFFILIATE, -percent_of(base, parts.affiliate_bp)),
        (EntryKind.SHIPPING, -(parts.tiktok_shipping or nothing)),
        (EntryKind.OTHER_FEE, -(parts.other_fees or nothing)),
        (EntryKind.SUPPLIER_GOODS, -(parts.supplier_goods or nothing)),
        (ProfitKind.SUPPLIER_FREIGHT, -(parts.supplier_freight or nothing)),
        (ProfitKind.SUPPLIER_FEES, -(parts.supplier_fees or nothing)),
        (ProfitKind.REFUND, -(parts.refund or nothing)),
        (EntryKind.SUPPLIER_REFUND, parts.supplier_refund or nothing),
        (ProfitKind.AGENCY_FEE, -percent_of(base, parts.agency_bp)),
    ]
    told = tuple((kind, money) for kind, money in lines if money)
    return ProfitEstimate(
        told, total([money for _, money in lines], currency), fee is None or fee.approximate
    )


def margin_before_tax(revenue: Money, cost: Money | None, region: str, day: date) -> Money | None:
    """What the limits expect to stay of a sale: revenue less TikTok's fee and the supplier's cost.

    None while the cost is not known or in another currency. Tax is part of neither side: the planner does not know it.
    """
    if cost is None or cost.currency != revenue.currency:
        return None
    parts = ProfitParts(customer_payment=revenue, tax=zero(revenue.currency), supplier_goods=cost)
    return estimate(parts, region, day).total
