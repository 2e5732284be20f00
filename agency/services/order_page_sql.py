"""An order's page in two statements: the order itself, and all its parts as JSON put together by the database."""

from __future__ import annotations

from sqlalchemy import TextClause, text

from agency.domain.scope import Scope
from agency.services.supplier_lists import MAPPINGS
from agency.services.visibility import visible_sql


def order_statement(scope: Scope) -> TextClause:
    """The order with shop and client; the newest, should two shops ever carry one number."""
    return text(
        f"""
        select o.*, s.public_id as shop_public_id, s.name as shop_name, s.region, s.time_zone,
          c.public_id as client_public_id, c.name as client_name
        from orders o join shops s on s.id = o.shop_id join clients c on c.id = o.client_id
        where o.tiktok_order_id = :number and {visible_sql(scope, "o.client_id")}
        order by o.id desc limit 1
        """  # noqa: S608 - the condition is made of our own integers
    )


def _list(query: str) -> str:
    return f"(select coalesce(json_agg(row_to_json(x)), '[]') from ({query}) x)"  # noqa: S608 - constants


_LINES = """
    select l.sku_id, l.tiktok_line_id, l.product_name, l.sku_name, l.seller_sku, l.sale_price_minor, l.display_status
    from order_lines l where l.order_id = :id order by l.id
"""
_LIVE_MAPPINGS = f"""
    select x.*, m.created_by as mapped_by, m.created_at as mapped_at, i.quoted_at from ({MAPPINGS}) x
    join mappings m on m.public_id = x.public_id join supplier_items i on i.public_id = x.item_public_id
    where x.shop_id = :shop_id and x.sku_id in (select l.sku_id from order_lines l where l.order_id = :id)
    order by x.sku_id, x.rank
"""  # noqa: S608 - constants
_PURCHASES = """
    select b.id, b.public_id, b.reference, b.supplier_order_id, b.state, b.reason, b.currency, b.expected_minor,
      b.max_minor, b.actual_minor, b.attempt, b.claimed_by, b.claimed_until, b.placed_at, b.paid_at, b.shipped_at,
      b.tracking_due_at, b.decision, b.receipt, b.approved_by, p.public_id as supplier_public_id,
      p.name as supplier_name, p.kind as supplier_kind, p.website,
      (select e.actor from order_events e where e.order_id = :id and e.kind = 'approved'
        and e.at <= (b.decision ->> 'planned_at')::timestamptz order by e.seq desc limit 1) as said_yes_by,
      (select json_agg(json_build_object('supplier_sku', i.supplier_sku, 'title', i.title, 'url', i.url,
          'quantity', pl.quantity, 'unit_cost_minor', pl.unit_cost_minor, 'mapping_version', pl.mapping_version,
          'line_id', l.tiktok_line_id) order by l.id)
        from purchase_lines pl join supplier_items i on i.id = pl.supplier_item_id
        join order_lines l on l.id = pl.order_line_id where pl.purchase_id = b.id) as lines,
      (select row_to_json(y) from (select x.given_by_name, x.given_at, x.text_version, x.withdrawn_at
        from supplier_consents x where x.supplier_id = b.supplier_id and x.given_at <= greatest(b.created_at,
          (select max(e.sent_at) from effects e where e.order_id = :id and e.purchase_id = b.id))
        order by x.given_at desc limit 1) y) as consent
    from purchases b join suppliers p on p.id = b.supplier_id where b.order_id = :id order by b.id
"""
_EFFECTS = """
    select e.purchase_id, e.parcel_id, e.kind, e.state, e.attempts, e.reason, e.answer, e.absent_count, e.created_at,
      e.sent_at, e.ended_at, e.next_at
    from effects e where e.order_id = :id order by e.id
"""
_PARCELS = """
    select k.id, k.public_id, k.tracking_number, k.carrier, k.carrier_text, k.provider_name, k.state, k.warning,
      k.corrections, k.supplier_shipped_at, k.pushed_at, k.first_scan_at, k.delivered_at, k.findings,
      (select count(*) from parcel_lines x where x.parcel_id = k.id) as units,
      (select json_agg(json_build_array(z.at, z.description) order by z.at desc)
        from parcel_scans z where z.parcel_id = k.id) as scans
    from parcels k where k.order_id = :id order by k.id
"""
_LEDGER = """
    select g.kind, g.currency, sum(g.amount_minor)::bigint as amount from ledger_entries g
    where g.order_id = :id group by g.kind, g.currency order by min(g.id)
"""
_MARKS = """
    select distinct on (e.kind) e.kind, e.at, e.actor, e.data from order_events e
    where e.order_id = :id and (e.kind in ('order_received', 'bought_by_hand', 'tracking_received')
      or e.kind = 'review_settled' and e.data ->> 'outcome' = 'bought') order by e.kind, e.seq
"""
_DECISIONS = """
    select a.public_id, a.kind, a.why, a.action, a.due_at, a.loss_minor, a.currency from attentions a
    where a.order_id = :id and a.resolved_at is null order by a.loss_minor desc, a.id
"""

PARTS = text(
    f"""
    select {_list(_LINES)} as lines, {_list(_LIVE_MAPPINGS)} as mappings, {_list(_PURCHASES)} as purchases,
      {_list(_EFFECTS)} as effects, {_list(_PARCELS)} as parcels, {_list(_LEDGER)} as ledger,
      {_list(_MARKS)} as marks, {_list(_DECISIONS)} as decisions
    """
)
