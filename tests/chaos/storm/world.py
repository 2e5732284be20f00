"""Whom the storm hits: five clients with four shops each, every kind of supplier, and goods that need no approval."""

from __future__ import annotations

from agency.demo.world import PracticeClient, PracticeShop, Product

# Per client: name, region, currency, what its REST supplier remembers, whether it buys at CJ too.
_CLIENTS = (
    ("Alder", "US", "USD", "key", True),
    ("Birch", "US", "USD", "reference_only", False),
    ("Cedar", "US", "USD", "none", False),
    ("Dogwood", "GB", "GBP", "key", False),
    ("Elm", "US", "USD", "reference_only", True),
)
SHOPS_EACH = 4
# The vendor whose wire is cut finds by reference only: there a repeat would be a second order.
CUT_KEY = "fake-rest-key-birch"


def storm_clients(shops_each: int = SHOPS_EACH) -> tuple[PracticeClient, ...]:
    """The clients of a storm; ids and names are made up and the same for every seed."""
    return tuple(_client(place, shops_each) for place in range(len(_CLIENTS)))


def _client(place: int, shops_each: int) -> PracticeClient:
    name, region, currency, idempotency, cj = _CLIENTS[place]
    word = name.lower()
    shops = tuple(_shop(place, number, cj) for number in range(shops_each))
    return PracticeClient(
        f"{name} Trading", f"seller-{word}", region, currency, "America/New_York", f"owner@{word}.example.test",
        shops, f"fake-rest-key-{word}", idempotency, f"CJ000010{place}@api@fake-key-of-{word}" if cj else "",
    )  # fmt: skip


def _shop(place: int, number: int, cj: bool) -> PracticeShop:
    code = f"{_CLIENTS[place][0][:2].upper()}{number}"
    products = [
        Product(f"Thing {letter}", "Plain", f"{code}-{letter}", price, cost)
        for letter, price, cost in (
            ("A", "19.90", "7.20"),
            ("B", "24.50", "9.10"),
            ("C", "14.80", "4.60"),
            ("D", "29.00", "11.75"),
        )
    ]
    if cj:
        products.append(Product("Thing from afar", "Plain", f"{code}-F", "22.40", "7.90", "cj"))
    if number == 0:
        products.append(Product("Thing from the shelf", "Plain", f"{code}-S", "18.00", "6.00", "stock"))
    if number == 1:
        products.append(Product("Thing made by hand", "Plain", f"{code}-H", "27.00", "9.00", "manual"))
    if number == 2:
        products.append(Product("Thing of nobody", "Plain", f"{code}-N", "9.00", "3.00", "unmapped"))
    return PracticeShop(
        f"7495000000000{place:02d}{number:02d}1", f"{_CLIENTS[place][0]} {number + 1}", tuple(products)
    )
