"""What a yes to an order would cost and leave, beside the client's limits, for many orders in two statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.domain.money import Money
from agency.domain.profit import margin_before_tax
from agency.services.order_page_rows import LimitFacts
from agency.services.planning_facts import OPEN_LINE
from agency.services.spending import spent_by_client

_WAITING = "select w.id from purchases w where w.order_id = o.id and w.state = 'approval'"


def cost_sql(when: str = "true") -> str:
    """The query of what a yes to the order `o` costs, as `currency` and `cost`; no row when `when` is not so.

    The purchases that wait for a yes, whose price has changed; while there is none, the lines that still have to be
    bought at their first mapping: goods, and shipping once per supplier. Unknown when it is not all one currency.
    """
    return f"""
      select min(x.currency) as currency, sum(x.cost)::bigint as cost from (
        select u.currency, coalesce(u.actual_minor, u.expected_minor) as cost
        from purchases u where {when} and u.id in ({_WAITING})
        union all
        select min(i.currency), sum(i.unit_cost_minor * f.quantity) + max(i.shipping_minor)
        from order_lines ol
        left join lateral (
          select y.supplier_item_id, y.quantity from mappings y
          where y.shop_id = ol.shop_id and y.sku_id = ol.sku_id and y.superseded_at is null order by y.rank limit 1
        ) f on true
        left join supplier_items i on i.id = f.supplier_item_id
        where {when} and ol.order_id = o.id and {OPEN_LINE} and not exists ({_WAITING}) group by i.supplier_id
      ) x having count(distinct x.currency) = 1 and count(*) = count(x.currency)
    """  # noqa: S608 - made of constants


_ORDERS = text(
    f"""
    select o.id, o.client_id, o.currency, o.placed_at, s.region, c.currency as client_currency,
      c.approval_above_minor, c.margin_floor_bp, c.daily_budget_minor, r.revenue, b.currency as cost_currency, b.cost
    from orders o join shops s on s.id = o.shop_id join clients c on c.id = o.client_id
    left join lateral (
      select sum(ol.sale_price_minor + ol.platform_discount_minor)::bigint as revenue from order_lines ol
      where ol.order_id = o.id and case when exists ({_WAITING})
        then ol.id in (select z.order_line_id from purchase_lines z where z.live and z.purchase_id in ({_WAITING}))
        else {OPEN_LINE} end
    ) r on true
    left join lateral ({cost_sql()}) b on true
    where o.id = any(:ids)
    """  # noqa: S608 - made of constants
)


def read_limits(session: Session, order_ids: Sequence[int], now: datetime) -> Mapping[int, LimitFacts]:
    """By internal order id, of orders that the caller found visible. `now` is shop time; budgets are of its UTC day."""
    if not order_ids:
        return {}
    rows = session.execute(_ORDERS, {"ids": list(order_ids)}).mappings().all()
    spent = spent_by_client(session, sorted({row["client_id"] for row in rows}), now)
    return {row["id"]: _facts(row, spent.get(row["client_id"], 0)) for row in rows}


def _facts(row: Mapping[Any, Any], spent: int) -> LimitFacts:
    currency = row["client_currency"]
    cost = None if row["cost"] is None else Money(row["cost"], row["cost_currency"])
    return LimitFacts(
        cost=cost,
        margin=_margin(row, cost),
        limit=Money(row["approval_above_minor"], currency),
        margin_floor_bp=row["margin_floor_bp"],
        budget=Money(row["daily_budget_minor"], currency),
        budget_left=Money(max(row["daily_budget_minor"] - spent, 0), currency),
    )


def _margin(row: Mapping[Any, Any], cost: Money | None) -> Money | None:
    if row["revenue"] is None:
        return None
    revenue = Money(row["revenue"], row["currency"])
    return margin_before_tax(revenue, cost, row["region"], row["placed_at"].date())
