"""Makes orders: amounts that add up, one line per unit, and every kind that a shop can meet."""

from __future__ import annotations

import random
from dataclasses import dataclass

from agency.simulator.addresses import make_address
from agency.simulator.book import Doc
from agency.simulator.money import share, spread, to_minor, to_text
from agency.simulator.order_book import SimOrder
from agency.simulator.world import World

KINDS = ("ordinary", "sample", "replacement", "fbt", "tiktok_shipping", "preorder")
DELIVERY_OPTIONS = (("7091146663229600001", "Standard Shipping"), ("7091146663229600002", "Express Shipping"))
_CONSTANTS: Doc = {
    "delivery_type": "HOME_DELIVERY",
    "payment_method_name": "CCDC",
    "payment_method_code": "pm_pi_ccdc_visa_c_d",
    "payment_card_type": "Credit",
    "is_cod": False,
    "is_on_hold_order": True,
    "is_buyer_request_cancel": False,
    "is_exchange_order": False,
    "is_subscription_order": False,
    "has_updated_recipient_address": False,
    "split_or_combine_tag": "",
    "commerce_platform": "TIKTOK_SHOP",
}
_US_SALES_TAX = 825
_SHIPPING_MINOR = 499


@dataclass
class Wish:
    """What is ordered: (product, quantity) pairs and the kind of order."""

    shop: Doc
    items: list[tuple[Doc, int]]
    kind: str = "ordinary"
    address_kind: str = "street"
    plain: bool = False


def random_wish(shop: Doc, rng: random.Random) -> Wish:
    """One to three products, mostly one or two units, now and then an unusual order."""
    products = rng.sample(shop["products"], min(len(shop["products"]), rng.choice((1, 1, 1, 1, 2, 2, 3))))
    items = [(product, rng.choice((1, 1, 1, 1, 2, 2, 3))) for product in products]
    dice = rng.random()
    kind = "ordinary"
    for name, below in (("sample", 0.01), ("replacement", 0.02), ("fbt", 0.04), ("tiktok_shipping", 0.05)):
        if dice < below:
            kind = name
            break
    if 0.05 <= dice < 0.06 and shop["region"] == "US":
        kind = "preorder"
    spot = rng.random()
    address_kind = "street"
    if shop["region"] == "US" and spot < 0.015:
        address_kind = "po_box" if spot < 0.01 else "military"
    return Wish(shop, items, kind, address_kind)


def build_order(world: World, wish: Wish, rng: random.Random, at: float) -> SimOrder:
    """A new order at shop time `at`, paid and on hold; the caller starts its life."""
    order_id = world.fresh_id("order", "5769", 18)
    shop, now = wish.shop, int(at)
    option = DELIVERY_OPTIONS[0] if wish.plain or rng.random() < 0.85 else DELIVERY_OPTIONS[1]
    lines = _lines(world, wish, rng)
    region = shop["region"]
    doc: Doc = {
        "id": order_id,
        "status": "ON_HOLD",
        "user_id": f"70214368{rng.randint(10**9, 10**10 - 1)}",
        "buyer_email": f"v2{rng.randint(10**6, 10**7)}@relay.example.test",
        "buyer_nickname": f"buyer_{rng.randint(1000, 9999)}",
        "buyer_message": "",
        "seller_note": "",
        "create_time": now,
        "paid_time": now,
        "update_time": now,
        "order_type": "PRE_ORDER" if wish.kind == "preorder" else "NORMAL",
        "fulfillment_type": "FULFILLMENT_BY_TIKTOK" if wish.kind == "fbt" else "FULFILLMENT_BY_SELLER",
        "shipping_type": "TIKTOK" if wish.kind in ("fbt", "tiktok_shipping") else "SELLER",
        "delivery_option_id": option[0],
        "delivery_option_name": option[1],
        "warehouse_id": shop["warehouse_id"],
        **_CONSTANTS,
        "is_sample_order": wish.kind == "sample",
        "is_replacement_order": wish.kind == "replacement",
        "payment": _payment(lines, wish, rng),
        "line_items": lines,
        "packages": [],
    }
    _unusual(doc, wish, rng, at)
    own: Doc = {"kind": wish.kind, "address": make_address(region, rng, wish.address_kind), "issued_at": now}
    own["affiliate"] = 0 if wish.plain or rng.random() > 0.2 else rng.choice((800, 1000, 1500))
    return SimOrder(order_id, shop["shop_id"], doc, own)


def _unusual(doc: Doc, wish: Wish, rng: random.Random, at: float) -> None:
    if wish.kind == "preorder":
        doc["release_date"] = int(at) + rng.randint(2, 4) * 86_400
        doc["handling_duration"] = {"days": "3", "type": "CALENDAR_DAY"}
    if wish.kind == "replacement":
        doc["replaced_order_id"] = f"57600000{rng.randint(10**9, 10**10 - 1)}"
    if not wish.plain and rng.random() < 0.05:
        # New fields come without notice; whoever reads orders must not stumble over them.
        doc["auto_combine_group_id"] = str(rng.randint(10**17, 10**18))
        doc["loyalty_programme"] = {"tier": rng.choice(("A", "B")), "points": rng.randint(0, 900)}


def _lines(world: World, wish: Wish, rng: random.Random) -> list[Doc]:
    lines = []
    free = wish.kind in ("sample", "replacement")
    currency = wish.shop["currency"]
    for product, quantity in wish.items:
        price = 0 if free else to_minor(product["price"], currency)
        seller_off = 0 if wish.plain or rng.random() < 0.6 else share(price, rng.choice((500, 1000)))
        platform_off = 0 if wish.plain or rng.random() < 0.7 else share(price, rng.choice((300, 500)))
        for _ in range(quantity):
            lines.append(_line(world, wish.shop, product, (price, seller_off, platform_off)))
    return lines


def _line(world: World, shop: Doc, product: Doc, amounts: tuple[int, int, int]) -> Doc:
    currency = shop["currency"]
    price, seller_off, platform_off = amounts
    sale = price - seller_off - platform_off
    tax = share(sale, _US_SALES_TAX) if shop["region"] == "US" else 0
    tax_row = {"tax_type": "SALES_TAX", "tax_amount": to_text(tax, currency), "tax_rate": "0.0825"}
    return {
        "id": world.fresh_id("line", "5770", 18),
        "sku_id": product["sku_id"],
        "product_id": product["product_id"],
        "product_name": product["product_name"],
        "sku_name": product["sku_name"],
        "sku_image": "https://images.example.test/product.jpg",
        "seller_sku": product["seller_sku"],
        "original_price": to_text(price, currency),
        "sale_price": to_text(sale, currency),
        "seller_discount": to_text(seller_off, currency),
        "platform_discount": to_text(platform_off, currency),
        "currency": currency,
        "display_status": "ON_HOLD",
        "is_gift": False,
        "item_tax": [tax_row] if tax else [],
        "room_id": "",
        "is_dangerous_good": False,
    }


def _payment(lines: list[Doc], wish: Wish, rng: random.Random) -> Doc:
    currency = wish.shop["currency"]

    def total(name: str) -> int:
        return sum(to_minor(line[name], currency) for line in lines)

    tax = sum(to_minor(row["tax_amount"], currency) for line in lines for row in line["item_tax"])
    full_shipping = 0 if wish.kind in ("sample", "replacement") else _SHIPPING_MINOR
    paid_shipping = 0 if wish.plain or rng.random() < 0.7 else full_shipping
    sub_total = total("sale_price")
    shown = {
        "sub_total": sub_total,
        "shipping_fee": paid_shipping,
        "seller_discount": total("seller_discount"),
        "platform_discount": total("platform_discount"),
        "total_amount": sub_total + paid_shipping + tax,
        "original_total_product_price": total("original_price"),
        "original_shipping_fee": full_shipping,
        "shipping_fee_seller_discount": 0,
        "shipping_fee_platform_discount": full_shipping - paid_shipping,
        "shipping_fee_cofunded_discount": 0,
        "tax": tax,
        "product_tax": tax,
        "shipping_fee_tax": 0,
        "retail_delivery_fee": 0,
    }
    return {"currency": currency, **{name: to_text(amount, currency) for name, amount in shown.items()}}


def refund_of(order: SimOrder, line_ids: list[str]) -> Doc:
    """What the buyer gets back for some lines: the payment's parts in proportion to the units."""
    currency = order.doc["payment"]["currency"]
    chosen = [line["id"] in line_ids for line in order.lines]

    def part(name: str) -> int:
        weights = [to_minor(line["sale_price"], currency) for line in order.lines]
        shares = spread(to_minor(order.doc["payment"][name], currency), weights)
        return sum(amount for amount, wanted in zip(shares, chosen, strict=True) if wanted)

    parts = {name: part(name) for name in ("sub_total", "shipping_fee", "tax")}
    return {
        "currency": currency,
        "refund_total": to_text(sum(parts.values()), currency),
        "refund_subtotal": to_text(parts["sub_total"], currency),
        "refund_shipping_fee": to_text(parts["shipping_fee"], currency),
        "refund_tax": to_text(parts["tax"], currency),
        "retail_delivery_fee": "0",
    }
