"""An order list that is wrong although it answers 200: a page lost, nothing at all, a stuck mark, a count that moves.

Turned by dials of `faults`, which may name a shop by `"path"`; hidden orders come and go by `/_sim/hide`.
"""

from __future__ import annotations

import json
from typing import Any

from agency.simulator.book import Doc
from agency.simulator.gate import Call


def hidden_filter(call: Call) -> tuple[str, list[Any]]:
    """The condition that leaves out what this shop does not show now; empty when nothing is hidden."""
    hidden = call.world.faults.hidden
    now = call.world.now()
    ids = [order_id for order_id, until in list(hidden.items()) if until > now]
    if not ids:
        return "", []
    return " AND id NOT IN (SELECT value FROM json_each(?))", [json.dumps(ids)]


def is_hidden(call: Call, order_id: str) -> bool:
    """Whether the shop does not show the order now."""
    return call.world.faults.hidden.get(order_id, 0.0) > call.world.now()


def spoil_list(call: Call, page: Doc) -> Doc:
    """The answer as the dials want it; a count alone (page_size 1) loses no page and has no marks to get stuck."""
    place = f"/shops/{call.shop_id}/orders/search"
    fires = call.world.faults.fires
    if fires("empty_list", path=place):
        return {"next_page_token": "", "total_count": 0, "orders": []}
    if call.query.get("page_size") == "1":
        return page
    token = call.query.get("page_token", "")
    if fires("page_lost", path=place):
        page = page | {"orders": []}
    if token and fires("total_shift", path=place):
        page = page | {
            "total_count": page["total_count"] + call.world.faults.dials["total_shift"].get("by", 1)
        }
    if token and fires("stuck_page", path=place):
        page = page | {"next_page_token": token}
    return page
