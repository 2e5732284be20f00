"""Money adds up to the cent and refuses to guess."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agency.domain.errors import Invalid
from agency.domain.money import (
    EXPONENTS,
    CurrencyMismatch,
    Money,
    UnknownCurrency,
    UnreadableAmount,
    format_money,
    money_sums,
    parse_money,
    percent_of,
    plain_amount,
    read_formatted,
    split_evenly,
    total,
)

amounts = st.integers(min_value=-(10**12), max_value=10**12)


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("12.50", "USD", 1250),
        ("-3", "GBP", -300),
        ("0", "USD", 0),
        (" 19.99 ", "EUR", 1999),
        (0.1, "USD", 10),
        (29.99, "USD", 2999),
        (7, "USD", 700),
        (Decimal("4.71"), "USD", 471),
        ("1E+2", "USD", 10000),
        ("1200", "JPY", 1200),
        ("2.5", "KRW", 2),
        ("150000", "VND", 150000),
        ("1.2345", "KWD", 1234),
        ("0.125", "USD", 12),
        ("0.135", "USD", 14),
        ("0.1250000000000000000000000000000000001", "USD", 13),
    ],
)
def test_a_written_amount_becomes_minor_units_rounded_half_even(text, currency, minor):
    assert parse_money(text, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    "text",
    ["", "abc", "1,50", "$5", "NaN", "Infinity", "1e999999", "1_000", "9" * 60, True, "99999999999999999999"],
)
def test_a_text_that_is_no_amount_is_refused_with_the_field(text):
    with pytest.raises(UnreadableAmount) as caught:
        parse_money(text, "USD")
    assert caught.value.field == "amount"


def test_an_unknown_currency_is_named_and_never_guessed():
    with pytest.raises(UnknownCurrency, match="XXQ"):
        parse_money("1.00", "XXQ")


def test_an_amount_in_an_unknown_currency_can_be_kept_when_the_caller_says_how():
    kept = parse_money("1.25", "XXQ", exponent=2)
    assert kept == Money(125, "XXQ")
    assert format_money(kept) == "125 XXQ (minor units)"


@pytest.mark.parametrize(
    "act",
    [
        lambda a, b: a + b,
        lambda a, b: a - b,
        lambda a, b: a < b,
        lambda a, b: a >= b,
        lambda a, b: total([a, b], "USD"),
    ],
)
def test_two_currencies_never_meet(act):
    with pytest.raises(CurrencyMismatch, match=r"USD and GBP|GBP and USD"):
        act(Money(1, "USD"), Money(1, "GBP"))


@pytest.mark.parametrize("wrong", [1.5, True, "5"])
def test_minor_units_are_whole_numbers(wrong):
    with pytest.raises(TypeError):
        Money(wrong, "USD")


@pytest.mark.parametrize(
    ("money", "shown"),
    [
        (Money(123450, "USD"), "$1,234.50"),
        (Money(-300, "GBP"), "-£3.00"),
        (Money(5, "EUR"), "€0.05"),
        (Money(1200, "JPY"), "¥1,200"),
        (Money(12345, "CHF"), "123.45 CHF"),
        (Money(-12345, "PLN"), "-123.45 PLN"),
    ],
)
def test_people_read_plain_english(money, shown):
    assert format_money(money) == shown


@given(amounts, st.sampled_from(["USD", "JPY", "KWD"]))
def test_the_vendor_form_reads_back_as_the_same_amount(amount, currency):
    assert parse_money(plain_amount(Money(amount, currency)), currency) == Money(amount, currency)


@given(st.lists(amounts))
def test_sums_are_those_of_whole_numbers(values):
    assert total([Money(value, "USD") for value in values], "USD").amount == sum(values)


@given(amounts, st.lists(st.integers(0, 10_000), min_size=1, max_size=12))
def test_a_split_adds_up_and_no_share_is_a_whole_unit_off(amount, weights):
    shares = split_evenly(Money(amount, "USD"), weights)
    assert sum(share.amount for share in shares) == amount
    if sum(weights):
        for share, weight in zip(shares, weights, strict=True):
            assert abs(share.amount * sum(weights) - amount * weight) < sum(weights)


def test_a_split_gives_the_spare_cents_to_the_largest_remainders():
    assert [s.amount for s in split_evenly(Money(100, "USD"), [1, 1, 1])] == [34, 33, 33]
    assert [s.amount for s in split_evenly(Money(-100, "USD"), [1, 1, 1])] == [-34, -33, -33]
    assert [s.amount for s in split_evenly(Money(5, "USD"), [0, 0])] == [3, 2]


@pytest.mark.parametrize("weights", [[], [1, -1]])
def test_a_split_needs_usable_weights(weights):
    with pytest.raises(Invalid):
        split_evenly(Money(1, "USD"), weights)


@pytest.mark.parametrize(
    ("amount", "points", "expected"),
    [(2999, 600, 180), (250, 100, 2), (350, 100, 4), (-250, 100, -2), (0, 600, 0)],
)
def test_a_percentage_is_rounded_half_even(amount, points, expected):
    assert percent_of(Money(amount, "USD"), points).amount == expected


@given(amounts, st.sampled_from(sorted(EXPONENTS)))
def test_what_was_formatted_is_read_back(amount: int, currency: str) -> None:
    money = Money(amount, currency)
    assert read_formatted(format_money(money)) == money


@pytest.mark.parametrize("text", ["", "12", "$", "$1,2", "12.5 USD", "12.50 XYZ", "-5 minutes", "$1.2.3"])
def test_any_other_text_is_no_formatted_money(text: str) -> None:
    assert read_formatted(text) is None


def test_sums_are_one_per_currency() -> None:
    amounts = [Money(100, "USD"), None, Money(50, "EUR"), Money(1, "USD")]
    assert money_sums(amounts) == (Money(50, "EUR"), Money(101, "USD"))
