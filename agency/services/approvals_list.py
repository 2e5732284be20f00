"""Orders that may be bought once a person says so, the most urgent first, and the answers that were given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.domain.money import Money, money_sums
from agency.domain.said import said
from agency.domain.scope import Scope
from agency.services.colleagues import name_actor
from agency.services.event_wording import NOBODY
from agency.services.limit_facts import read_limits
from agency.services.list_rows import AnswerRow, ApprovalCause, ApprovalRow
from agency.services.order_page_parts import consequence
from agency.services.order_page_rows import LimitFacts
from agency.services.paging import PAGE_SIZE, Page, decode_cursor, encode_cursor
from agency.services.visibility import visible_sql
from agency.services.wording import deadline_label

CAUSES = {
    "cost_over_limit": said("Cost over the limit"),
    "margin_below_floor": said("Too little would be left"),
    "budget_used_up": said("Today's budget is used up"),
    "currency_differs": said("Cost and sale in different currencies"),
    "before_connection": said("Ordered before the shop was connected"),
    "sample": said("Sample order"),
    "replacement": said("Replacement order"),
    "unusual_type": said("Unusual kind of order"),
    "price_changed": said("The supplier asks a new price"),
    "stopped": said("Buying is stopped"),
    "cancel_requested": said("The buyer asked to cancel"),
    "unknown_code": said("Unknown code from TikTok"),
    "address_missing": said("No address yet"),
    "address_masked": said("TikTok hides the address"),
    "unmapped": said("No supplier mapped"),
    "no_supplier": said("No supplier can deliver it"),
    "supplier_refused": said("The supplier refused"),
}
_FAR = datetime(9999, 12, 31, tzinfo=UTC)
_WAITING = """
    select a.id, coalesce(o.due_at, :far) as sort_at, o.id as order_id, o.tiktok_order_id, o.title, o.unit_count,
      o.due_at, o.due_kind, o.due_source, o.currency, o.total_minor, o.blockers, s.public_id as shop_public_id,
      s.name as shop_name, s.region, s.time_zone, c.name as client_name
    from attentions a
    join orders o on o.id = a.order_id join shops s on s.id = o.shop_id join clients c on c.id = o.client_id
    where a.resolved_at is null and a.kind = 'approval'
"""
_ANSWERED = """
    select e.id, e.at, e.kind, e.actor, e.data, o.tiktok_order_id, o.title, o.unit_count, s.name as shop_name, s.region,
      c.name as client_name
    from order_events e
    join orders o on o.id = e.order_id join shops s on s.id = o.shop_id join clients c on c.id = o.client_id
    where e.kind in ('approved', 'declined')
"""


def list_approvals(
    scope: Scope, session: Session, now: datetime, cursor: str = "", size: int = PAGE_SIZE
) -> Page[ApprovalRow]:
    """A page of `size` rows. `now` is shop time. Raises Invalid for a cursor of another list."""
    values: dict[str, Any] = {"far": _FAR}
    goes_on = ""
    if cursor:
        values["at"], values["id"] = decode_cursor(cursor, (datetime, int))
        goes_on = "and (coalesce(o.due_at, :far), a.id) > (:at, :id)"
    query = text(
        f"{_WAITING} and {visible_sql(scope, 'a.client_id')} {goes_on} order by sort_at, a.id limit {size + 1}"
    )
    rows = list(session.execute(query, values).mappings())
    last = rows[size - 1] if len(rows) > size else None
    shown = rows[:size]
    limits = read_limits(session, [row["order_id"] for row in shown], now)
    return Page(
        rows=tuple(_row(row, limits.get(row["order_id"])) for row in shown),
        next_cursor=encode_cursor(last["sort_at"], last["id"]) if last else "",
    )


def group_causes(rows: Sequence[ApprovalRow]) -> tuple[ApprovalCause, ...]:
    """The rows by client and cause; causes in the order of their most urgent order."""
    groups: dict[tuple[str, str], list[ApprovalRow]] = {}
    for row in rows:
        groups.setdefault((row.client_name, row.cause), []).append(row)
    return tuple(
        ApprovalCause(cause, client, tuple(found), money_sums(one.cost for one in found))
        for (client, cause), found in groups.items()
    )


def list_answers(
    scope: Scope, session: Session, names: Mapping[str, str] = NOBODY, cursor: str = ""
) -> Page[AnswerRow]:
    """A page of 50 answers, the newest first; `names` are those of colleagues by actor."""
    values: dict[str, Any] = {}
    goes_on = ""
    if cursor:
        values["at"], values["id"] = decode_cursor(cursor, (datetime, int))
        goes_on = "and (e.at, e.id) < (:at, :id)"
    query = text(
        f"{_ANSWERED} and {visible_sql(scope, 'e.client_id')} {goes_on} "
        f"order by e.at desc, e.id desc limit {PAGE_SIZE + 1}"
    )
    rows = list(session.execute(query, values).mappings())
    last = rows[PAGE_SIZE - 1] if len(rows) > PAGE_SIZE else None
    return Page(
        rows=tuple(_answer(row, scope, names) for row in rows[:PAGE_SIZE]),
        next_cursor=encode_cursor(last["at"], last["id"]) if last else "",
    )


def _row(row: Mapping[Any, Any], limits: LimitFacts | None) -> ApprovalRow:
    blockers = row["blockers"]
    codes = tuple(blocker["code"] for blocker in blockers if blocker["approvable"])
    return ApprovalRow(
        number=row["tiktok_order_id"],
        title=row["title"],
        quantity=row["unit_count"],
        shop_id=str(row["shop_public_id"]),
        shop_name=row["shop_name"],
        client_name=row["client_name"],
        region=row["region"],
        shop_time_zone=row["time_zone"],
        codes=codes,
        sentences=tuple(blocker["sentence"] for blocker in blockers),
        value=Money(row["total_minor"], row["currency"]),
        cost=limits.cost if limits else None,
        profit=limits.margin if limits else None,
        due_at=row["due_at"],
        due_label=deadline_label(row["due_kind"]),
        approvable=all(blocker["approvable"] for blocker in blockers),
        cause=_cause(codes),
        unanswered=consequence(row["due_kind"], row["due_source"]) if row["due_at"] else "",
        limits=limits,
    )


def cause_text(code: str) -> str:
    """Why an order is not bought by itself, in a few words; a code without an entry is shown as its own words."""
    return CAUSES.get(code, code.replace("_", " ").capitalize())


def _cause(codes: Sequence[str]) -> str:
    words = [cause_text(code) for code in sorted(set(codes))]
    return " + ".join(words) or said("A person must say yes")


def _answer(row: Mapping[Any, Any], scope: Scope, names: Mapping[str, str]) -> AnswerRow:
    approved = row["kind"] == "approved"
    data = row["data"]
    return AnswerRow(
        number=row["tiktok_order_id"],
        title=row["title"],
        quantity=row["unit_count"],
        shop_name=row["shop_name"],
        client_name=row["client_name"],
        region=row["region"],
        approved=approved,
        reason=_cause(data.get("codes", ())) if approved else str(data.get("reason", "")),
        who=name_actor(row["actor"], scope, names),
        at=row["at"],
    )
