"""The `plan` lane: decides what is bought, wholly inside our database."""

from __future__ import annotations

import time

from agency.clock import machine_now
from agency.lanes import Turn
from agency.models.shops import Shop
from agency.services.planning import plan_due_orders
from workers.context import HANDFUL, Context, TurnResult, turn_ends

# Orders per transaction: it holds the row of the supplier's lane, for which the client's other shops wait.
ORDERS_A_STEP = 10


def serve_plan(context: Context, turn: Turn) -> TurnResult:
    """Plans the orders whose time has come, until none is left or the turn's time is over."""
    ends, done = turn_ends(), 0
    while True:
        with context.work(turn) as (scope, session):
            shop, now = session.get_one(Shop, turn.shop_id), context.clock.now()
            planned = plan_due_orders(scope, session, context.keyring, shop, now, ORDERS_A_STEP)
        done += planned.bought + planned.blocked
        if planned.next_at is None:
            return TurnResult(None, crowded=done > HANDFUL)
        due, now = context.clock.machine_at(planned.next_at), machine_now()
        if due > now or time.monotonic() > ends:
            return TurnResult(max(due, now), crowded=done > HANDFUL or due <= now)
