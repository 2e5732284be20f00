"""Orders, their lines and packages as rows of the book."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from agency.simulator.addresses import empty_address, starred_address
from agency.simulator.book import Book, Doc, dump

RANK = (
    "UNPAID",
    "ON_HOLD",
    "AWAITING_SHIPMENT",
    "AWAITING_COLLECTION",
    "IN_TRANSIT",
    "DELIVERED",
    "COMPLETED",
)
_HIDDEN_EMPTY = ("UNPAID", "ON_HOLD")
# US masking rules of 2025-07-21: the buyer's data closes 30 days after COMPLETED.
_OPEN_AFTER_COMPLETED = 30 * 86_400


@dataclass
class SimOrder:
    """One order: `doc` is what TikTok tells (without the address), `own` what only the simulator knows."""

    id: str
    shop_id: str
    doc: Doc
    own: Doc

    @property
    def status(self) -> str:
        """TikTok's status of the whole order."""
        return str(self.doc["status"])

    @property
    def lines(self) -> list[Doc]:
        """One entry per unit."""
        return list(self.doc["line_items"])

    @property
    def live_lines(self) -> list[Doc]:
        """Lines that nobody has cancelled."""
        return [line for line in self.lines if line["display_status"] != "CANCELLED"]

    @property
    def _shipped_by_tiktok(self) -> bool:
        kind = [str(self.doc[name]) for name in ("shipping_type", "fulfillment_type")]
        return kind != ["SELLER", "FULFILLMENT_BY_SELLER"]

    def _is_old(self, now: float) -> bool:
        return self.status == "COMPLETED" and now > self.doc["update_time"] + _OPEN_AFTER_COMPLETED

    def shown(self, now: float) -> Doc:
        """The order as the API shows it now, its address clear, starred or empty (masking rules of 2025-07-21)."""
        clear = self.own["address"]
        address = clear
        if self.status in _HIDDEN_EMPTY:
            address = empty_address(clear["region_code"])
        elif (
            self.status == "CANCELLED"
            or self.own.get("masked")
            or self._shipped_by_tiktok
            or self._is_old(now)
        ):
            address = starred_address(clear)
        return {**self.doc, "recipient_address": address}


def save_order(book: Book, order: SimOrder) -> None:
    """Write an order and its searchable columns."""
    doc = order.doc
    book.sql(
        "INSERT OR REPLACE INTO orders VALUES (?,?,?,?,?,?,?,?,?,?,?)",
        order.id,
        order.shop_id,
        order.status,
        doc["create_time"],
        doc["update_time"],
        doc["shipping_type"],
        doc["user_id"],
        doc["warehouse_id"],
        int(doc["is_buyer_request_cancel"]),
        dump(doc),
        dump(order.own),
    )


def save_lines(book: Book, order: SimOrder) -> None:
    """Make each line findable by its id."""
    for line in order.lines:
        book.sql("INSERT OR REPLACE INTO lines VALUES (?,?)", line["id"], order.id)


def find_order(book: Book, order_id: str) -> SimOrder | None:
    """The order with that id, or None."""
    rows = book.sql("SELECT id, shop_id, doc, own FROM orders WHERE id=?", order_id)
    return _order(rows[0]) if rows else None


def select_orders(book: Book, where: str, *values: Any) -> list[SimOrder]:
    """Orders for a condition (own text, never a caller's)."""
    rows = book.sql(f"SELECT id, shop_id, doc, own FROM orders WHERE {where}", *values)  # noqa: S608
    return [_order(row) for row in rows]


def order_of_line(book: Book, line_id: str) -> str | None:
    """The id of the order that has this line, or None."""
    rows = book.sql("SELECT order_id FROM lines WHERE id=?", line_id)
    return str(rows[0]["order_id"]) if rows else None


def _order(row: Any) -> SimOrder:
    return SimOrder(row["id"], row["shop_id"], json.loads(row["doc"]), json.loads(row["own"]))


def save_package(book: Book, package: Doc) -> None:
    """Write a package: number, provider, order, lines, and what the carrier has done with it."""
    book.sql(
        "INSERT OR REPLACE INTO packages VALUES (?,?,?,?,?,?,?,?)",
        package["id"],
        package["order_id"],
        package["shop_id"],
        package["tracking_number"],
        package["status"],
        package["create_time"],
        package["update_time"],
        dump(package),
    )


def find_package(book: Book, package_id: str) -> Doc | None:
    """The package with that id, or None."""
    rows = book.sql("SELECT doc FROM packages WHERE id=?", package_id)
    return json.loads(rows[0]["doc"]) if rows else None


def packages_of(book: Book, order_id: str) -> list[Doc]:
    """The packages of an order, oldest first."""
    rows = book.sql("SELECT doc FROM packages WHERE order_id=? ORDER BY id", order_id)
    return [json.loads(row["doc"]) for row in rows]


def packages_with(book: Book, number: str) -> list[Doc]:
    """All packages that carry a tracking number."""
    return [
        json.loads(row["doc"])
        for row in book.sql("SELECT doc FROM packages WHERE number=? ORDER BY id", number)
    ]


def overall_status(order: SimOrder) -> str:
    """The order's status as its lines make it."""
    states = {line["display_status"] for line in order.live_lines}
    if not states:
        return "CANCELLED"
    lowest = str(min(states, key=RANK.index))
    if lowest == "AWAITING_SHIPMENT" and len(states) > 1:
        return "PARTIALLY_SHIPPING"
    return lowest
