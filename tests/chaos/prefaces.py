"""What must have happened before a point can be reached: the ways on which a doubt is settled begin with a fault."""

from __future__ import annotations

from collections.abc import Iterator

from tests.chaos.cells import Cell
from tests.chaos.doors import BUSY, LOST, REFUSED
from tests.chaos.hook import KILL_HORSE

# The label of the one write of each kind, by vendor; the same words stand in the names of its points.
WRITES = {
    ("place", "cj"): "cj createOrderV2",
    ("pay", "cj"): "cj payBalanceV2",
    ("cancel", "cj"): "cj deleteOrder",
    ("place", "rest"): "rest supplier orders",
    ("cancel", "rest"): "rest supplier cancel",
    ("ship", ""): "tiktok ship_202309",
}


# The first question of a look-up, by family.
FINDS = {"cj": "cj list", "rest": "rest supplier orders", "": "tiktok order_detail"}
PAID_AGAIN = "prepare_pay.cj getOrderDetail"  # asked when a payment is prepared once more
# Reads of TikTok that a lane makes in every turn of its kind; a refused one is noted at the shop.
READS = {
    "orders": "orders.read_notices.tiktok order_detail.before_ask",
    "purchase": "purchase.read_shop.tiktok order_detail.before_ask",
    "ship": "ship.judge_new.tiktok providers.before_ask",
    "finance": "finance.serve_finance.tiktok statements.before_ask",
}


def preface_of(cell: Cell) -> Iterator[tuple[str, str]]:
    """Points and acts that are armed together with the cell."""
    words = cell.point.split(".")
    if words[1:2] == ["note_shop_failure"]:
        yield READS[words[0]], BUSY
    if cell.point.startswith(("auth.not_renewed.", "auth.still_opens.")):
        yield "auth.serve_auth.tiktok token refresh.after_ask", KILL_HORSE
    if len(words) < 3:
        return
    area, kind, step = words[:3]
    family = "" if area == "ship" else "cj" if cell.vendor == "cj" else "rest"
    label = WRITES.get((kind, family))
    if label is None:
        return
    opened = "prepare" if area == "ship" else f"prepare_{kind}"
    if step in ("note_stale", "settle", "look_up", "find") or f"{step}.{words[3]}" == PAID_AGAIN:
        yield f"{area}.{kind}.commit_sending.after_commit", KILL_HORSE
        if words[2:4] == ["look_up", "1"]:  # the look-up that is not answered
            yield f"{area}.{kind}.find.{FINDS[family]}.before_ask", BUSY
    elif step == "doubt":
        yield f"{area}.{kind}.send.{label}.before_send", LOST
    elif step == "after_sending":
        yield f"{area}.{kind}.send.{label}.before_send", BUSY
    elif step == "before_sending":
        yield f"{area}.{kind}.{opened}.{label}.before_connect", REFUSED
