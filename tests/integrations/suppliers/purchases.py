"""Purchases that the supplier tests ask for."""

from __future__ import annotations

import itertools

from agency.domain.addresses import Address
from agency.domain.money import Money
from agency.domain.purchasing import PurchaseLine, PurchaseRequest
from tests.integrations.outside import BUYER

_numbers = itertools.count(1)


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def request_for(
    sku: str, line_ids: tuple[str, ...] = ("77001", "77002"), *, most: int = 5000, to: Address = BUYER
) -> PurchaseRequest:
    """Two units of one item for two lines, under a reference of its own."""
    line = PurchaseLine(line_ids, sku, len(line_ids), usd(420))
    return PurchaseRequest(f"TS-FAKE1-5769012345678901{next(_numbers):02d}-123700-1", (line,), to, usd(most))
