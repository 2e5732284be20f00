"""Amounts as the simulator keeps them: whole minor units inside, decimal text on the wire."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation

_EXPONENTS = {"JPY": 0, "KRW": 0, "VND": 0, "IDR": 0}


def to_minor(value: str | float | Decimal, currency: str) -> int:
    """Decimal amount to minor units, half-even; raises ValueError when it is not a finite number."""
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        raise ValueError(f"{value!r} is not an amount") from None
    if not amount.is_finite():
        raise ValueError(f"{value!r} is not an amount")
    scaled = amount.scaleb(_EXPONENTS.get(currency, 2))
    return int(scaled.quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


def to_text(minor: int, currency: str) -> str:
    """Minor units to the decimal text that the vendors print ("0" for nothing)."""
    if minor == 0:
        return "0"
    return str(Decimal(minor).scaleb(-_EXPONENTS.get(currency, 2)))


def to_number(minor: int, currency: str) -> float:
    """Minor units to the JSON number that CJ prints."""
    return float(Decimal(minor).scaleb(-_EXPONENTS.get(currency, 2)))


def share(minor: int, basis_points: int) -> int:
    """`basis_points` hundredths of a percent of an amount, half-even."""
    return int((Decimal(minor) * basis_points / 10_000).quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


def spread(total: int, weights: Sequence[int]) -> list[int]:
    """Split `total` in proportion to `weights` so that the parts add up to it exactly (largest remainder)."""
    whole = sum(weights)
    if whole == 0:
        return [total] + [0] * (len(weights) - 1)
    parts = [total * weight // whole for weight in weights]
    rests = sorted(range(len(weights)), key=lambda at: (-(total * weights[at] % whole), at))
    for at in rests[: total - sum(parts)]:
        parts[at] += 1
    return parts
