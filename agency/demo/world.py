"""The made-up world: three clients, six shops, two regions, two currencies, suppliers of four kinds. No real names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

PASSWORD = "practice makes perfect"  # noqa: S105 - printed at every start; a practice world has no secret
AGENCY = "Harbor & Pine (practice)"


@dataclass(frozen=True)
class Product:
    """Something that a shop sells. `source` says how it is bought: api, cj, stock, manual, or nothing (unmapped)."""

    name: str
    option: str
    code: str
    price: str
    cost: str
    source: str = "api"


@dataclass(frozen=True)
class PracticeShop:
    """A shop and what it sells."""

    shop_id: str
    name: str
    products: tuple[Product, ...]


@dataclass(frozen=True)
class PracticeClient:
    """A client with one seller account and two shops."""

    name: str
    seller_id: str
    region: str
    currency: str
    time_zone: str
    member_email: str
    shops: tuple[PracticeShop, ...]
    rest_key: str
    idempotency: str
    cj_key: str = ""
    limits: dict[str, int] = field(default_factory=dict)


CLIENTS = (
    PracticeClient(
        "Luma Group", "seller-luma", "US", "USD", "America/New_York", "ana@luma.example.test",
        (
            PracticeShop("7494049642642410001", "Luma Kitchen", (
                Product("Ceramic pour-over set", "White, 2 cups", "LK-PO-02", "48.20", "19.60"),
                Product("Chilli crunch, 3 jars", "Medium", "LK-CC-03", "24.50", "11.10"),
                Product("Matcha starter kit", "Classic", "LK-MK-01", "32.50", "14.25", "cj"),
                Product("Cast iron skillet", "26 cm", "LK-CI-26", "64.00", "58.40"),
                Product("Bamboo bowl set", "3 pieces", "LK-BB-03", "35.25", "13.60"),
                Product("Olive oil mister", "Glass", "LK-OM-01", "19.40", "6.80", "cj"),
            )),
            PracticeShop("7494049642642410002", "Luma Home", (
                Product("Knit throw blanket", "Grey, 50x60", "LH-KT-56", "39.98", "15.80"),
                Product("Soy candle", "Cedar", "LH-SC-01", "16.50", "6.05", "cj"),
                Product("Linen cushion", "Rust", "LH-LC-01", "28.75", "10.20"),
                Product("Wall hooks, 4 pc", "Brass", "LH-WH-04", "22.00", "8.15"),
                Product("Laptop stand", "Walnut", "LH-LS-01", "44.50", "21.00", "stock"),
            )),
        ),
        "fake-rest-key-eastport", "key", "CJ0000001@api@fake-key-of-luma",
    ),
    PracticeClient(
        "Bloom Labs", "seller-bloom", "US", "USD", "America/Chicago", "tom@bloom.example.test",
        (
            PracticeShop("7494049642642410003", "Tally Stationery", (
                Product("2027 weekly planner", "Sage", "TS-WP-27", "26.50", "9.90"),
                Product("Fine liner set", "12 colours", "TS-FL-12", "18.99", "7.20", "cj"),
                Product("Desk pad", "Felt, grey", "TS-DP-01", "31.00", "12.45"),
                Product("Sticker sheets", "Botanical", "TS-ST-10", "11.90", "2.95"),
                Product("Letterpress card box", "Hand made", "TS-LC-01", "29.00", "14.00", "manual"),
            )),
            PracticeShop("7494049642642410004", "Amber Optics", (
                Product("Blue light glasses", "Tortoise", "AO-BL-01", "34.00", "12.30"),
                Product("Lens cleaning kit", "Travel", "AO-LC-01", "14.90", "4.70", "cj"),
                Product("Reading glasses", "+2.0, clear", "AO-RG-20", "24.50", "7.85"),
                Product("Glasses chain", "Gold", "AO-GC-01", "13.20", "3.30"),
            )),
        ),
        "fake-rest-key-kiln", "reference_only", "CJ0000002@api@fake-key-of-bloom",
    ),
    PracticeClient(
        "Velvet Goods", "seller-velvet", "GB", "GBP", "Europe/London", "may@velvet.example.test",
        (
            PracticeShop("7494049642642410005", "Kite & Cotton", (
                Product("Linen apron", "Oat", "KC-LA-01", "27.00", "10.90"),
                Product("Slow-feed dog bowl", "Teal", "KC-DB-01", "18.99", "7.10"),
                Product("Oven glove", "Denim", "KC-OG-01", "16.80", "5.60"),
                Product("Picnic blanket", "Tartan", "KC-PB-01", "34.00", "15.90"),
                Product("Tea towel pair", "Stripe", "KC-TT-02", "12.50", "4.40", "unmapped"),
            )),
            PracticeShop("7494049642642410006", "Coral Swim", (
                Product("Phone case", "Cobalt", "CS-PC-01", "14.99", "4.95"),
                Product("Resistance bands", "Set of 5", "CS-RB-05", "21.99", "8.35"),
                Product("Swim cap", "Coral", "CS-SC-01", "12.40", "3.75"),
                Product("Dry bag", "10 litres", "CS-DB-10", "19.50", "7.05"),
            )),
        ),
        "fake-rest-key-brightway", "key",
    ),
)  # fmt: skip

STAFF = (
    ("owner@agency.example.test", "Maya Kerr", "owner", None),
    ("operator@agency.example.test", "Sam Okafor", "operator", (0, 1)),
    ("viewer@agency.example.test", "Lee Park", "viewer", None),
)


def product_ids(shop: PracticeShop, index: int) -> tuple[str, str]:
    """TikTok's product and sku id of a shop's nth product."""
    return f"17295827{shop.shop_id[-5:]}{index:06d}", f"27293824{shop.shop_id[-5:]}{index:06d}"


def sellers(clients: Sequence[PracticeClient] = CLIENTS) -> list[dict[str, Any]]:
    """The sellers as the simulator's set-up wants them."""
    return [
        {
            "seller_id": client.seller_id,
            "name": client.name,
            "region": client.region,
            "shops": [
                {
                    "shop_id": shop.shop_id,
                    "name": shop.name,
                    "region": client.region,
                    "currency": client.currency,
                    "products": [
                        _product(shop, index, product) for index, product in enumerate(shop.products)
                    ],
                }
                for shop in client.shops
            ],
        }
        for client in clients
    ]


def _product(shop: PracticeShop, index: int, product: Product) -> dict[str, Any]:
    product_id, sku_id = product_ids(shop, index)
    return {
        "product_id": product_id,
        "product_name": product.name,
        "sku_id": sku_id,
        "sku_name": product.option,
        "seller_sku": product.code,
        "price": product.price,
    }


def bought_from(client: PracticeClient, source: str) -> list[Product]:
    """The client's products that come from one source."""
    return [product for shop in client.shops for product in shop.products if product.source == source]
