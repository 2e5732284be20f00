"""The `purchase` lane of a supplier: place, fix the price, pay, take back; each an effect, each at most once.

due effects -> read the orders at TikTok again -> per effect: attempt | settle a doubt -> next due time
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from agency.clock import machine_now
from agency.domain.effects import EffectKind, EffectState
from agency.domain.errors import OutsideError
from agency.domain.said import said
from agency.lanes import Turn
from agency.models.effects import Effect
from agency.models.orders import Order
from agency.models.shops import Shop
from agency.services.effects import list_due, next_due, postpone
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
    ends = turn_ends()
    ready = _freshly_read(context, turn, effects)
    writes = PurchaseWrites(context, turn, desk)
    try:
        with ThreadPoolExecutor(desk.threads(THREADS)) as pool:
            serve = partial(_serve_one, context, turn, lease, writes, ends)
            for done in [pool.submit(serve, effect) for effect in ready]:
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
    unread: set[int] = set()
    for shop_id, members in by_shop.items():
        if not _read_shop(context, turn, shop_id, members):
            unread |= {effect.id for effect in members}
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


def _read_shop(context: Context, turn: Turn, shop_id: int, effects: Sequence[Effect]) -> bool:
    access = context.shop_access(turn, shop_id)
    if access is None:
        return False
    with context.work(turn) as (_scope, session):
        numbers = {
            effect.order_id: session.get_one(Order, effect.order_id).tiktok_order_id for effect in effects
        }
    try:
        snapshots = context.tiktok(access).orders(sorted(set(numbers.values())))
    except OutsideError as error:
        note_shop_failure(context, turn, shop_id, error)
        return False
    with context.work(turn) as (scope, session):
        store_snapshots(context, scope, session, session.get_one(Shop, shop_id), snapshots)
    return {snapshot.order_id for snapshot in snapshots} >= set(numbers.values())
