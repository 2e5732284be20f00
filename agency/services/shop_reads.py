"""What was read of a shop and when: the cursor, the counts, the failures. "Could not read" is never "nothing there"."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select, text
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.completeness import REMEDIES, WORDS, Counts, Gap, is_unread
from agency.domain.said import said
from agency.domain.scope import Scope
from agency.models.inbox import InboxItem
from agency.models.shops import Shop
from agency.services.attention import Cause, close_attention, open_attention
from agency.services.lost_access import WITHDRAWN

SHORTEST_POLL = timedelta(minutes=5)  # shop time, as the rest of the rhythm
LONGEST_POLL = timedelta(minutes=60)


@dataclass(frozen=True)
class OpenNotice:
    """A notification of the shop that waits: the order to read again, if it names one."""

    id: int
    kind: str
    order_id: str
    tries: int = 0


def list_open_notices(session: Session, shop_id: int, limit: int) -> list[OpenNotice]:
    """Notifications that are due and no turn has dealt with, oldest first; withdrawn grants are the `auth` lane's."""
    query = (
        select(InboxItem.id, InboxItem.kind, InboxItem.order_ref, InboxItem.tries)
        .where(InboxItem.shop_id == shop_id, InboxItem.handled_at.is_(None), InboxItem.kind != WITHDRAWN)
        .where(or_(InboxItem.retry_at.is_(None), InboxItem.retry_at <= func.now()))
        .order_by(InboxItem.id)
        .limit(limit)
    )
    return [OpenNotice(row.id, row.kind, row.order_ref, row.tries) for row in session.execute(query)]


def close_notices(session: Session, notice_ids: Sequence[int], outcome: str) -> None:
    """Marks notifications as dealt with."""
    session.execute(
        text("update inbox_items set handled_at = now(), outcome = :outcome where id = any(:ids)"),
        {"ids": list(notice_ids), "outcome": outcome},
    )


def record_read(
    scope: Scope, session: Session, shop: Shop, cursor: datetime, new_orders: int, unannounced: int
) -> None:
    """A complete read: every page up to `cursor` (shop time) is stored."""
    now = machine_now()
    shop.read_cursor, shop.last_read_at, shop.read_error, shop.read_failed_at = cursor, now, "", None
    if new_orders or unannounced:
        shop.last_order_at, shop.empty_reads = now, 0
    else:
        shop.empty_reads += 1
    close_attention(scope, session, shop.client_id, "shop_unread", f"shop:{shop.id}")


def record_read_failure(scope: Scope, session: Session, shop: Shop, problem: str, *, loud: bool) -> None:
    """The shop could not be read: the last data stays and its age is shown; `loud` makes it a row at the top."""
    now = machine_now()
    if shop.read_failed_at is None:
        shop.read_failed_at = now
    shop.read_error = problem[:300]
    if not loud:
        return
    since = shop.last_read_at.isoformat(timespec="seconds") if shop.last_read_at else "never"
    why = said(
        "{shop} could not be read ({problem}). Last complete read: {since}. Its orders below may be old.",
        shop=shop.name,
        problem=problem,
        since=since,
    )
    open_attention(
        scope,
        session,
        Cause(
            client_id=shop.client_id,
            kind="shop_unread",
            key=f"shop:{shop.id}",
            why=why,
            action="look",
            shop_id=shop.id,
        ),
    )


def record_gap(scope: Scope, session: Session, shop: Shop, words: str, remedy: str, counts: Counts) -> None:
    """TikTok answered, but the read cannot be believed: as loud as a shop that could not be read at all."""
    now = machine_now()
    if shop.read_failed_at is None:
        shop.read_failed_at = now
    shop.read_error = words
    why = said(
        "{shop}: {words} TikTok counts {count} of 30 days, Shopfleet holds {ours}. {remedy}",
        shop=shop.name,
        words=words,
        count=counts.tiktok,
        ours=counts.ours,
        remedy=remedy,
    )
    cause = Cause(shop.client_id, "shop_unread", f"shop:{shop.id}", why, "look", shop_id=shop.id)
    open_attention(scope, session, cause)


def record_counts(scope: Scope, session: Session, shop: Shop, since: datetime, gaps: Collection[str]) -> None:
    """TikTok's count of orders placed since `since` beside ours; a difference is a row, never a rounding."""
    key = f"shop:{shop.id}"
    if Gap.MISSING not in gaps and Gap.STATES not in gaps:
        if not is_unread(gaps):
            close_attention(scope, session, shop.client_id, "count_differs", key)
        return
    if Gap.MISSING in gaps:
        why = said(
            "TikTok counts {count} orders of {shop} since {day}, Shopfleet holds {ours}. The whole "
            "window is being read again.",
            count=shop.count_tiktok,
            shop=shop.name,
            day=since.date(),
            ours=shop.count_ours,
        )
    else:
        why = said(
            "{shop}: {words} {remedy}", shop=shop.name, words=WORDS[Gap.STATES], remedy=REMEDIES[Gap.STATES]
        )
    cause = Cause(shop.client_id, "count_differs", key, why, "look", shop_id=shop.id)
    open_attention(scope, session, cause)


def poll_interval(shop: Shop, unannounced: int) -> timedelta:
    """The shop's own rhythm in shop time: short after orders, doubling while nothing comes."""
    if unannounced:
        return SHORTEST_POLL
    return min(SHORTEST_POLL * (1 << min(shop.empty_reads, 5)), LONGEST_POLL)
