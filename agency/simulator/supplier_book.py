"""Orders at the suppliers: the book that judges whether anything was bought twice."""

from __future__ import annotations

import json

from agency.simulator.book import Book, Doc, dump
from agency.simulator.order_book import find_order, order_of_line
from agency.simulator.world import World


def save_supplier_order(book: Book, order: Doc) -> None:
    """Write a supplier's order: id, kind ("rest" or "cj"), account, reference, lines, packages."""
    book.sql(
        "INSERT OR REPLACE INTO supplier_orders VALUES (?,?,?,?,?,?)",
        order["id"],
        order["kind"],
        order["account"],
        order["reference"],
        order["seq"],
        dump(order),
    )


def find_supplier_order(book: Book, order_id: str) -> Doc | None:
    """The supplier's order with that id, or None."""
    rows = book.sql("SELECT doc FROM supplier_orders WHERE id=?", order_id)
    return json.loads(rows[0]["doc"]) if rows else None


def with_reference(book: Book, kind: str, account: str, reference: str) -> list[Doc]:
    """All orders of an account under a buyer's reference, newest first."""
    rows = book.sql(
        "SELECT doc FROM supplier_orders WHERE kind=? AND account=? AND reference=? ORDER BY seq DESC",
        kind,
        account,
        reference,
    )
    return [json.loads(row["doc"]) for row in rows]


def all_supplier_orders(book: Book, kind: str = "%", account: str = "%") -> list[Doc]:
    """All orders of a kind and account, oldest first."""
    rows = book.sql(
        "SELECT doc FROM supplier_orders WHERE kind LIKE ? AND account LIKE ? ORDER BY seq", kind, account
    )
    return [json.loads(row["doc"]) for row in rows]


def covered_lines(world: World, line_refs: list[str]) -> list[str]:
    """The TikTok lines that a parcel with these references may serve.

    A reference is one line id or several joined by commas; a purchase of several units may name only its first
    line, so every unit of the same sku in the same order counts as covered.
    """
    covered: list[str] = []
    for reference in line_refs:
        for line_id in reference.split(","):
            order_id = order_of_line(world.book, line_id.strip())
            order = find_order(world.book, order_id) if order_id else None
            if order is None:
                continue
            skus = {line["sku_id"] for line in order.lines if line["id"] == line_id.strip()}
            covered += [
                line["id"] for line in order.lines if line["sku_id"] in skus and line["id"] not in covered
            ]
    return covered


def served_orders(world: World, line_refs: list[str]) -> list[str]:
    """The TikTok orders that a supplier's order was made for."""
    parts = [part.strip() for reference in line_refs for part in reference.split(",")]
    found = [order_of_line(world.book, part) for part in parts]
    return sorted({order_id for order_id in found if order_id})
