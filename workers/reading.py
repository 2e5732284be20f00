"""One cycle of reading a shop: slices of time, oldest first, each walked to its last page and checked before the next.

    slice that fits in a turn -> pages, stored one by one -> as many different orders as TikTok counts? -> next slice
                                   no: a second look at the slice, then the cycle ends with the gap's name

A slice is cut so that it is done within one turn, so a flood of orders or weeks of absence are read in checked steps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil

from agency.domain.completeness import Gap, Walk
from agency.domain.orders import STATUSES, OrderPage, OrderSnapshot
from agency.integrations.tiktok.port import TikTokPort
from agency.services.read_cycles import CountWindow

PAGE, PAGES_A_TURN = 50, 4
MOST_ORDERS = PAGE * PAGES_A_TURN  # in one slice, unless they all carry the same second
SHORTEST = timedelta(seconds=1)
SPARE_PAGES = 2  # beyond what TikTok's count needs; more of them is a walk without an end
LOOKS = 2
AHEAD = timedelta(seconds=2)  # an update of this very second is asked for too

StorePage = Callable[[OrderPage], int]


@dataclass
class Slice:
    """What a slice brought: how it went, and how many orders were new."""

    walk: Walk
    since: datetime
    until: datetime
    pages: int = 0
    new: int = 0
    looks: int = 0
    read: dict[str, OrderSnapshot] = field(default_factory=dict)


def read_slice(tiktok: TikTokPort, since: datetime, until: datetime, store: StorePage) -> Slice:
    """Walks the oldest part of the window that fits in a turn, a second time when something was missing."""
    first, until, asked = _cut(tiktok, since, until)
    found = Slice(Walk(0, 0, 0, 0), since, until, pages=asked)
    while found.looks < LOOKS:
        page = first if found.looks == 0 else tiktok.search_orders(since, until, "", PAGE)
        found.read.clear()
        found.walk = _walk(tiktok, found, page, store)
        found.looks += 1
        found.pages += found.walk.pages
        if not found.walk.gap:
            break
    return found


def _cut(tiktok: TikTokPort, since: datetime, until: datetime) -> tuple[OrderPage, datetime, int]:
    """The first page of the largest part of the window, from its beginning, that fits in a turn."""
    asked = 0
    while True:
        page = tiktok.search_orders(since, until, "", PAGE)
        span = until - since
        if page.total_count <= MOST_ORDERS or span <= SHORTEST:
            return page, until, asked
        asked += 1
        part = span * (0.8 * MOST_ORDERS / page.total_count)
        # Whole seconds, as TikTok's filters are: two slices meet without a hole between them.
        until = max(since + part, since + SHORTEST).replace(microsecond=0)
        until = until if until - since >= SHORTEST else until + SHORTEST


def _walk(tiktok: TikTokPort, found: Slice, page: OrderPage, store: StorePage) -> Walk:
    first, pages, seen = page.total_count, 1, {""}
    while True:
        found.new += store(page)
        found.read.update({order.order_id: order for order in page.orders})
        token = page.next_page_token
        most = ceil(max(first, page.total_count) / PAGE) + SPARE_PAGES
        if not token or token in seen or pages >= most:
            return Walk(first, page.total_count, len(found.read), pages, stuck=bool(token))
        seen.add(token)
        page = tiktok.search_orders(found.since, found.until, token, PAGE)
        pages += 1


def came_back(found: Slice, begun: datetime) -> set[str]:
    """Orders of the slice that were placed before the cycle began and updated since: what left an earlier slice."""
    edge = begun.replace(microsecond=0)
    return {number for number, order in found.read.items() if order.created_at < edge <= order.updated_at}


def count_everything(tiktok: TikTokPort, window: CountWindow, states: bool) -> tuple[int, dict[str, int]]:
    """TikTok's count of the window, and that of every state if asked, of orders that did not move lately."""
    total = tiktok.count_orders(window.since, window.until)
    if not states:
        return total, {}
    each = {
        status: tiktok.count_orders(window.since, window.until, status, window.until) for status in STATUSES
    }
    return total, each


def gap_of_debt(owed: int, came_back: int) -> str:
    """Orders that left the window unread and did not come back with an update."""
    return Gap.SHIFTED if owed > came_back else ""
