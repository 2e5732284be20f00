"""What a shop owner reads about an order: plain words, no suppliers, no costs. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agency.domain.money import Money
from agency.domain.orders import Stage
from agency.domain.said import said
from agency.services.client_rows import ClientOrderRow, ClientStepRow

STEPS = (said("Received"), said("Ordered"), said("Shipped"), said("Delivered"), said("Paid"))
_WORDS = {
    Stage.HELD: (said("Received"), 1),
    Stage.TO_BUY: (said("Being prepared"), 1),
    Stage.BLOCKED: (said("Being prepared"), 1),
    Stage.BOUGHT: (said("Ordered"), 2),
    Stage.SHIPPED: (said("Shipped"), 3),
    Stage.DELIVERED: (said("Delivered"), 4),
    Stage.SETTLED: (said("Paid"), 5),
    Stage.CANCELLED: (said("Cancelled"), 0),
    Stage.EXCLUDED: (said("Shipped by TikTok"), 0),
}


def client_order_row(row: Mapping[Any, Any]) -> ClientOrderRow:
    """One order; the tone is "warn" only when its deadline has passed."""
    words, step = _WORDS[row["stage"]]
    return ClientOrderRow(
        number=row["tiktok_order_id"],
        title=row["title"],
        quantity=row["unit_count"],
        shop_name=row["shop_name"],
        placed_at=row["placed_at"],
        status_text=words,
        tone="warn" if row["late"] else "ok" if row["stage"] == Stage.SETTLED else "",
        step=step,
        steps=len(STEPS),
        value=Money(row["total_minor"], row["currency"]),
    )


def client_steps(order: Mapping[Any, Any]) -> tuple[ClientStepRow, ...]:
    """The five steps with the times that TikTok knows."""
    _word, step = _WORDS[order["stage"]]
    times = (order["placed_at"], None, order["rts_at"], order["delivered_at"], order["settled_at"])
    ended = order["stage"] == Stage.CANCELLED
    rows = []
    for index, (label, at) in enumerate(zip(STEPS, times, strict=True), start=1):
        done = index <= step or at is not None
        state = "done" if done else "stopped" if ended else "now" if index == step + 1 else "next"
        rows.append(ClientStepRow(label, state, at if done else None))
    return tuple(rows)


def overview_sentence(on_their_way: int, late: int, unread: int) -> tuple[str, str, str]:
    """Headline, sentence and tone of the first page."""
    orders = said("1 order is") if on_their_way == 1 else said("{count} orders are", count=on_their_way)
    if unread:
        shops = said("One of your shops") if unread == 1 else said("{count} of your shops", count=unread)
        return (
            said("Not everything is known right now."),
            said("{shops} could not be read; our team is on it.", shops=shops),
            "warn",
        )
    if late:
        some = said("1 of them is") if late == 1 else said("{count} of them are", count=late)
        return (
            said("Some orders are late."),
            said(
                "{orders} on their way through our team, and {some} late. We are on it.",
                orders=orders,
                some=some,
            ),
            "warn",
        )
    if not on_their_way:
        return said("Everything is done."), said("No order is waiting. We need nothing from you today."), "ok"
    text = said(
        "{orders} on the way through our team, and none is late. We need nothing from you today.",
        orders=orders,
    )
    return said("Everything is on time."), text, "ok"
