"""The `sweep` lane of a shop: apart from the lanes it watches, so that it speaks when they are silent."""

from __future__ import annotations

from datetime import timedelta

from agency.lanes import Turn
from agency.models.clients import Client
from agency.models.shops import Shop
from agency.services.erasure import erase_old_contacts
from agency.services.health import note_health
from agency.services.sweeps import (
    UNREAD_AFTER,
    find_late_tracking,
    find_unread,
    find_unscanned,
    wake_stuck,
)
from agency.services.watching import note_silences, silent_watcher
from agency.transaction import system_transaction
from workers.context import Context, TurnResult

EVERY = timedelta(minutes=30)  # shop time


def serve_sweep(context: Context, turn: Turn) -> TurnResult:
    """Looks for everything that should have moved on."""
    now = context.clock.now()
    with system_transaction(context.database) as system:
        watcher = silent_watcher(system)
    with context.work(turn) as (scope, session):
        shop = session.get_one(Shop, turn.shop_id)
        if session.get_one(Client, shop.client_id).left_at is not None:
            return TurnResult(None)
        note_silences(scope, session, ("watcher",), {"watcher": watcher} if watcher else {})
        find_unread(scope, session, shop, context.clock.machine_span(UNREAD_AFTER, timedelta(seconds=60)))
        find_late_tracking(scope, session, shop, now)
        find_unscanned(scope, session, shop, now)
        wake_stuck(session, shop, now)
        note_health(scope, session, shop, now)
        erase_old_contacts(session, shop.id, now)
    return TurnResult(context.after(EVERY, timedelta(seconds=10)))
