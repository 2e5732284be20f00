"""The statements of Today: open decisions (folded by cause) and open orders, merged in one sort order.

    rank (unread, overdue, next 4 hours, ...) -> expected loss, highest first -> deadline -> decisions first -> id

An order without a decision has no expected loss, so inside a rank they come in the order of their deadline. That is the
order of a partial index: a page reads 50 of them however many there are.
"""

from __future__ import annotations

from sqlalchemy import TextClause, text

from agency.domain.scope import Scope
from agency.services.visibility import visible_sql

TROUBLE_KINDS = "('shop_unread', 'reconnect', 'count_differs')"
OPEN = "o.stage in ('held', 'to_buy', 'blocked', 'bought', 'shipped')"
# Orders of a client that has left are the books' and nobody's work; decisions about money stay.
STAYED = "{0}.client_id <> all(array(select id from clients where left_at is not null))"
_FAR = "coalesce({0}due_at, 'infinity')"


def _rank(due: str) -> str:
    return (
        f"case when {due} is null then 6 when {due} < :now then 1 when {due} < :soon then 2 "
        f"when {due} < :midnight then 3 when {due} < :tomorrow then 4 else 5 end"
    )


_WANTED = f"""
    wanted as materialized (
      select o.id from orders o where :q <> '' and o.tiktok_order_id = :q
      union
      select o.id from orders o join order_lines l on l.order_id = o.id where :q <> '' and l.seller_sku = :q and {OPEN}
    )
"""  # noqa: S608 - made of constants; values are parameters


def _decided(scope: Scope) -> str:
    """Open attentions; those about one missing mapping, and those about no order, fold by cause and currency."""
    return f"""
    decided as materialized (
      select case when f.kind in {TROUBLE_KINDS} then 0 else {_rank("coalesce(f.due_at, o.due_at)")} end as rank,
        f.loss, coalesce(f.due_at, o.due_at) as due_at, 0 as is_order, f.sort_id, f.public_id, f.kind, f.order_id,
        f.shop_id, f.client_id, f.supplier_id, f.why, f.action, f.currency, f.folded, f.data
      from (
        select min(a.id) as sort_id, (array_agg(a.public_id order by a.id))[1] as public_id, a.kind,
          (array_agg(a.order_id order by a.id))[1] as order_id, (array_agg(a.shop_id order by a.id))[1] as shop_id,
          min(a.client_id) as client_id, (array_agg(a.supplier_id order by a.id))[1] as supplier_id,
          (array_agg(a.why order by a.id))[1] as why, (array_agg(a.action order by a.id))[1] as action,
          min(a.due_at) as due_at, sum(a.loss_minor)::bigint as loss, a.currency, count(*) as folded,
          (array_agg(a.data order by a.id))[1] as data
        from attentions a
        where a.resolved_at is null and {visible_sql(scope, "a.client_id")}
          and (:shop = '' or a.shop_id = (select id from shops where public_id::text = :shop))
          and (:action = '' or a.action = :action)
          and (:q = '' or a.order_id in (select id from wanted))
        group by a.kind, a.currency, case
          when a.kind = 'unmapped' then concat(a.shop_id, ':', coalesce(a.data ->> 'sku_ids', a.id::text))
          when a.order_id is null then a.cause_key else a.id::text end
      ) f left join orders o on o.id = f.order_id
    )
    """  # noqa: S608 - conditions made of our own integers; values are parameters


def _orders(scope: Scope, columns: str) -> str:
    """Open orders without an open decision."""
    return f"""
    select {columns} from orders o
    where {OPEN} and {visible_sql(scope, "o.client_id")} and {STAYED.format("o")}
      and not exists (select from attentions a where a.order_id = o.id and a.resolved_at is null)
      and (:shop = '' or o.shop_id = (select id from shops where public_id::text = :shop))
      and :action in ('', 'look')
      and (:q = '' or o.id in (select id from wanted))
    """  # noqa: S608 - conditions made of our own integers; values are parameters


def page_statement(scope: Scope) -> TextClause:
    """51 rows after a sort key; where the two order streams begin and end is worked out by the caller.

    Both streams are sorted by (due_at, id), the undated one too, so that the index of open orders serves them: by id
    alone PostgreSQL walked every order that ever was.
    """
    key = f"(d.rank, -d.loss, {_FAR.format('d.')}, d.is_order, d.sort_id)"
    columns = f"{_rank('o.due_at')} as rank, 0::bigint as loss, o.due_at, 1 as is_order, o.id as sort_id"
    stream = """select o.*, null::uuid as public_id, 'order' as kind, o.sort_id as order_id, null::bigint as shop_id,
      null::bigint as client_id, null::bigint as supplier_id, '' as why, 'look' as action, '' as currency,
      1::bigint as folded, null::jsonb as data"""
    return text(
        f"""
        with {_WANTED}, {_decided(scope)}, keys as (
          (select d.* from decided d
           where (:group = -1 or d.rank = :group)
             and {key} > (:rank, -cast(:loss as bigint), cast(:due as timestamptz), :is_order, cast(:id as bigint))
           order by {key} limit 51)
          union all
          ({stream} from ({_orders(scope, columns)}
             and (o.due_at, o.id) > (cast(:from_due as timestamptz), cast(:from_id as bigint))
             and o.due_at < cast(:until_due as timestamptz)
           order by o.due_at, o.id limit 51) o)
          union all
          ({stream} from ({_orders(scope, columns)}
             and o.due_at is null and o.id > cast(:undated_from as bigint)
           order by o.due_at, o.id limit 51) o)
        )
        select k.rank, k.loss, k.due_at, k.is_order, k.sort_id, k.public_id, k.kind, k.why, k.action, k.folded, k.data,
          k.currency as loss_currency, o.tiktok_order_id, o.title, o.unit_count, o.status, o.stage, o.collected_at,
          o.due_kind, o.due_source, o.currency, o.total_minor, o.profit_minor, s.public_id as shop_public_id,
          s.name as shop_name, s.region, s.time_zone, c.name as client_name, p.public_id as supplier_public_id,
          p.name as supplier_name
        from keys k left join orders o on o.id = k.order_id
        left join shops s on s.id = coalesce(o.shop_id, k.shop_id)
        left join clients c on c.id = coalesce(o.client_id, k.client_id)
        left join suppliers p on p.id = k.supplier_id
        order by k.rank, k.loss desc, {_FAR.format("k.")}, k.is_order, k.sort_id limit 51
        """  # noqa: S608 - conditions made of our own integers; values are parameters
    )


def counts_statement(scope: Scope) -> TextClause:
    """Rows per rank over the whole list, and the sums above it, in one row and one pass over the open orders.

    Orders that have a decision are counted and then taken off, which is cheaper than leaving each of them out.
    """
    asked = f"""
      {OPEN} and {visible_sql(scope, "o.client_id")} and {STAYED.format("o")}
      and (:shop = '' or o.shop_id = (select id from shops where public_id::text = :shop))
      and (:q = '' or o.id in (select id from wanted))
    """  # noqa: S608 - the conditions are made of our own integers
    return text(
        f"""
        with {_WANTED}, {_decided(scope)}, passed as materialized (
          select {_rank("o.due_at")} as rank, o.currency, count(*) as n, sum(o.total_minor)::bigint as total,
            min(o.due_at) as first_due from orders o where {asked} group by 1, 2
        ), told as (
          select {_rank("o.due_at")} as rank, count(*) as n from orders o
          where o.id in (select a.order_id from attentions a where a.resolved_at is null) and {asked} group by 1
        )
        select
          (select json_agg(json_build_array(rank, currency, n, total)) from passed) as open,
          (select json_object_agg(rank, n) from told) as told,
          (select json_object_agg(rank, n) from (select rank, count(*) as n from decided group by rank) r) as decided,
          (select count(*) from decided where kind = 'approval') as approvals,
          (select min(first_due) from passed) as first_due,
          (select min(o.due_at) from orders o where {asked} and o.due_at >= :now) as next_due
        """  # noqa: S608 - conditions made of our own integers; values are parameters
    )


def trouble_statement(scope: Scope) -> TextClause:
    """Shops that nobody read for too long, and lanes that keep failing, as far as no decision says so already."""
    told = f"select from attentions a where a.resolved_at is null and a.kind in {TROUBLE_KINDS}"
    return text(
        f"""
        select 'shop' as kind, s.public_id, s.name, s.last_read_at, '' as problem, 0::bigint as failures,
          s.public_id as shop_public_id, s.region, s.time_zone, c.name as client_name, '' as api
        from shops s join clients c on c.id = s.client_id
        where s.paused_at is null and {visible_sql(scope, "s.client_id")}
          and (:shop = '' or s.public_id::text = :shop)
          and (s.last_read_at is null or s.last_read_at < :limit)
          and not exists ({told} and a.shop_id = s.id)
        union all
        select 'lane', coalesce(p.public_id, s.public_id), coalesce(p.name, s.name, ''), null, l.problem, l.failures,
          s.public_id, s.region, s.time_zone, c.name, l.api
        from lanes l join clients c on c.id = l.client_id
        left join shops s on s.id = l.shop_id left join suppliers p on p.id = l.supplier_id
        where l.failures >= 5 and {visible_sql(scope, "l.client_id")}
          and (:shop = '' or s.public_id::text = :shop)
          and not exists ({told} and a.shop_id = l.shop_id)
        order by 1, 3 limit 50
        """  # noqa: S608 - conditions made of our own integers; values are parameters
    )
