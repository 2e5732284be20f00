"""The conditions of the order list as SQL: only those that are asked for, each of them served by an index.

Patterns cannot use an index under row-level security (tenancy facts, 1.9). So numbers are matched whole, or from their
end by the turned columns; and names are looked for in `skus`, which is small, from where an index leads to the orders.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from agency.domain.orders import Stage
from agency.domain.scope import Scope
from agency.services.list_rows import OrderFilters
from agency.services.order_filters import ANY
from agency.services.visibility import visible_sql

SHORTEST_END = 4  # characters; fewer would find half of all orders
SHORTEST_WORD = 2
_NUMBER = re.compile(r"[0-9A-Za-z-]+")
OPEN = f"o.stage in {Stage.OPEN}"

_WHOLE = """
      select x.id from orders x where x.tiktok_order_id = :q
      union select p.order_id from parcels p where p.tracking_number = :number
      union select b.order_id from purchases b where b.supplier_order_id = :q or b.reference = :q
      union select l.order_id from order_lines l where l.seller_sku = :q
"""
_BY_END = """
      union select x.id from orders x where x.number_turned >= :turned and x.number_turned < :turned_end
      union select p.order_id from parcels p where p.number_turned >= :turned_up and p.number_turned < :turned_up_end
      union select b.order_id from purchases b where b.number_turned >= :turned and b.number_turned < :turned_end
"""
_BY_NAME = """
      union select l.order_id from skus k join order_lines l on l.shop_id = k.shop_id and l.sku_id = k.sku_id
        where strpos(lower(k.product_name || ' ' || k.sku_name || ' ' || k.seller_sku), lower(:q)) > 0
"""
_PLAIN = {
    "stage": "o.stage = :stage",
    "shop": "o.shop_id = (select id from shops where public_id::text = :shop)",
    "client": "o.client_id = (select id from clients where public_id::text = :client)",
    "region": "o.shop_id in (select id from shops where region = :region)",
    "supplier": "o.id in (select b.order_id from purchases b join suppliers p on p.id = b.supplier_id "
    "where p.public_id::text = :supplier)",
    "placed_since": "o.placed_at >= :placed_since",
    "placed_before": "o.placed_at < :placed_before",
    "late_at": f"{OPEN} and o.due_at < :late_at",
}


def conditions(scope: Scope, filters: OrderFilters, *, but: str = "") -> tuple[str, dict[str, Any]]:
    """The condition for rows of `orders o` and its values; `but` leaves one filter out."""
    values: dict[str, Any] = {}
    parts = [visible_sql(scope, "o.client_id")]
    for name, condition in _PLAIN.items():
        value = getattr(filters, name)
        if value and name != but:
            parts.append(condition)
            values[name] = value
    for condition, more in (*_problem(scope, filters), *_search(filters)):
        parts.append(condition)
        values |= more
    return " and ".join(parts), values


def _problem(scope: Scope, filters: OrderFilters) -> Iterator[tuple[str, dict[str, Any]]]:
    if filters.problem:
        kind = "" if filters.problem == ANY else "and a.kind = :problem"
        seen = visible_sql(scope, "a.client_id")
        query = f"select a.order_id from attentions a where a.resolved_at is null and {seen} {kind}"  # noqa: S608
        yield f"o.id in ({query})", {"problem": filters.problem}


def _search(filters: OrderFilters) -> Iterator[tuple[str, dict[str, Any]]]:
    arms, values = number_arms(filters.q)
    if not arms:
        return
    if len(values["q"]) >= SHORTEST_WORD:
        arms += _BY_NAME
    yield f"o.id in ({arms})", values


def number_arms(typed: str) -> tuple[str, dict[str, Any]]:
    """The query for ids of orders that carry what was typed, with its values; empty when nothing was typed.

    Numbers of orders, parcels and suppliers' orders, whole or from their end, and whole seller skus.
    """
    asked = typed.strip()[:100]
    if not asked:
        return "", {}
    values, arms = {"q": asked, "number": asked.upper().replace(" ", "")}, _WHOLE
    tail = asked.replace(" ", "").lstrip("\N{HORIZONTAL ELLIPSIS}.")
    if len(tail) >= SHORTEST_END and _NUMBER.fullmatch(tail):
        arms += _BY_END
        values |= _range("turned", tail[::-1]) | _range("turned_up", tail.upper()[::-1])
    return arms, values


def text_range(beginning: str) -> tuple[str, str]:
    """First and end (not in it) of all texts that begin so, by code points: the turned columns are collated "C"."""
    return beginning, f"{beginning}\N{DELETE}"


def _range(name: str, beginning: str) -> dict[str, str]:
    first, end = text_range(beginning)
    return {name: first, f"{name}_end": end}
