"""What a yes to an order would cost and leave, beside the client's limits, for many orders in two statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.domain.money import Money
from agency.domain.profit import ProfitParts, estimate
from agency.services.order_page_rows import LimitFacts
from agency.services.spending import spent_by_client

# The cost is that of purchases that wait, else of each line's first mapping: goods, and shipping once per supplier.
_ORDERS = text(
    """
    select o.id, o.client_id, o.currency, o.placed_at, s.region, c.currency as client_currency,
      c.approval_above_minor, c.margin_floor_bp, c.daily_budget_minor, r.revenue,
      coalesce(b.currency, m.currency) as cost_currency, coalesce(b.cost, m.cost) as cost
    from orders o join shops s on s.id = o.shop_id join clients c on c.id = o.client_id
    left join lateral (
      select sum(l.sale_price_minor + l.platform_discount_minor)::bigint as revenue
      from order_lines l where l.order_id = o.id
    ) r on true
    left join lateral (
      select min(p.currency) as currency, sum(coalesce(p.actual_minor, p.expected_minor))::bigint as cost
      from purchases p where p.order_id = o.id and p.state not in ('refused', 'cancelled')
      having count(distinct p.currency) = 1
    ) b on true
    left join lateral (
      select min(x.currency) as currency, sum(x.goods + x.shipping)::bigint as cost from (
        select i.supplier_id, min(i.currency) as currency, sum(i.unit_cost_minor * f.quantity) as goods,
          max(i.shipping_minor) as shipping
        from order_lines l
        left join lateral (
          select y.supplier_item_id, y.quantity from mappings y
          where y.shop_id = l.shop_id and y.sku_id = l.sku_id and y.superseded_at is null order by y.rank limit 1
        ) f on true
        left join supplier_items i on i.id = f.supplier_item_id
        where l.order_id = o.id and l.display_status <> 'CANCELLED' group by i.supplier_id
      ) x having count(distinct x.currency) = 1 and count(*) = count(x.currency)
    ) m on true
    where o.id = any(:ids)
    """
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
    if cost is None or cost.currency != row["currency"] or row["revenue"] is None:
        return None
    revenue = Money(row["revenue"], row["currency"])
    parts = ProfitParts(customer_payment=revenue, tax=Money(0, revenue.currency), supplier_goods=cost)
    return estimate(parts, row["region"], row["placed_at"].date()).total
