"""Orders that a notification named and TikTok does not show: asked for again until they are read, never forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from agency.domain.completeness import REMEDIES, WORDS, Gap
from agency.domain.said import said
from agency.domain.scope import Scope
from agency.models.inbox import InboxItem
from agency.models.shops import Shop
from agency.services.attention import Cause, close_attention, open_attention
from agency.services.lost_access import WITHDRAWN

KIND = "announced_unread"
FIRST_RETRY, LONGEST_RETRY = timedelta(minutes=1), timedelta(minutes=60)  # shop time
_NAMED = 3  # so many numbers are named in the sentence

# TikTok's console can send notifications about orders that do not exist; only a person can tell them.
_CLOSE_TICKED = text(
    """
    update inbox_items i set handled_at = now(), outcome = 'ticked off'
    from attentions a where a.client_id = :client_id and a.kind = :kind and a.cause_key = :key
      and jsonb_exists(a.data, 'ticked') and a.resolved_at > i.created_at
      and i.shop_id = :shop_id and i.handled_at is null and i.tries > 0
    """
)


def _open(shop_id: int) -> tuple[object, ...]:
    return (InboxItem.shop_id == shop_id, InboxItem.handled_at.is_(None), InboxItem.kind != WITHDRAWN)


def list_announced(session: Session, shop_id: int) -> tuple[str, ...]:
    """TikTok's numbers of the orders that were announced, asked for and not shown; the oldest notification first."""
    query = (
        select(InboxItem.order_ref)
        .where(*_open(shop_id), InboxItem.tries > 0)  # type: ignore[arg-type]
        .group_by(InboxItem.order_ref)
        .order_by(func.min(InboxItem.id))
    )
    return tuple(session.scalars(query))


def close_ticked(session: Session, shop: Shop) -> None:
    """A person has looked at the row and ticked it off: what it named is not asked for any more."""
    session.execute(
        _CLOSE_TICKED,
        {"shop_id": shop.id, "client_id": shop.client_id, "kind": KIND, "key": f"shop:{shop.id}"},
    )


def retry_span(tries: int) -> timedelta:
    """How long to wait, in shop time, after so many answers without the order."""
    return min(FIRST_RETRY * (1 << min(tries, 6)), LONGEST_RETRY)


def postpone_notices(session: Session, notice_ids: Sequence[int], at: datetime) -> None:
    """The orders of these notifications were not shown; they are asked for again at `at` (machine time)."""
    session.execute(
        text("update inbox_items set tries = tries + 1, retry_at = :at where id = any(:ids)"),
        {"at": at, "ids": list(notice_ids)},
    )


def next_retry_at(session: Session, shop_id: int) -> datetime | None:
    """When the next of them is to be asked for (machine time)."""
    return session.scalar(
        select(func.min(InboxItem.retry_at)).where(*_open(shop_id))  # type: ignore[arg-type]
    )


def record_announced(scope: Scope, session: Session, shop: Shop, announced: Sequence[str]) -> None:
    """One row for all of a shop's; it closes when the last has been read."""
    key = f"shop:{shop.id}"
    if not announced:
        close_attention(scope, session, shop.client_id, KIND, key)
        return
    named = ", ".join(announced[:_NAMED]) + (" ..." if len(announced) > _NAMED else "")
    why = said(
        "{words} {shop}: {count}, {numbers}. {remedy}",
        words=WORDS[Gap.ANNOUNCED],
        shop=shop.name,
        count=len(announced),
        numbers=named,
        remedy=REMEDIES[Gap.ANNOUNCED],
    )
    cause = Cause(shop.client_id, KIND, key, why, "look", shop_id=shop.id)
    open_attention(scope, session, cause)
