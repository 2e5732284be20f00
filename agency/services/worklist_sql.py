"""The statements of Today: open decisions (folded by cause) and open orders, merged in one sort order.

    rank (unread, overdue, next 4 hours, ...) -> expected loss, highest first -> deadline -> decisions first -> id

An order has one row, that of its costliest open decision. Rows that one act mends together fold into one. A snoozed row
leaves the list until its next check, or until its deadline is near, whatever comes first (ADR 31).

An order without a decision has no expected loss, so inside a rank they come in the order of their deadline. That is the
order of a partial index: a page reads 50 of them however many there are.
"""

from __future__ import annotations

from sqlalchemy import TextClause, text

from agency.domain.scope import Scope
from agency.services.limit_facts import cost_sql
from agency.services.order_search import OPEN
from agency.services.visibility import visible_sql

# What nobody sees while these are open: they stand above everything.
UNSEEN = ("shop_unread", "reconnect", "count_differs")
TROUBLE = (*UNSEEN, "machine_silent", "announced_unread")
TROUBLE_KINDS = f"({', '.join(repr(kind) for kind in TROUBLE)})"
_TOLD_KINDS = f"({', '.join(repr(kind) for kind in UNSEEN)})"
# Orders of a client that has left are the books' and nobody's work; decisions about money stay.
STAYED = "{0}.client_id <> all(array(select id from clients where left_at is not null))"
_FAR = "coalesce({0}due_at, 'infinity')"


def _rank(due: str) -> str:
    return (
        f"case when {due} is null then 6 when {due} < :now then 1 when {due} < :soon then 2 "
        f"when {due} < :midnight then 3 when {due} < :tomorrow then 4 else 5 end"
    )


def _found(column: str, arms: str) -> str:
    """The condition for what was searched for; nothing is asked when nothing was typed."""
    return f"and {column} in (select id from wanted)" if arms else ""  # noqa: S608 - our own column


def _wanted(arms: str) -> str:
    return f"wanted as materialized ({arms}), " if arms else ""


# One act mends all of these: the same missing mapping, supplier, consent, stop or carrier.
FOLD = """case
    when a.kind = 'unmapped' then concat('sku:', a.shop_id, ':', coalesce(a.data ->> 'sku_ids', a.id::text))
    when a.order_id is null then a.cause_key
    when a.kind = 'tracking_blocked' and jsonb_exists(a.data, 'carrier') then concat('carrier:', a.data ->> 'carrier')
    when a.action in ('start_buying', 'record_consent', 'check_supplier')
      then concat(a.action, ':', a.supplier_id, ':', a.why)
    else a.id::text end"""
_DUE = "least(a.due_at, (select due_at from orders where id = a.order_id))"
SNOOZED = f"(a.next_check_at is not null and a.next_check_at > :now and not coalesce({_DUE} <= :wake, false))"


def _decided(scope: Scope, arms: str) -> str:
    """Open attentions: the costliest of each order, with how many more it has; then folded by cause and currency."""
    return f"""
    single as materialized (
      select a.*, {FOLD} as fold, {SNOOZED} as snoozed,
        row_number() over (same_order order by a.loss_minor desc, a.due_at, a.id) as place,
        count(*) over (same_order) - 1 as more
      from attentions a
      where a.resolved_at is null and {visible_sql(scope, "a.client_id")}
        and (:shop = '' or a.shop_id = (select id from shops where public_id::text = :shop))
        and (:client = '' or a.client_id = (select id from clients where public_id::text = :client))
        and (:action = '' or a.action = :action)
        {_found("a.order_id", arms)}
      window same_order as (
        partition by a.order_id, case when a.order_id is null then a.id end, {SNOOZED})
    ), folds as (
      select min(a.id) as sort_id, min(a.due_at) as due_at, sum(a.loss_minor)::bigint as loss, count(*) as folded,
        greatest(count(distinct a.shop_id), 1) as shops,
        sum(a.more)::bigint as more, min(nullif(a.owner, '')) as owner, max(a.owner) as other_owner,
        bool_or(a.owner = :me) as mine, bool_or(a.owner = '') as free, min(a.next_check_at) as next_check_at
      from single a where a.place = 1
      group by a.kind, a.currency, a.fold, a.snoozed
    ), every as materialized (
      select case when a.kind in {TROUBLE_KINDS} then 0 else {_rank("coalesce(f.due_at, o.due_at)")} end as rank,
        f.loss, coalesce(f.due_at, o.due_at) as due_at, 0 as is_order, f.sort_id, a.public_id, a.kind, a.order_id,
        a.shop_id, a.client_id, a.supplier_id, a.why, a.action, a.currency, f.folded, f.shops, a.data, a.fold, f.more,
        f.owner, f.other_owner, f.mine, f.free, a.snoozed, f.next_check_at
      from folds f join single a on a.id = f.sort_id left join orders o on o.id = a.order_id
    ), decided as (
      select * from every d where d.snoozed = cast(:snoozed as boolean)
        and case :owner when 'mine' then d.mine when 'nobody' then d.free else true end
    )
    """  # noqa: S608 - conditions made of our own integers; values are parameters


def _asked(scope: Scope, arms: str) -> str:
    """Open orders of the shop, client and number that were asked for."""
    return f"""
      {OPEN} and {visible_sql(scope, "o.client_id")} and {STAYED.format("o")}
      and (:shop = '' or o.shop_id = (select id from shops where public_id::text = :shop))
      and (:client = '' or o.client_id = (select id from clients where public_id::text = :client))
      {_found("o.id", arms)}
    """  # noqa: S608 - the conditions are made of our own integers


def _orders(scope: Scope, arms: str, columns: str) -> str:
    """Open orders without an open decision."""
    return f"""
    select {columns} from orders o
    where {_asked(scope, arms)} and cast(:orders as boolean)
      and not exists (select from attentions a where a.order_id = o.id and a.resolved_at is null)
    """  # noqa: S608 - conditions made of our own integers; values are parameters


def page_statement(scope: Scope, arms: str = "") -> TextClause:
    """51 rows after a sort key; where the two order streams begin and end is worked out by the caller.

    `arms` is the query for the orders that were searched for (`order_search.number_arms`), empty for all.

    Both streams are sorted by (due_at, id), the undated one too, so that the index of open orders serves them: by id
    alone PostgreSQL walked every order that ever was.
    """
    key = f"(d.rank, -d.loss, {_FAR.format('d.')}, d.is_order, d.sort_id)"
    columns = f"{_rank('o.due_at')} as rank, 0::bigint as loss, o.due_at, 1 as is_order, o.id as sort_id"
    stream = """select o.*, null::uuid as public_id, 'order' as kind, o.sort_id as order_id, null::bigint as shop_id,
      null::bigint as client_id, null::bigint as supplier_id, '' as why, 'see' as action, '' as currency,
      1::bigint as folded, 1::bigint as shops, null::jsonb as data, '' as fold, 0::bigint as more, null as owner,
      null as other_owner, false as mine, true as free, false as snoozed, null::timestamptz as next_check_at"""
    return text(
        f"""
        with {_wanted(arms)}{_decided(scope, arms)}, keys as (
          (select d.* from decided d
           where (:group = -1 or d.rank = :group)
             and {key} > (:rank, -cast(:loss as bigint), cast(:due as timestamptz), :is_order, cast(:id as bigint))
           order by {key} limit 51)
          union all
          ({stream} from ({_orders(scope, arms, columns)}
             and (o.due_at, o.id) > (cast(:from_due as timestamptz), cast(:from_id as bigint))
             and o.due_at < cast(:until_due as timestamptz)
           order by o.due_at, o.id limit 51) o)
          union all
          ({stream} from ({_orders(scope, arms, columns)}
             and o.due_at is null and o.id > cast(:undated_from as bigint)
           order by o.due_at, o.id limit 51) o)
        )
        select k.rank, k.loss, k.due_at, k.is_order, k.sort_id, k.public_id, k.kind, k.why, k.action, k.folded, k.data,
          k.shops, k.more, k.owner, k.other_owner, k.snoozed, k.next_check_at, b.cost, b.currency as cost_currency,
          k.currency as loss_currency, o.tiktok_order_id, o.title, o.unit_count, o.status, o.stage, o.collected_at,
          o.due_kind, o.due_source, o.currency, o.total_minor, o.profit_minor, s.public_id as shop_public_id,
          s.name as shop_name, s.region, s.time_zone, c.name as client_name, c.public_id as client_public_id,
          p.public_id as supplier_public_id, p.name as supplier_name
        from keys k left join orders o on o.id = k.order_id
        left join shops s on s.id = coalesce(o.shop_id, k.shop_id)
        left join clients c on c.id = coalesce(o.client_id, k.client_id)
        left join suppliers p on p.id = k.supplier_id
        left join lateral ({cost_sql("k.action = 'approve'")}) b on true
        order by k.rank, k.loss desc, {_FAR.format("k.")}, k.is_order, k.sort_id limit 51
        """  # noqa: S608 - conditions made of our own integers; values are parameters
    )


def counts_statement(scope: Scope, arms: str = "") -> TextClause:
    """Rows per rank over the whole list, and the sums above it, in one row and one pass over the open orders.

    Orders that have a decision are counted and then taken off, which is cheaper than leaving each of them out.
    """
    asked = _asked(scope, arms)
    return text(
        f"""
        with {_wanted(arms)}{_decided(scope, arms)}, passed as materialized (
          select {_rank("o.due_at")} as rank, o.currency, o.stage, count(*) as n, sum(o.total_minor)::bigint as total,
            min(o.due_at) as first_due from orders o where {asked} group by 1, 2, 3
        ), told as (
          select {_rank("o.due_at")} as rank, count(*) as n from orders o
          where o.id in (select a.order_id from attentions a where a.resolved_at is null) and {asked} group by 1
        )
        select
          (select json_agg(json_build_array(rank, currency, n, total, stage)) from passed) as open,
          (select json_object_agg(rank, n) from told) as told,
          (select json_object_agg(rank, n) from (select rank, count(*) as n from decided group by rank) r) as decided,
          (select count(*) from every where kind = 'approval') as approvals,
          (select count(*) from every where snoozed) as snoozed,
          (select count(*) from every where not snoozed and mine) as mine,
          (select min(first_due) from passed) as first_due,
          (select min(o.due_at) from orders o where {asked} and o.due_at >= :now) as next_due
        """  # noqa: S608 - conditions made of our own integers; values are parameters
    )


def trouble_statement(scope: Scope) -> TextClause:
    """Shops that nobody read for too long, and lanes that keep failing, as far as no decision says so already."""
    told = f"select from attentions a where a.resolved_at is null and a.kind in {_TOLD_KINDS}"
    return text(
        f"""
        select 'shop' as kind, s.public_id, s.name, s.last_read_at, '' as problem, 0::bigint as failures,
          s.public_id as shop_public_id, s.region, s.time_zone, c.name as client_name, '' as api
        from shops s join clients c on c.id = s.client_id
        where s.paused_at is null and {visible_sql(scope, "s.client_id")}
          and (:shop = '' or s.public_id::text = :shop) and (:client = '' or c.public_id::text = :client)
          and (s.last_read_at is null or s.last_read_at < :limit)
          and not exists ({told} and a.shop_id = s.id)
        union all
        select 'lane', coalesce(p.public_id, s.public_id), coalesce(p.name, s.name, ''), null, l.problem, l.failures,
          s.public_id, s.region, s.time_zone, c.name, l.api
        from lanes l join clients c on c.id = l.client_id
        left join shops s on s.id = l.shop_id left join suppliers p on p.id = l.supplier_id
        where l.failures >= 5 and {visible_sql(scope, "l.client_id")}
          and (:shop = '' or s.public_id::text = :shop) and (:client = '' or c.public_id::text = :client)
          and not exists ({told} and a.shop_id = l.shop_id)
        order by 1, 3 limit 50
        """  # noqa: S608 - conditions made of our own integers; values are parameters
    )
