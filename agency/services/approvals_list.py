"""Orders that may be bought once a person says so, the most urgent first."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.domain.money import Money
from agency.domain.scope import Scope
from agency.services.list_rows import ApprovalRow
from agency.services.paging import PAGE_SIZE, Page, decode_cursor, encode_cursor
from agency.services.visibility import visible_sql
from agency.services.wording import deadline_label

_FAR = datetime(9999, 12, 31, tzinfo=UTC)
_SELECT = """
    select a.id, coalesce(o.due_at, :far) as sort_at, o.tiktok_order_id, o.title, o.unit_count, o.due_at, o.due_kind,
      o.currency, o.total_minor, o.profit_minor, o.blockers, s.public_id as shop_public_id, s.name as shop_name,
      s.region, s.time_zone, c.name as client_name, b.currency as cost_currency, b.cost
    from attentions a
    join orders o on o.id = a.order_id join shops s on s.id = o.shop_id join clients c on c.id = o.client_id
    left join lateral (
      select min(p.currency) as currency, sum(coalesce(p.actual_minor, p.expected_minor))::bigint as cost
      from purchases p where p.order_id = o.id and p.state not in ('refused', 'cancelled')
      having count(distinct p.currency) = 1
    ) b on true
    where a.resolved_at is null and a.kind = 'approval'
"""


def list_approvals(scope: Scope, session: Session, cursor: str = "") -> Page[ApprovalRow]:
    """A page of 50. Raises Invalid for a cursor of another list."""
    values: dict[str, Any] = {"far": _FAR}
    goes_on = ""
    if cursor:
        values["at"], values["id"] = decode_cursor(cursor, (datetime, int))
        goes_on = "and (coalesce(o.due_at, :far), a.id) > (:at, :id)"
    query = text(
        f"{_SELECT} and {visible_sql(scope, 'a.client_id')} {goes_on} order by sort_at, a.id limit {PAGE_SIZE + 1}"
    )
    rows = list(session.execute(query, values).mappings())
    last = rows[PAGE_SIZE - 1] if len(rows) > PAGE_SIZE else None
    return Page(
        rows=tuple(_row(row) for row in rows[:PAGE_SIZE]),
        next_cursor=encode_cursor(last["sort_at"], last["id"]) if last else "",
    )


def _row(row: Mapping[Any, Any]) -> ApprovalRow:
    blockers = row["blockers"]
    return ApprovalRow(
        number=row["tiktok_order_id"],
        title=row["title"],
        quantity=row["unit_count"],
        shop_id=str(row["shop_public_id"]),
        shop_name=row["shop_name"],
        client_name=row["client_name"],
        region=row["region"],
        shop_time_zone=row["time_zone"],
        codes=tuple(blocker["code"] for blocker in blockers if blocker["approvable"]),
        sentences=tuple(blocker["sentence"] for blocker in blockers),
        value=Money(row["total_minor"], row["currency"]),
        cost=None if row["cost"] is None else Money(row["cost"], row["cost_currency"]),
        profit=None if row["profit_minor"] is None else Money(row["profit_minor"], row["currency"]),
        due_at=row["due_at"],
        due_label=deadline_label(row["due_kind"]),
        approvable=all(blocker["approvable"] for blocker in blockers),
    )
