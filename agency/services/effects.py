"""The ledger of outside writes: one row before each, every end of an attempt by compare-and-set on (state, attempts).

The worker's order of things: open the connection, `claim_sending` and commit, write the request, `end_attempt` and
commit. Whatever dies in between, the row says so, and nothing is sent again before proof.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select, text, update
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.effects import EffectState, check_move
from agency.domain.scope import Scope
from agency.models.effects import Effect
from agency.models.orders import Order

_OPEN = "state in ('intended', 'sending', 'unknown')"
# Each look-up below is one walk along the index of a supplier's work by shop, however many effects wait.
_SHOPS = "shops s where s.client_id = (select client_id from suppliers where id = :{supplier})"
_DUE_IN_TURN = text(
    f"""
    select e.* from (
      select waiting.id, row_number() over (partition by s.id order by waiting.next_at, waiting.id) as place
      from (select s.id from {_SHOPS.format(supplier="supplier_id")}) s cross join lateral (
        select id, next_at from effects
        where supplier_id = :supplier_id and shop_id = s.id and {_OPEN} and next_at <= :now
        order by next_at, id limit :limit
      ) waiting
    ) turns join effects e on e.id = turns.id
    order by turns.place, e.next_at, e.id limit :limit
    """  # noqa: S608
)
_NEXT_OF_SUPPLIER = text(
    f"""
    select min(first.next_at) from (select s.id from {_SHOPS.format(supplier="id")}) s cross join lateral (
      select next_at from effects where supplier_id = :id and shop_id = s.id and {_OPEN} order by next_at limit 1
    ) first
    """  # noqa: S608
)
_NEXT_OF_SHOP = text(
    f"select min(next_at) from effects where shop_id = :id and supplier_id is null and {_OPEN}"  # noqa: S608
)


@dataclass(frozen=True)
class EffectRef:
    """What an effect is about; `supplier_id` None = TikTok."""

    client_id: int
    shop_id: int
    order_id: int
    purchase_id: int | None = None
    parcel_id: int | None = None
    supplier_id: int | None = None


def intend(
    scope: Scope,
    session: Session,
    kind: str,
    key: str,
    ref: EffectRef,
    payload: Mapping[str, Any] | None = None,
) -> None:
    """Writes the intent. Raises IntegrityError when the same key was ever intended: that is the point."""
    session.execute(
        insert(Effect).values(
            agency_id=scope.agency_id,
            client_id=ref.client_id,
            shop_id=ref.shop_id,
            order_id=ref.order_id,
            purchase_id=ref.purchase_id,
            parcel_id=ref.parcel_id,
            supplier_id=ref.supplier_id,
            kind=kind,
            key=key,
            payload=dict(payload or {}),
        )
    )


def claim_sending(session: Session, effect: Effect, stale_after: timedelta) -> Effect | None:
    """INTENDED -> SENDING with one more attempt; None when somebody else moved it. Commit before writing the request.

    None too when the database under us has become a restored copy (fail-over in mid-turn): then nothing is sent.

    `stale_after` lies far above any time-out of ours: a SENDING that is older has lost its process.
    """
    now = machine_now()
    return session.execute(
        update(Effect)
        .where(
            Effect.id == effect.id,
            Effect.state == EffectState.INTENDED,
            Effect.attempts == effect.attempts,
            select(func.at_home()).scalar_subquery(),
        )
        .values(
            state=EffectState.SENDING,
            attempts=effect.attempts + 1,
            sent_at=now,
            first_sent_at=func.coalesce(Effect.first_sent_at, now),
            next_at=now + stale_after,
        )
        .returning(Effect)
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()


def end_attempt(
    session: Session,
    effect: Effect,
    state: str,
    *,
    reason: str = "",
    answer: Mapping[str, Any] | None = None,
    retry_at: datetime | None = None,
) -> bool:
    """Moves the effect from the state and attempt that the caller saw; False when it has moved on meanwhile.

    Raises IllegalMove for an arrow that the drawing does not have. `retry_at` (machine time) is when to look again.
    """
    check_move(effect.state, state)
    now = machine_now()
    result = session.execute(
        update(Effect)
        .where(Effect.id == effect.id, Effect.state == effect.state, Effect.attempts == effect.attempts)
        .values(
            state=state,
            reason=reason[:500],
            answer=dict(answer or {}),
            next_at=retry_at or now,
            absent_count=0 if state == EffectState.INTENDED else Effect.absent_count,
            ended_at=now if state in (EffectState.CONFIRMED, EffectState.REFUSED) else None,
        )
    )
    return bool(result.rowcount)  # type: ignore[attr-defined]


def doubt_unsent(session: Session, effect: Effect, reason: str) -> bool:
    """INTENDED -> UNKNOWN for a write that somebody made before us: no later than now, no earlier than its intent."""
    moved = end_attempt(session, effect, EffectState.UNKNOWN, reason=reason)
    if moved:
        first = func.coalesce(Effect.first_sent_at, Effect.created_at)
        values = {"sent_at": machine_now(), "first_sent_at": first}
        session.execute(update(Effect).where(Effect.id == effect.id).values(**values))
    return moved


def record_absent(session: Session, effect: Effect, counts: bool, retry_at: datetime) -> bool:
    """Notes a look-up that found nothing; only one asked after the quarantine counts as proof."""
    result = session.execute(
        update(Effect)
        .where(
            Effect.id == effect.id, Effect.state == EffectState.UNKNOWN, Effect.attempts == effect.attempts
        )
        .values(absent_count=Effect.absent_count + int(counts), next_at=retry_at)
    )
    return bool(result.rowcount)  # type: ignore[attr-defined]


def postpone(session: Session, effect: Effect, until: datetime, reason: str = "") -> None:
    """Looks at an open effect again later; its state stays."""
    session.execute(
        update(Effect)
        .where(Effect.id == effect.id, Effect.state == effect.state, Effect.attempts == effect.attempts)
        .values(next_at=until, reason=reason[:500])
    )


def list_due(
    session: Session, *, supplier_id: int | None = None, shop_id: int | None = None, limit: int = 50
) -> list[Effect]:
    """Open effects of a supplier, or of a shop at TikTok, whose time has come, oldest first.

    A supplier serves its shops in turn: the first of each, then the second of each, so that none waits behind a flood.
    """
    if supplier_id is not None:
        values = {"supplier_id": supplier_id, "now": machine_now(), "limit": limit}
        return list(session.scalars(select(Effect).from_statement(_DUE_IN_TURN), values))
    query = select(Effect).where(
        Effect.shop_id == shop_id,
        Effect.supplier_id.is_(None),
        Effect.state.in_(EffectState.OPEN),
        Effect.next_at <= machine_now(),
    )
    return list(session.scalars(query.order_by(Effect.next_at, Effect.id).limit(limit)))


def order_ids(session: Session, effects: Collection[Effect]) -> dict[str, int]:
    """Our ids of the orders behind these effects, by TikTok's numbers."""
    query = select(Order.tiktok_order_id, Order.id).where(
        Order.id.in_({effect.order_id for effect in effects})
    )
    return {row.tiktok_order_id: row.id for row in session.execute(query)}


def next_due(
    session: Session, *, supplier_id: int | None = None, shop_id: int | None = None
) -> datetime | None:
    """When the next open effect wants to be looked at (machine time)."""
    query = _NEXT_OF_SUPPLIER if supplier_id else _NEXT_OF_SHOP
    found: datetime | None = session.execute(query, {"id": supplier_id or shop_id}).scalar_one()
    return found


def doubt_everything(session: Session) -> int:
    """After a restore or fail-over: every open effect is UNKNOWN first, and nothing was proved about it (rule 6).

    Whoever went on after the backup may have sent it until now, and first at any time since it was intended: the
    quarantine counts from now, and the vendor's memory of our key from the intent.
    """
    result = session.execute(
        text(
            """
            update effects set state = 'unknown', absent_count = 0, next_at = now(),
              sent_at = now(), first_sent_at = coalesce(first_sent_at, created_at),
              reason = 'restored: asked for before anything is sent'
            where state in ('intended', 'sending', 'unknown')
            """
        )
    )
    return int(result.rowcount)  # type: ignore[attr-defined]
