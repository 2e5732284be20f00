"""Orders as the TikTok adapter hands them over: two lines, an address, a document; every one is new."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from hashlib import blake2b

from agency.domain.addresses import Address
from agency.domain.money import Money
from agency.domain.orders import AWAITING_SHIPMENT, LineSnapshot, OrderSnapshot
from bench.seed import LINES

_numbers = itertools.count(577_000_000_000_000_001)


def _document(number: int, place: int) -> str:
    """Text that PostgreSQL cannot make smaller; 1.2 KB for both lines, as in the seeded orders."""
    return "".join(blake2b(f"{number}{place}{part}".encode()).hexdigest() for part in range(5))


def make_snapshots(count: int) -> list[OrderSnapshot]:
    """That many orders with numbers that nobody has seen."""
    return [_snapshot(next(_numbers)) for _ in range(count)]


def _snapshot(number: int) -> OrderSnapshot:
    now = datetime.now(UTC)
    zero = Money(0, "USD")
    return OrderSnapshot(
        order_id=str(number),
        status=AWAITING_SHIPMENT,
        currency="USD",
        total=Money(2599, "USD"),
        subtotal=Money(2399, "USD"),
        shipping_fee=Money(200, "USD"),
        tax=zero,
        platform_discount=zero,
        seller_discount=zero,
        created_at=now,
        updated_at=now,
        paid_at=now,
        lines=tuple(_line(number, place) for place in range(LINES)),
        address=Address(
            name=f"Fake Buyer {number % 1000}",
            phone="+12025550123",
            line1=f"{number % 900} Example Street",
            city="Springfield",
            state="IL",
            postal_code="62704",
            country="US",
        ),
        address_masked=False,
        delivery_option_id="1",
        delivery_option_name="Standard shipping",
        raw={
            "id": str(number),
            "line_items": [{"id": place, "document": _document(number, place)} for place in range(LINES)],
        },
    )


def _line(number: int, place: int) -> LineSnapshot:
    return LineSnapshot(
        line_id=f"{number}{place}",
        sku_id=f"sku-{(number + place) % 20}",
        product_id=f"product-{(number + place) % 20}",
        product_name="Pour-over coffee set, white",
        sku_name="White",
        seller_sku=f"LK-{(number + place) % 20}",
        sale_price=Money(1200, "USD"),
        seller_discount=Money(0, "USD"),
        platform_discount=Money(0, "USD"),
        tax=Money(0, "USD"),
        display_status=AWAITING_SHIPMENT,
    )
