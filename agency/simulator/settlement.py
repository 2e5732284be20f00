"""What TikTok pays for an order, to the cent: rows per sku add up to the order, orders add up to the statement."""

from __future__ import annotations

from collections import defaultdict

from agency.simulator.book import Doc
from agency.simulator.clock import DAY
from agency.simulator.money import share, spread, to_minor
from agency.simulator.order_book import SimOrder, select_orders
from agency.simulator.order_life import move
from agency.simulator.world import World

# US: 6 % of (customer payment + platform discount - tax) since 2024-04-01 (knowledge id 5982454398175018);
# the other regions' 9 % is a third-party statement.
_REFERRAL = {"US": 600}
_REFERRAL_ELSEWHERE = 900
_TIKTOK_LABEL_MINOR = 650
PARTS = ("revenue", "shipping", "fees", "settlement")


def figures(order: SimOrder) -> Doc:
    """The money of an order's live lines in minor units: `rows` per sku and the totals of PARTS."""
    currency = order.doc["payment"]["currency"]

    def amounts(name: str) -> list[int]:
        return [to_minor(line[name], currency) for line in order.lines]

    original, off, sale = amounts("original_price"), amounts("seller_discount"), amounts("sale_price")
    paid_shipping = spread(to_minor(order.doc["payment"]["shipping_fee"], currency), sale)
    groups: dict[str, Doc] = {}
    for at, line in enumerate(order.lines):
        if line["display_status"] == "CANCELLED":
            continue
        blank = {name: line[name] for name in ("sku_id", "sku_name", "product_name")} | dict.fromkeys(_ROW, 0)
        row = groups.setdefault(line["sku_id"], blank)
        row["quantity"] += 1
        row["original"] += original[at]
        row["seller_discount"] += off[at]
        row["paid_shipping"] += paid_shipping[at]
    rows = list(groups.values())
    _charge(order, rows)
    return {"currency": currency, "rows": rows, **{part: sum(row[part] for row in rows) for part in PARTS}}


_ROW = ("quantity", "original", "seller_discount", "paid_shipping", "label", "referral", "affiliate", *PARTS)


def _charge(order: SimOrder, rows: list[Doc]) -> None:
    if not rows:
        return
    for row in rows:
        row["revenue"] = row["original"] - row["seller_discount"]
    if order.doc["shipping_type"] != "SELLER":
        rows[0]["label"] = _TIKTOK_LABEL_MINOR
    bases = [row["revenue"] + row["paid_shipping"] for row in rows]
    rate = _REFERRAL.get(order.own["address"]["region_code"], _REFERRAL_ELSEWHERE)
    revenues = [row["revenue"] for row in rows]
    referral = spread(share(sum(bases), rate), bases)
    affiliate = spread(share(sum(revenues), order.own.get("affiliate", 0)), revenues)
    for at, row in enumerate(rows):
        row["referral"], row["affiliate"] = referral[at], affiliate[at]
        row["fees"] = -(referral[at] + affiliate[at])
        row["shipping"] = row["paid_shipping"] - row["label"]
        row["settlement"] = row["revenue"] + row["shipping"] + row["fees"]


def cut_statement(world: World, key: str, at: float) -> None:
    """At 00:00 UTC, put a shop's ripe orders into one statement and complete them; `key` is "shop:midnight"."""
    shop_id, midnight = key.split(":")
    delivered = select_orders(world.book, "shop_id=? AND status='DELIVERED'", shop_id)
    ripe = [order for order in delivered if order.own.get("settles_at", at + 1) <= int(midnight)]
    if not ripe:
        return
    statement_id = world.fresh_id("statement", "7238", 19)
    totals: dict[str, int] = defaultdict(int)
    for order in ripe:
        money = figures(order)
        for part in PARTS:
            totals[part] += money[part]
        order.own["settled"] = {
            "statement_id": statement_id,
            "transaction_id": world.fresh_id("transaction", "1636", 19),
            "money": money,
        }
        move(world, order, "COMPLETED", at)
    statement = {
        "id": statement_id,
        "shop_id": shop_id,
        "statement_time": int(midnight),
        "currency": ripe[0].doc["payment"]["currency"],
        "order_ids": [order.id for order in ripe],
        "payment_status": "PROCESSING",
        "payment_id": world.fresh_id("payment", "3459", 19),
        **totals,
    }
    world.book.put("statement", statement_id, statement)
    world.book.plan(at + DAY, "statement.pay", statement_id)


def pay_out(world: World, statement_id: str, at: float) -> None:
    """The statement's money goes to the seller's bank."""
    statement = world.book.find("statement", statement_id)
    if statement is not None:
        statement |= {"payment_status": "PAID", "paid_time": int(at)}
        world.book.put("statement", statement_id, statement)
