"""Has anything changed that this reader sees? One small read; nothing is written for it, the rows themselves tell.

The newest hundred ids, not the newest alone: a transaction that commits late brings a smaller id than one seen before.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.scope import Scope
from agency.services.totals import UNREAD_AFTER
from agency.services.visibility import visible_sql

_NEWEST = 100
_OPEN = 300  # open decisions whose words are compared; of all others only the count
_MINUTE = 60  # seconds of shop time after which a page is read anyway, since its countdowns have moved


def fingerprint(scope: Scope, session: Session, now: datetime) -> str:
    """A short text that is the same as long as nothing has changed for this scope. `now` is shop time.

    Two scopes never share one, so a page of one person or client cannot be taken for another's.
    """
    statement = _staff(scope) if scope.login == "staff" else _CLIENT
    row = session.execute(statement, {"limit": machine_now() - UNREAD_AFTER}).one()
    whose = (scope.login, scope.agency_id, scope.client_id, scope.role, sorted(scope.client_ids or ()))
    facts = repr((whose, int(now.timestamp()) // _MINUTE, tuple(row)))
    return hashlib.sha256(facts.encode()).hexdigest()[:20]


def _newest_events(scope: Scope) -> str:
    """Ids of order events; for some clients only, each client's own newest, so that an index serves them."""
    if scope.client_ids is None:
        return f"select id from order_events order by id desc limit {_NEWEST}"  # noqa: S608 - a constant
    clients = ", ".join(str(int(client)) for client in sorted(scope.client_ids))
    return f"""
      select e.id from unnest(array[{clients}]::bigint[]) c(id), lateral (
        select id from order_events where client_id = c.id order by id desc limit {_NEWEST}) e order by e.id desc
    """  # noqa: S608 - made of our own integers


def _staff(scope: Scope) -> TextClause:
    open_one = f"resolved_at is null and {visible_sql(scope, 'client_id')}"
    return text(
        f"""
        select
          (select string_agg(id::text, ',') from ({_newest_events(scope)}) e) as events,
          (select count(*) from attentions where {open_one}) as open,
          (select md5(string_agg(concat_ws('|', id, why, action, due_at, loss_minor, owner, next_check_at), ';'))
            from (select * from attentions where {open_one} order by id desc limit {_OPEN}) a) as decisions,
          (select md5(string_agg(concat_ws('|', id, last_read_at is null or read_error <> '' or last_read_at < :limit,
              read_error, paused_at, buying_stopped_at, count_tiktok, count_ours), ';' order by id))
            from shops where {visible_sql(scope, "client_id")}) as shops,
          (select md5(string_agg(concat_ws('|', id, problem), ';' order by id))
            from lanes where failures >= 5 and {visible_sql(scope, "client_id")}) as lanes,
          (select concat_ws('|', count(*), max(id)) from effects
            where state in ('unknown', 'review') and {visible_sql(scope, "client_id")}) as doubts,
          (select string_agg(concat_ws('|', id, buying_stopped_at, left_at), ';' order by id)
            from clients where {visible_sql(scope, "id")}) as clients,
          (select max(buying_stopped_at) from agencies) as stopped
        """  # noqa: S608 - the conditions are made of our own integers
    )


# A client sees neither events nor decisions: every step of an order that is shown to it moves the order's stage.
_CLIENT = text(
    f"""
    select
      (select string_agg(concat_ws('|', id, stage_at), ';') from (
        select id, stage_at from orders order by stage_at desc, id desc limit {_NEWEST}) o) as moved,
      (select string_agg(concat_ws('|', id, last_read_at is null or last_read_at < :limit), ';'
        order by id) from shops) as shops,
      (select concat_ws('|', count(*), max(id)) from statements) as payouts
    """  # noqa: S608 - made of constants
)
