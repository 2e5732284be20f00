"""What is in a client's archive: one sheet per kind, each a statement over that client's rows alone.

Numbers that people know (TikTok's order number, the supplier's order number) stand where our tables have inner keys.
Amounts are in minor units of the currency beside them. No secret is in any sheet.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sheet:
    """One file of the archive: its name, what it holds in words, and the statement; `:id` is the client."""

    name: str
    about: str
    statement: str


SHEETS: tuple[Sheet, ...] = (
    Sheet(
        "client",
        "the client and its limits",
        """
        select name, currency, time_zone, approval_above_minor, margin_floor_bp, daily_budget_minor, created_at, left_at
        from clients where id = :id
        """,
    ),
    Sheet(
        "shops",
        "TikTok shops",
        """
        select split_part(tiktok_shop_id, '#', 1) as tiktok_shop_id, code, name, region, currency, time_zone, promise,
          purchase_delay_minutes, connected_at, paused_at, last_read_at
        from shops where client_id = :id order by id
        """,
    ),
    Sheet(
        "orders",
        "orders as TikTok tells them, with where each stands",
        """
        select o.tiktok_order_id as order_number, s.code as shop, o.status, o.stage, o.order_type, o.currency,
          o.total_minor, o.subtotal_minor, o.shipping_fee_minor, o.tax_minor, o.platform_discount_minor,
          o.seller_discount_minor, o.unit_count, o.title, o.placed_at, o.paid_at, o.rts_at, o.collected_at,
          o.delivered_at, o.cancelled_at, o.cancel_reason, o.settled_at, o.estimate_minor, o.profit_minor
        from orders o join shops s on s.id = o.shop_id where o.client_id = :id order by o.id
        """,
    ),
    Sheet(
        "order_lines",
        "units of orders",
        """
        select o.tiktok_order_id as order_number, l.tiktok_line_id as line_number, l.sku_id, l.seller_sku,
          l.product_name, l.sku_name, l.sale_price_minor, l.platform_discount_minor, l.seller_discount_minor,
          l.tax_minor, o.currency, l.display_status, l.tracking_number
        from order_lines l join orders o on o.id = l.order_id where l.client_id = :id order by l.id
        """,
    ),
    Sheet(
        "order_events",
        "what happened to orders, and who or which rule did it",
        """
        select o.tiktok_order_id as order_number, e.seq as number, e.at, e.kind, e.actor,
          case when e.kind = 'note' then '{}'::jsonb else e.data end as data
        from order_events e join orders o on o.id = e.order_id where e.client_id = :id order by e.order_id, e.seq
        """,
    ),
    Sheet(
        "parcels",
        "parcels and their tracking numbers",
        """
        select o.tiktok_order_id as order_number, p.public_id as parcel, p.state, p.tracking_number, p.carrier_text,
          p.provider_name, p.pushed_at, p.first_scan_at, p.delivered_at
        from parcels p join orders o on o.id = p.order_id where p.client_id = :id order by p.id
        """,
    ),
    Sheet(
        "scans",
        "what carriers said of parcels",
        """
        select p.public_id as parcel, p.tracking_number, c.at, c.description
        from parcel_scans c join parcels p on p.id = c.parcel_id where c.client_id = :id order by p.id, c.at
        """,
    ),
    Sheet(
        "statements",
        "TikTok's statements",
        """
        select s.code as shop, t.statement_id, t.at, t.currency, t.settlement_minor, t.rows_minor, t.payment_status,
          t.payment_id
        from statements t join shops s on s.id = t.shop_id where t.client_id = :id order by t.id
        """,
    ),
    Sheet(
        "ledger",
        "every booked amount",
        """
        select s.code as shop, o.tiktok_order_id as order_number, g.statement_id, g.entry_key, g.kind, g.amount_minor,
          g.currency, g.at
        from ledger_entries g join shops s on s.id = g.shop_id left join orders o on o.id = g.order_id
        where g.client_id = :id order by g.id
        """,
    ),
    Sheet(
        "purchases",
        "purchases at suppliers with their costs",
        """
        select o.tiktok_order_id as order_number, p.name as supplier, b.reference, b.supplier_order_id, b.state,
          b.reason, b.currency, b.expected_minor, b.max_minor, b.actual_minor, b.placed_at, b.paid_at, b.shipped_at
        from purchases b join orders o on o.id = b.order_id join suppliers p on p.id = b.supplier_id
        where b.client_id = :id order by b.id
        """,
    ),
    Sheet(
        "purchase_lines",
        "what was bought for which unit",
        """
        select b.reference, l.tiktok_line_id as line_number, i.supplier_sku, x.quantity, x.unit_cost_minor, b.currency,
          x.live
        from purchase_lines x join purchases b on b.id = x.purchase_id join order_lines l on l.id = x.order_line_id
          join supplier_items i on i.id = x.supplier_item_id
        where x.client_id = :id order by x.purchase_id, l.id
        """,
    ),
    Sheet(
        "suppliers",
        "suppliers, without their keys",
        """
        select public_id as supplier, kind, name, currency, website, state, created_at
        from suppliers where client_id = :id order by id
        """,
    ),
    Sheet(
        "supplier_items",
        "what can be bought there",
        """
        select p.public_id as supplier, p.name as supplier_name, i.supplier_sku, i.title, i.url, i.unit_cost_minor,
          i.shipping_minor, i.currency, i.stock_quantity
        from supplier_items i join suppliers p on p.id = i.supplier_id where i.client_id = :id order by i.id
        """,
    ),
    Sheet(
        "mappings",
        "which sku is bought as which item, former versions too",
        """
        select s.code as shop, m.sku_id, m.version, m.rank, p.name as supplier, i.supplier_sku, m.quantity,
          m.price_cap_minor, i.currency, m.created_at, m.superseded_at
        from mappings m join shops s on s.id = m.shop_id join supplier_items i on i.id = m.supplier_item_id
          join suppliers p on p.id = i.supplier_id
        where m.client_id = :id order by m.id
        """,
    ),
    Sheet(
        "consents",
        "consents that suppliers get buyers' addresses",
        """
        select p.name as supplier, k.given_by_name, k.given_at, k.text_version, k.text, k.withdrawn_at
        from supplier_consents k join suppliers p on p.id = k.supplier_id where k.client_id = :id order by k.id
        """,
    ),
    Sheet(
        "audit",
        "what people and programs did about this client",
        """
        select number, at, actor, action, object_kind, object_id, details
        from audit_entries where client_id = :id order by number
        """,
    ),
)
