"""Money as whole minor units of one currency, so that every cent can be added up and none is ever rounded twice."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation

from agency.domain.errors import Invalid
from agency.domain.said import said

# Minor-unit digits after ISO 4217 for the currencies in which TikTok Shop, its sellers' suppliers or their fees occur.
EXPONENTS: dict[str, int] = {
    "AED": 2, "AUD": 2, "BRL": 2, "CAD": 2, "CHF": 2, "CNY": 2, "CZK": 2, "DKK": 2, "EUR": 2, "GBP": 2, "HKD": 2,
    "HUF": 2, "IDR": 2, "INR": 2, "JPY": 0, "KHR": 2, "KRW": 0, "KWD": 3, "MXN": 2, "MYR": 2, "NOK": 2, "NZD": 2,
    "PHP": 2, "PLN": 2, "RON": 2, "SAR": 2, "SEK": 2, "SGD": 2, "THB": 2, "TRY": 2, "TWD": 2, "USD": 2, "VND": 0,
    "ZAR": 2,
}  # fmt: skip

_SIGNS = {"USD": "$", "GBP": "£", "EUR": "€", "JPY": "¥", "KRW": "₩", "VND": "₫", "PHP": "₱", "THB": "฿"}
_FORMATTED = re.compile(  # what format_money writes: a sign before the number, or a code after it
    rf"(?P<minus>-?)(?P<sign>[{''.join(_SIGNS.values())}])?(?P<number>\d[\d,.]{{0,30}})(?(sign)| (?P<code>[A-Z]{{3}}))"
)
_HIGHEST_MINOR = 2**63 - 1  # what a bigint column holds
_LONGEST_TEXT = 40
_EXACT = Context(prec=80)  # wider than the longest text, so that an amount is rounded once and not before


class UnknownCurrency(Invalid):
    """The currency is not in the table: its minor unit is unknown, so no amount in it may be read."""

    def __init__(self, currency: str) -> None:
        super().__init__(
            "currency",
            f"Currency {currency!r} is not known here. Check the code, or add it to EXPONENTS in domain/money.py.",
        )
        self.currency = currency


class UnreadableAmount(Invalid):
    """The text is not an amount of money."""

    def __init__(self, text: object) -> None:
        super().__init__(
            "amount",
            said("{text} is not an amount. Write it like 12.50, without a sign.", text=repr(str(text)[:40])),
        )


class CurrencyMismatch(Invalid):
    """Two amounts of different currencies met; they need an exchange rate, which is never assumed."""

    def __init__(self, left: str, right: str) -> None:
        super().__init__(
            "currency", f"{left} and {right} cannot be added or compared. Convert one of them first."
        )


def exponent_of(currency: str) -> int:
    """Digits after the decimal point of a currency's minor unit; raises UnknownCurrency."""
    try:
        return EXPONENTS[currency]
    except KeyError:
        raise UnknownCurrency(currency) from None


@dataclass(frozen=True, slots=True)
class Money:
    """`amount` minor units (cents, pence, yen) of ISO currency `currency`; costs are negative.

    The currency is not checked here, so that an order in a currency new to us can still be stored and shown.
    """

    amount: int
    currency: str

    def __post_init__(self) -> None:
        # bool is an int to Python; neither it nor a float is ever an amount of minor units.
        if type(self.amount) is not int:
            raise TypeError(f"Money.amount is whole minor units, not {type(self.amount).__name__}")

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch(self.currency, other.currency)

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount - other.amount, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __mul__(self, times: int) -> Money:
        return Money(self.amount * times, self.currency)

    def __lt__(self, other: Money) -> bool:
        self._same(other)
        return self.amount < other.amount

    def __le__(self, other: Money) -> bool:
        self._same(other)
        return self.amount <= other.amount

    def __gt__(self, other: Money) -> bool:
        return other < self

    def __ge__(self, other: Money) -> bool:
        return other <= self

    def __bool__(self) -> bool:
        return self.amount != 0

    def __str__(self) -> str:
        return format_money(self)


def zero(currency: str) -> Money:
    """Nothing, in `currency`."""
    return Money(0, currency)


def total(parts: Sequence[Money], currency: str) -> Money:
    """The sum of `parts` in `currency`; an empty list is zero. Raises CurrencyMismatch."""
    result = zero(currency)
    for part in parts:
        result += part
    return result


def money_sums(amounts: Iterable[Money | None]) -> tuple[Money, ...]:
    """One sum per currency, by currency, since currencies are never added; None counts as nothing."""
    totals: Counter[str] = Counter()
    for amount in amounts:
        if amount is not None:
            totals[amount.currency] += amount.amount
    return tuple(Money(totals[currency], currency) for currency in sorted(totals))


def parse_money(text: str | int | float | Decimal, currency: str, exponent: int | None = None) -> Money:
    """An amount in major units ("12.50", 12.5, "-3") as Money, rounded half-even once, at the minor unit.

    Goes through Decimal(str()) because vendors send both numbers and texts (CJ, TikTok). `exponent` overrides the table
    for a currency that is not in it. Raises UnknownCurrency, or UnreadableAmount for anything but a plain amount.
    """
    digits = exponent_of(currency) if exponent is None else exponent
    if isinstance(text, bool):
        raise UnreadableAmount(text)
    written = str(text).strip()
    if "_" in written or len(written) > _LONGEST_TEXT:  # Decimal would read "1_000"; no vendor writes that
        raise UnreadableAmount(text)
    try:
        value = Decimal(written)
    except InvalidOperation:
        raise UnreadableAmount(text) from None
    if not value.is_finite() or value.adjusted() > _LONGEST_TEXT:  # NaN, Infinity, "1e999999"
        raise UnreadableAmount(text)
    minor = int(value.scaleb(digits, _EXACT).to_integral_value(ROUND_HALF_EVEN, _EXACT))
    if abs(minor) > _HIGHEST_MINOR:
        raise UnreadableAmount(text)
    return Money(minor, currency)


def plain_amount(money: Money) -> str:
    """The amount in major units for a vendor's field: "1234.50", "-3.00"; raises UnknownCurrency."""
    return f"{Decimal(money.amount).scaleb(-exponent_of(money.currency)):f}"


def format_money(money: Money) -> str:
    """Plain English for people: "$1,234.50", "-£3.00", "1,200.00 CHF"; an unknown currency shows its minor units."""
    digits = EXPONENTS.get(money.currency)
    if digits is None:
        return f"{money.amount} {money.currency} (minor units)"
    number = f"{Decimal(abs(money.amount)).scaleb(-digits):,.{digits}f}"
    minus = "-" if money.amount < 0 else ""
    sign = _SIGNS.get(money.currency)
    return f"{minus}{sign}{number}" if sign else f"{minus}{number} {money.currency}"


def read_formatted(text: str) -> Money | None:
    """The money that `format_money` wrote as this text; None for any other text."""
    found = _FORMATTED.fullmatch(text)
    if found is None:
        return None
    currency = found["code"] or next(code for code, sign in _SIGNS.items() if sign == found["sign"])
    if currency not in EXPONENTS:
        return None
    try:
        money = parse_money(found["number"].replace(",", ""), currency)
    except UnreadableAmount:
        return None
    money = Money(-money.amount, currency) if found["minus"] else money
    return money if format_money(money) == text else None


def split_evenly(whole: Money, weights: Sequence[int]) -> list[Money]:
    """Shares of `whole` in proportion to `weights`, adding up exactly (largest remainder; ties go to the first).

    All weights zero means equal shares. Raises Invalid for no weights or a negative one.
    """
    if not weights or min(weights) < 0:
        raise Invalid("weights", "A split needs at least one weight and none below zero.")
    shares = list(weights) if sum(weights) else [1] * len(weights)
    size, by = abs(whole.amount), sum(shares)
    parts = [size * weight // by for weight in shares]
    left = size - sum(parts)
    hungriest = sorted(range(len(shares)), key=lambda i: (-(size * shares[i] % by), i))
    for index in hungriest[:left]:
        parts[index] += 1
    minus = -1 if whole.amount < 0 else 1
    return [Money(minus * part, whole.currency) for part in parts]


def percent_of(money: Money, basis_points: int) -> Money:
    """`basis_points` hundredths of a per cent of `money` (600 = 6 %), rounded half-even to the minor unit."""
    share = Decimal(money.amount * basis_points).scaleb(-4)
    return Money(int(share.to_integral_value(rounding=ROUND_HALF_EVEN)), money.currency)
