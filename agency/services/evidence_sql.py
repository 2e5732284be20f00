"""What an evidence pack reads: for the team on its login, for a client on the client's, which knows no costs."""

from __future__ import annotations

from sqlalchemy import text


def _list(query: str) -> str:
    return f"(select coalesce(json_agg(row_to_json(x)), '[]') from ({query}) x)"  # noqa: S608 - constants


_LINES = """
    select l.tiktok_line_id as line, l.sku_id, l.seller_sku, l.product_name, l.sku_name, l.sale_price_minor,
      l.platform_discount_minor, l.seller_discount_minor, l.tax_minor, l.display_status, l.tracking_number
    from order_lines l where l.order_id = :id order by l.id
"""
_PURCHASES = """
    select b.public_id as purchase, p.name as supplier, p.kind as supplier_kind, b.reference, b.supplier_order_id,
      b.state, b.reason, b.attempt, b.currency, b.expected_minor, b.max_minor, b.actual_minor, b.approved_by,
      b.claimed_by, b.decision, b.receipt, b.placed_at, b.paid_at, b.shipped_at, b.tracking_due_at, b.created_at,
      (select json_agg(json_build_object('line', l.tiktok_line_id, 'supplier_sku', i.supplier_sku, 'quantity',
          pl.quantity, 'unit_cost_minor', pl.unit_cost_minor, 'mapping_version', pl.mapping_version, 'live', pl.live)
          order by l.id)
        from purchase_lines pl join order_lines l on l.id = pl.order_line_id
        join supplier_items i on i.id = pl.supplier_item_id where pl.purchase_id = b.id) as lines,
      (select json_agg(json_build_object('supplier', p.name, 'text_version', c.text_version, 'given_by',
          c.given_by_name, 'given_at', c.given_at, 'withdrawn_at', c.withdrawn_at) order by c.given_at)
        from supplier_consents c where c.supplier_id = b.supplier_id) as consents
    from purchases b join suppliers p on p.id = b.supplier_id where b.order_id = :id order by b.id
"""
# Of a write to the outside: what was asked and what was answered, as it is stored; neither holds a buyer or a secret.
_WRITES = """
    select e.public_id as write, e.kind, e.key, e.state, e.attempts, e.absent_count, e.reason, e.payload as request,
      e.answer, e.created_at, e.first_sent_at, e.sent_at, e.ended_at,
      coalesce(p.name, 'TikTok') as sent_to, b.public_id as purchase, k.public_id as parcel
    from effects e left join suppliers p on p.id = e.supplier_id left join purchases b on b.id = e.purchase_id
    left join parcels k on k.id = e.parcel_id where e.order_id = :id order by e.id
"""
_SCANS = """(select json_agg(json_build_object('at', z.at, 'what', z.description) order by z.at)
        from parcel_scans z where z.parcel_id = k.id) as scans"""
_PARCELS = f"""
    select k.public_id as parcel, k.tracking_number, k.carrier_text, k.carrier, k.provider_name, k.state, k.package_id,
      k.warning, k.corrections, k.findings, k.supplier_shipped_at, k.pushed_at, k.first_scan_at, k.delivered_at,
      (select json_agg(l.tiktok_line_id order by l.id) from parcel_lines y join order_lines l on l.id = y.order_line_id
        where y.parcel_id = k.id) as lines,
      {_SCANS}
    from parcels k where k.order_id = :id order by k.id
"""  # noqa: S608 - constants
_OWN_PARCELS = f"""
    select k.tracking_number, k.carrier_text as carrier, k.pushed_at, k.first_scan_at, k.delivered_at, {_SCANS}
    from parcels k where k.order_id = :id and k.state in ('pushed', 'in_transit', 'delivered') order by k.id
"""  # noqa: S608 - constants
_MAPPINGS = """
    select distinct on (m.sku_id, m.version) m.sku_id, m.version, m.rank, i.supplier_sku, p.name as supplier,
      m.quantity, m.price_cap_minor, m.created_by, m.created_at, m.superseded_at
    from purchase_lines pl join purchases b on b.id = pl.purchase_id join mappings m on m.id = pl.mapping_id
    join supplier_items i on i.id = m.supplier_item_id join suppliers p on p.id = i.supplier_id
    where b.order_id = :id order by m.sku_id, m.version
"""
_LEDGER = """
    select g.kind, g.amount_minor, g.currency, g.at, g.statement_id{more} from ledger_entries g
    where g.order_id = :id order by g.id
"""
_STATEMENTS = """
    select t.statement_id, t.at, t.currency, t.settlement_minor, t.payment_status, t.payment_id from statements t
    where t.shop_id = :shop_id and t.statement_id in
      (select g.statement_id from ledger_entries g where g.order_id = :id and g.statement_id <> '') order by t.id
"""
_DECISIONS = """
    select a.kind, a.why, a.action, a.due_at, a.created_at, a.resolved_at, a.owner from attentions a
    where a.order_id = :id order by a.id
"""

_TEAM = {
    "lines": _LINES,
    "purchases": _PURCHASES,
    "writes": _WRITES,
    "parcels": _PARCELS,
    "mappings": _MAPPINGS,
    "ledger": _LEDGER.format(more=", g.entry_key, g.detail"),
    "statements": _STATEMENTS,
    "decisions": _DECISIONS,
}
_OWN = {
    "lines": _LINES,
    "parcels": _OWN_PARCELS,
    "ledger": _LEDGER.format(more=""),
    "statements": _STATEMENTS,
}
FOR_THE_TEAM = text("select " + ", ".join(f"{_list(query)} as {name}" for name, query in _TEAM.items()))
FOR_THE_CLIENT = text("select " + ", ".join(f"{_list(query)} as {name}" for name, query in _OWN.items()))
# The columns that both may read; nothing about a buyer is among them.
ORDER = """
    select o.id, o.shop_id, o.client_id, o.tiktok_order_id, o.status, o.stage, o.stage_at, o.order_type,
      o.shipping_type, o.currency, o.total_minor, o.subtotal_minor, o.shipping_fee_minor, o.tax_minor,
      o.platform_discount_minor, o.seller_discount_minor, o.unit_count, o.estimate_minor, o.placed_at, o.paid_at,
      o.awaiting_shipment_at, o.rts_at, o.collected_at, o.delivered_at, o.cancelled_at, o.cancelled_by,
      o.cancel_reason, o.settled_at, o.rts_sla_at, o.tts_sla_at, o.shipping_due_at, o.collection_due_at,
      o.delivery_sla_at, o.delivery_due_at, o.due_at, o.due_kind, o.due_source, s.region,
      s.promise, s.name as shop_name
    from orders o join shops s on s.id = o.shop_id where o.tiktok_order_id = :number and {visible}
    order by o.id desc limit 1
"""
EVENTS = text(
    "select seq, kind, actor, at, data, previous_hash, hash from order_events where order_id = :id order by seq"
)
AUDIT = text(
    """
    select number, at, actor, action, client_id, object_kind, object_id, details, address, previous_hash, hash
    from audit_entries where agency_id = :agency_id and client_id = :client_id and (
      (object_kind = 'order' and object_id = :number)
      or (object_kind = 'purchase' and object_id in
        (select cast(public_id as text) from purchases where order_id = :id))
      or (object_kind = 'parcel' and object_id in (select cast(public_id as text) from parcels where order_id = :id)))
    order by number
    """
)
