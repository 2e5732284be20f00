"""The statements behind Health: counts per shop and day out of two covering indexes, in one pass each.

    orders that came due in the period (dispatch limit = TikTok's tts_sla, else its rts_sla)
      late:       no carrier had it at the limit
      cancelled:  by the seller, or by TikTok itself (the seller was too late)
      on time:    of those delivered, by delivery_sla
    parcels handed to TikTok in the period, with or without a carrier's scan

An order without either limit is in no figure and is counted apart. One cancelled before its limit was never due. Times
are shop time; a period is whole days of the shop's zone, today included. `:since` and `:now` are bound values, so that
the indexes' ranges can be used under row-level security.
"""

from __future__ import annotations

# As `case`, since row-level security keeps a condition on `coalesce` away from an index.
LIMIT = "(case when o.tts_sla_at is null then o.rts_sla_at else o.tts_sla_at end)"
OURS = "o.fulfillment_type = 'FULFILLMENT_BY_SELLER' and o.shipping_type = 'SELLER'"
FAULT = "(o.cancelled_by in ('SELLER', 'SYSTEM') and o.cancelled_at is not null)"
_DUE = f"(o.cancelled_at is null or o.cancelled_at > {LIMIT})"
IS_LATE = f"({_DUE} and coalesce(o.collected_at, :now) > {LIMIT})"

# One row for each shop and day of the shop's zone.
COUNTS = f"""
    select o.shop_id, ({LIMIT} at time zone s.time_zone)::date as day,
      count(*) as orders,
      count(*) filter (where {_DUE}) as due,
      count(*) filter (where {IS_LATE}) as late,
      count(*) filter (where {FAULT}) as cancelled,
      count(*) filter (where o.delivered_at is not null and o.delivery_sla_at is not null) as delivered,
      count(*) filter (where o.delivered_at <= o.delivery_sla_at) as on_time
    from orders o join shops s on s.id = o.shop_id
    where {OURS} and {LIMIT} >= :since and {LIMIT} <= :now and {{seen}}
    group by 1, 2
"""  # noqa: S608 - made of constants

PARCELS = """
    select p.shop_id, (p.pushed_at at time zone s.time_zone)::date as day,
      count(*) as parcels, count(*) filter (where p.first_scan_at is not null or p.delivered_at is not null) as scanned
    from parcels p join shops s on s.id = p.shop_id
    where p.pushed_at >= :since and p.pushed_at <= :now and p.state <> 'void'
      and (p.pushed_at <= :scan_by or p.first_scan_at is not null or p.delivered_at is not null) and {seen}
    group by 1, 2
"""

# What a late order was waiting for at its limit: to be bought, for the supplier's tracking, or for the carrier.
_LATE = f"""
    select o.id, o.shop_id, o.tiktok_order_id, o.title, {LIMIT} as limit_at, o.collected_at, o.cancelled_at,
      o.stage, b.supplier_id, b.supplier, b.bought_at, h.handed_at,
      case when b.bought_at is null or b.bought_at > {LIMIT} then 'not_bought'
        when h.handed_at is null or h.handed_at > {LIMIT} then 'no_tracking' else 'no_scan' end as reason
    from orders o join shops s on s.id = o.shop_id
    left join lateral (
      select p.supplier_id, sp.name as supplier, coalesce(p.placed_at, p.paid_at) as bought_at
      from purchases p join suppliers sp on sp.id = p.supplier_id
      where p.order_id = o.id and p.state not in ('refused', 'cancelled')
      order by coalesce(p.shipped_at, 'infinity') desc, p.id limit 1
    ) b on true
    left join lateral (
      select max(k.pushed_at) as handed_at from parcels k where k.order_id = o.id and k.pushed_at is not null
    ) h on true
    where {OURS} and {LIMIT} >= :since and {LIMIT} <= :now and {IS_LATE} and {{seen}}
      and ({LIMIT} at time zone s.time_zone)::date > (:now at time zone s.time_zone)::date - :days
"""  # noqa: S608 - made of constants
CAUSES = f"""
    select shop_id, reason, case when reason = 'no_tracking' then coalesce(supplier, '') else '' end as name,
      count(*) as orders
    from ({_LATE}) late group by 1, 2, 3 order by count(*) desc, 2, 3
"""  # noqa: S608 - made of constants
LATE_ORDERS = (
    f"select * from ({_LATE}) late where shop_id = :shop_id order by limit_at desc, id desc limit :most"  # noqa: S608
)

# When carriers took parcels: on the days of the shop's zone, in time or late.
TAKEN = f"""
    select (o.collected_at at time zone s.time_zone)::date as day,
      count(*) filter (where {LIMIT} is null or o.collected_at <= {LIMIT}) as in_time,
      count(*) filter (where o.collected_at > {LIMIT}) as taken_late
    from orders o join shops s on s.id = o.shop_id
    where o.shop_id = :shop_id and {OURS} and o.collected_at >= :since and o.collected_at <= :now and {{seen}}
    group by 1
"""  # noqa: S608 - made of constants

# The way of the orders that carriers took in the period, cut at our own moments; both ends of a stretch must be known.
STRETCHES = f"""
    with taken as (
      select o.awaiting_shipment_at as ready, b.bought_at, b.shipped_at, h.handed_at, o.collected_at
      from orders o
      left join lateral (
        select max(coalesce(p.placed_at, p.paid_at)) as bought_at, max(p.shipped_at) as shipped_at
        from purchases p where p.order_id = o.id and p.state not in ('refused', 'cancelled')
      ) b on true
      left join lateral (select max(k.pushed_at) as handed_at from parcels k where k.order_id = o.id) h on true
      where o.shop_id = :shop_id and {OURS} and o.collected_at >= :since and o.collected_at <= :now and {{seen}}
    ), cut as (
      select 'bought' as key, bought_at - ready as took from taken
      union all select 'supplier_ships', shipped_at - bought_at from taken
      union all select 'handed_over', handed_at - shipped_at from taken
      union all select 'scanned', collected_at - handed_at from taken
    )
    select key, count(*) as orders,
      percentile_cont(0.5) within group (order by extract(epoch from took)) / 3600 as hours
    from cut where took >= interval '0' group by key
"""  # noqa: S608 - made of constants

UNLIMITED = f"""
    select count(*) from orders o
    where o.shop_id = :shop_id and {OURS} and {LIMIT} is null and o.paid_at is not null and o.cancelled_at is null
      and o.placed_at >= :since and o.placed_at <= :now and {{seen}}
"""  # noqa: S608 - made of constants

SHOPS = """
    select s.id, s.public_id, s.name, s.region, s.time_zone, s.last_read_at, s.read_error,
      c.name as client_name
    from shops s join clients c on c.id = s.client_id
    where c.left_at is null and {seen}
    order by s.name, s.id
"""
