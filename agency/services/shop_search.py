"""The list of shops as people work with it: the worst first, filtered, counted by state, in pages of 50."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from agency.domain.said import said
from agency.domain.scope import Scope
from agency.services.list_rows import ClientRow, ShopRow
from agency.services.paging import PAGE_SIZE
from agency.services.shop_lists import list_late_shops
from agency.services.totals import missing_orders

# From the worst to the best: in this order they are listed.
STANDINGS = {
    "unread": said("Not read"),
    "reconnect": said("Connection lost"),
    "missing": said("Orders missing"),
    "stopped": said("Buying stopped"),
    "paused": said("Paused"),
    "pending": said("Connecting"),
    "fine": said("In sync"),
    "left": said("Client left"),
}
_RANK = {word: place for place, word in enumerate(STANDINGS)}


@dataclass(frozen=True)
class ShopFilters:
    """Empty = all. `client` is a public id, `state` a key of `STANDINGS`, `market` a region such as US, `q` a name."""

    client: str = ""
    state: str = ""
    market: str = ""
    q: str = ""


@dataclass(frozen=True)
class ShopLine:
    """A shop in the list: where it stands (a key of `STANDINGS`), and how many orders are past their deadline."""

    shop: ShopRow
    standing: str
    late: int
    client_stopped: bool


@dataclass(frozen=True)
class ShopPage:
    """One page. `states` counts what the other filters leave, adding up to `total`; `missing` orders are of all."""

    lines: tuple[ShopLine, ...]
    states: Mapping[str, int]
    total: int
    missing: int
    markets: tuple[str, ...]
    clients: tuple[ClientRow, ...]
    agency_stopped_at: datetime | None
    agency_stopped_by: str
    page: int
    pages: int


def search_shops(
    scope: Scope, session: Session, filters: ShopFilters, now: datetime, page: int = 1
) -> ShopPage:
    """A page of 50 shops, the worst first and then by name; `now` is shop time. A page too high is the last one.

    An agency has hundreds of shops at most, so they are read at once and sorted here, where their state is known.
    """
    found, late = list_late_shops(scope, session, now)
    stopped = {client.client_id for client in found.clients if client.buying_stopped_at}
    lines = [_line(shop, late[shop.shop_id], shop.client_id in stopped) for shop in found.shops]
    others = [line for line in lines if _fits(line, filters)]
    states = Counter(line.standing for line in others)
    chosen = [line for line in others if filters.state in ("", line.standing)]
    chosen.sort(key=lambda line: (_RANK[line.standing], line.shop.name.casefold(), line.shop.shop_id))
    pages = max(1, -(-len(chosen) // PAGE_SIZE))
    page = min(max(page, 1), pages)
    return ShopPage(
        lines=tuple(chosen[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]),
        states={word: states[word] for word in STANDINGS if states[word]},
        total=len(others),
        missing=sum(missing_orders(shop.count_tiktok, shop.count_ours) for shop in found.shops),
        markets=_markets(found.shops),
        clients=found.clients,
        agency_stopped_at=found.agency_stopped_at,
        agency_stopped_by=found.agency_stopped_by,
        page=page,
        pages=pages,
    )


def standing_of(shop: ShopRow, client_stopped: bool = False) -> str:
    """Where a shop stands: a key of `STANDINGS`; what hides orders from us comes before what somebody chose."""
    if shop.state in ("left", "unread", "reconnect", "paused", "pending"):
        return shop.state
    if missing_orders(shop.count_tiktok, shop.count_ours):
        return "missing"
    return "stopped" if shop.buying_stopped_at or client_stopped else "fine"


def _line(shop: ShopRow, late: int, client_stopped: bool) -> ShopLine:
    return ShopLine(shop, standing_of(shop, client_stopped), late, client_stopped)


def _fits(line: ShopLine, filters: ShopFilters) -> bool:
    """All filters but the state, which the counts show."""
    shop, words = line.shop, filters.q.casefold().split()
    text_of = f"{shop.name} {shop.code} {shop.client_name} {shop.tiktok_shop_id}".casefold()
    return (
        filters.client in ("", shop.client_id)
        and filters.market in ("", shop.region)
        and all(word in text_of for word in words)
    )


def _markets(shops: Sequence[ShopRow]) -> tuple[str, ...]:
    return tuple(sorted({shop.region for shop in shops}))
