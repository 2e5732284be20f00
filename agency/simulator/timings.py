"""When each order was first announced to us and when it was bought, in machine time: the two ends of fairness."""

from __future__ import annotations

import time

from agency.simulator.book import Doc
from agency.simulator.supplier_book import served_orders
from agency.simulator.world import World


def note_told(world: World, order_id: str, moment: float) -> None:
    """The first try to deliver the notice that the order may be shipped; later tries change nothing."""
    world.book.sql(
        "INSERT OR IGNORE INTO timings SELECT id, shop_id, ?, NULL FROM orders WHERE id=?", moment, order_id
    )


def note_bought(world: World, purchase: Doc) -> None:
    """A supplier took an order for good; with several, the last one counts."""
    for order_id in served_orders(world, [line["line_ref"] for line in purchase["lines"]]):
        world.book.sql("UPDATE timings SET bought=? WHERE order_id=?", time.time(), order_id)


def read_timings(world: World) -> Doc:
    """Per order that was announced: its shop, the moment it was announced, and the moment it was bought or None."""
    rows = world.book.sql("SELECT order_id, shop_id, told, bought FROM timings")
    return {"orders": {row["order_id"]: [row["shop_id"], row["told"], row["bought"]] for row in rows}}
