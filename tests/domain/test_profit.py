"""An estimate adds up to the cent and says when a rate is uncertain."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agency.domain.ledger import EntryKind
from agency.domain.money import CurrencyMismatch, Money
from agency.domain.profit import ProfitKind, ProfitParts, estimate, find_referral_fee

DAY = date(2026, 11, 22)
cents = st.integers(0, 1_000_000).map(lambda amount: Money(amount, "USD"))


def usd(amount: int) -> Money:
    return Money(amount, "USD")


WORKED = ProfitParts(
    customer_payment=usd(3239),
    tax=usd(240),
    supplier_goods=usd(840),
    supplier_freight=usd(471),
    affiliate_bp=1500,
)


def test_the_worked_example_comes_out_to_the_cent():
    result = estimate(WORKED, "US", DAY)
    assert dict(result.lines) == {
        EntryKind.REVENUE: usd(2999),
        EntryKind.REFERRAL_FEE: usd(-180),
        EntryKind.AFFILIATE: usd(-450),
        EntryKind.SUPPLIER_GOODS: usd(-840),
        ProfitKind.SUPPLIER_FREIGHT: usd(-471),
    }
    assert result.total == usd(1058)
    assert not result.approximate


def test_the_agencys_share_is_one_more_line():
    shared = ProfitParts(**{**WORKED.__dict__, "agency_bp": 1000})
    assert estimate(shared, "US", DAY).total == usd(758)


def test_the_referral_fee_is_taken_of_payment_plus_platform_discount_less_tax():
    parts = ProfitParts(usd(4328), usd(330), platform_discount=usd(200))
    assert dict(estimate(parts, "US", DAY).lines)[EntryKind.REFERRAL_FEE] == usd(-252)


@pytest.mark.parametrize(
    ("region", "day", "points"),
    [
        ("US", DAY, 600),
        ("US", date(2024, 4, 1), 600),
        ("US", date(2024, 3, 31), None),
        ("GB", DAY, 900),
        ("ZZ", DAY, None),
    ],
)
def test_the_rate_of_the_day_and_region_counts(region, day, points):
    fee = find_referral_fee(region, day)
    assert (fee.basis_points if fee else None) == points


def test_a_third_party_or_unknown_rate_makes_the_estimate_approximate():
    pounds = ProfitParts(Money(1000, "GBP"), Money(0, "GBP"))
    assert estimate(pounds, "GB", DAY).approximate
    unknown = estimate(WORKED, "ZZ", DAY)
    assert unknown.approximate
    assert EntryKind.REFERRAL_FEE not in dict(unknown.lines)


def test_a_part_in_another_currency_is_refused_and_not_converted():
    with pytest.raises(CurrencyMismatch):
        estimate(ProfitParts(usd(1000), usd(0), supplier_goods=Money(1, "GBP")), "US", DAY)


@given(cents, cents, cents, cents, st.integers(0, 5000))
def test_the_lines_always_add_up_to_the_total(paid, tax, goods, refund, points):
    parts = ProfitParts(
        paid, tax, supplier_goods=goods, refund=refund, supplier_refund=goods, affiliate_bp=points
    )
    result = estimate(parts, "US", DAY)
    assert sum(money.amount for _, money in result.lines) == result.total.amount
