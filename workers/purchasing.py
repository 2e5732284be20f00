"""The `purchase` lane of a supplier: place, fix the price, pay, take back; each an effect, each at most once.

due effects -> read the orders at TikTok again -> per effect: attempt | settle a doubt -> next due time
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from math import inf

from agency.clock import machine_now
from agency.domain.effects import EffectKind, EffectState
from agency.domain.errors import OutsideError
from agency.domain.said import said
from agency.lanes import Turn
from agency.models.effects import Effect
from agency.models.shops import Shop
from agency.services.effects import list_due, next_due, order_ids, postpone
from workers.attempts import RETRY_AFTER, attempt, note_stale, settle
from workers.context import HANDFUL, Context, TurnResult, turn_ends
from workers.intake import store_snapshots
from workers.lease import Lease
from workers.purchase_writes import PurchaseWrites
from workers.shops import note_shop_failure
from workers.supplier_desk import keep_login, open_desk

EFFECTS_A_TURN, THREADS = 50, 8  # fewer where the account allows fewer calls a second


def serve_purchase(context: Context, turn: Turn) -> TurnResult:
    """Works off due effects of one supplier, its shops in turn, until they are done or the turn's time is over."""
    assert turn.supplier_id is not None  # noqa: S101 - the lane's CHECK says so
    lease = Lease.of(context, turn)
    desk = open_desk(context, turn, turn.supplier_id)
    if desk is None:
        return TurnResult(None)
    with context.work(turn) as (_scope, session):
        limit = desk.most(EFFECTS_A_TURN)
        effects = list_due(session, supplier_id=turn.supplier_id, limit=limit)
    ready = _freshly_read(context, turn, effects)
    writes, ends = PurchaseWrites(context, turn, desk), turn_ends()  # the read is over, however long it took
    try:
        with ThreadPoolExecutor(desk.threads(THREADS)) as pool:
            serve = partial(_serve_one, context, turn, lease, writes)
            # The first is always served, so that no turn ends where it began.
            for done in [
                pool.submit(serve, ends if place else inf, effect) for place, effect in enumerate(ready)
            ]:
                done.result()
    finally:
        keep_login(context, turn, desk)
    with context.work(turn) as (_scope, session):
        due = next_due(session, supplier_id=turn.supplier_id)
    now = machine_now()
    more = due is not None and due <= now
    return TurnResult(max(due, now) if due else None, crowded=more or len(effects) > HANDFUL)


def _serve_one(
    context: Context, turn: Turn, lease: Lease, writes: PurchaseWrites, ends: float, effect: Effect
) -> None:
    if time.monotonic() > ends:
        return  # as it was; the next turn takes it up
    lease.check()
    kind, purchase_id = effect.kind, effect.purchase_id
    assert purchase_id is not None  # noqa: S101 - every effect at a supplier has a purchase
    if effect.state == EffectState.SENDING:
        note_stale(context, turn, effect, writes.doubt_of(purchase_id))
    elif effect.state == EffectState.UNKNOWN:
        settle(context, turn, effect, writes.doubt(kind, purchase_id))
    elif kind == EffectKind.PLACE:
        attempt(context, turn, effect, writes.place(effect, purchase_id))
    elif kind == EffectKind.PAY:
        attempt(context, turn, effect, writes.pay(effect, purchase_id))
    else:
        attempt(context, turn, effect, writes.cancel(effect, purchase_id))


def _freshly_read(context: Context, turn: Turn, effects: Sequence[Effect]) -> list[Effect]:
    """Reads the orders behind new money at TikTok again, in this very turn; what cannot be read is not bought now."""
    spending = [
        e for e in effects if e.state == EffectState.INTENDED and e.kind in (EffectKind.PLACE, EffectKind.PAY)
    ]
    by_shop: dict[int, list[Effect]] = defaultdict(list)
    for effect in spending:
        by_shop[effect.shop_id].append(effect)
    shown = {
        order_id
        for shop_id, members in by_shop.items()
        for order_id in _read_shop(context, turn, shop_id, members)
    }
    unread = {effect.id for effect in spending if effect.order_id not in shown}
    with context.work(turn) as (_scope, session):
        for effect in effects:
            if effect.id in unread:
                postpone(
                    session,
                    effect,
                    machine_now() + RETRY_AFTER,
                    said("the order could not be read at TikTok"),
                )
    return [effect for effect in effects if effect.id not in unread]


def _read_shop(context: Context, turn: Turn, shop_id: int, effects: Sequence[Effect]) -> set[int]:
    """Reads the orders of these effects again; gives our ids of those that TikTok showed, none when it failed."""
    access = context.shop_access(turn, shop_id)
    if access is None:
        return set()
    with context.work(turn) as (_scope, session):
        ids = order_ids(session, effects)
    try:
        snapshots = context.tiktok(access).orders(sorted(ids))
    except OutsideError as error:
        note_shop_failure(context, turn, shop_id, error)
        return set()
    with context.work(turn) as (scope, session):
        store_snapshots(context, scope, session, session.get_one(Shop, shop_id), snapshots)
    return {ids[snapshot.order_id] for snapshot in snapshots if snapshot.order_id in ids}
