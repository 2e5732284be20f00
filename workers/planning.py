"""The `plan` lane: decides what is bought, wholly inside our database."""

from __future__ import annotations

from agency.clock import machine_now
from agency.lanes import Turn
from agency.models.shops import Shop
from agency.services.planning import plan_due_orders
from workers.context import HANDFUL, Context, TurnResult

ORDERS_A_TURN = 50


def serve_plan(context: Context, turn: Turn) -> TurnResult:
    """Plans up to 50 orders whose time has come."""
    with context.work(turn) as (scope, session):
        shop = session.get_one(Shop, turn.shop_id)
        planned = plan_due_orders(scope, session, context.keyring, shop, context.clock.now(), ORDERS_A_TURN)
    many = planned.bought + planned.blocked > HANDFUL
    if planned.next_at is None:
        return TurnResult(None, crowded=many)
    due, now = context.clock.machine_at(planned.next_at), machine_now()
    return TurnResult(max(due, now), crowded=many or due <= now)
