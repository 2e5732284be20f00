"""The `orders` lane: notifications and the reconciling poll both end in `services.orders.import_orders`.

notices -> read those orders again -> store        cycle: slices of time, oldest first -> store -> checked -> counts
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.orders import OrderPage, OrderSnapshot
from agency.domain.scope import Scope
from agency.integrations.tiktok.port import TikTokPort
from agency.lanes import Turn, make_due
from agency.models.shops import Shop
from agency.services.address_changes import note_address_changes
from agency.services.announced import next_retry_at, postpone_notices, retry_span
from agency.services.cancel_requests import record_cancel_requests
from agency.services.cancellations import freeze_cancelled, note_cancelled_units
from agency.services.orders import Imported, import_orders
from agency.services.parcel_progress import follow_orders
from agency.services.shop_access import ShopAccess
from agency.services.shop_reads import (
    OpenNotice,
    close_notices,
    list_open_notices,
)
from workers.context import HANDFUL, Context, TurnResult
from workers.cycle import cycle_due, go_on
from workers.reading import StorePage

NOTICES_A_TURN = 50  # as many orders as one call shows


def serve_orders(context: Context, turn: Turn) -> TurnResult:
    """One turn: what was announced first, then the poll when its time has come."""
    assert turn.shop_id is not None  # noqa: S101 - the lane's CHECK says so
    access = context.shop_access(turn, turn.shop_id)
    if access is None:
        return TurnResult(None)
    tiktok = context.tiktok(access)
    read = _read_notices(context, turn, access, tiktok)
    due, new = cycle_due(context, turn, access.shop), [read]
    if due <= machine_now():
        due = go_on(context, turn, access.shop, tiktok, _store_page(context, turn, access, tiktok, new))
    if read == NOTICES_A_TURN:  # the rest is next, and did not keep the poll waiting
        due = machine_now()
    with context.work(turn) as (_scope, session):
        retry_at = next_retry_at(session, access.shop.id)
    crowded = sum(new) > HANDFUL or due <= machine_now()
    return TurnResult(min(due, retry_at) if retry_at else due, crowded=crowded)


def _store_page(
    context: Context, turn: Turn, access: ShopAccess, tiktok: TikTokPort, counted: list[int]
) -> StorePage:
    """Stores a page of the cycle with all that follows from it; gives, and adds to `counted`, how many were new."""

    def store(page: OrderPage) -> int:
        new = _store(context, turn, access.shop, page.orders).new
        _read_cancel_requests(context, turn, access, tiktok, page.orders)
        context.keep(turn)
        counted.append(new)
        return new

    return store


def _read_notices(context: Context, turn: Turn, access: ShopAccess, tiktok: TikTokPort) -> int:
    """Reads the announced orders again; how many notices there were.

    A notice is closed only after the store. One whose order TikTok does not show stays open and is asked for again.
    """
    with context.work(turn) as (_scope, session):
        notices = list_open_notices(session, access.shop.id, NOTICES_A_TURN)
    if not notices:
        return 0
    ids = sorted({notice.order_id for notice in notices if notice.order_id})
    found = tiktok.orders(ids) if ids else []
    shown = {snapshot.order_id for snapshot in found} | {""}
    _store(context, turn, access.shop, found, [notice for notice in notices if notice.order_id in shown])
    _postpone(context, turn, [notice for notice in notices if notice.order_id not in shown])
    _read_cancel_requests(context, turn, access, tiktok, found)
    return len(notices)


def _postpone(context: Context, turn: Turn, notices: Sequence[OpenNotice]) -> None:
    """Announced but not shown: the notice stays open until its order is read."""
    if not notices:
        return
    by_tries: dict[int, list[int]] = defaultdict(list)
    for notice in notices:
        by_tries[notice.tries].append(notice.id)
    with context.work(turn) as (_scope, session):
        for tries, ids in by_tries.items():
            postpone_notices(session, ids, context.after(retry_span(tries)))


def _read_cancel_requests(
    context: Context, turn: Turn, access: ShopAccess, tiktok: TikTokPort, found: Sequence[OrderSnapshot]
) -> None:
    """The deadline by which a buyer wants an answer stands in the request, not in the order."""
    ids = [snapshot.order_id for snapshot in found if snapshot.is_cancel_requested]
    if not ids:
        return
    requests = tiktok.cancellations(ids)
    with context.work(turn) as (scope, session):
        record_cancel_requests(scope, session, access.shop, requests)


def _store(
    context: Context,
    turn: Turn,
    shop: Shop,
    snapshots: Sequence[OrderSnapshot],
    notices: Sequence[OpenNotice] = (),
) -> Imported:
    with context.work(turn) as (scope, session):
        via = "webhook" if notices else "poll"
        imported = store_snapshots(context, scope, session, session.get_one(Shop, shop.id), snapshots, via)
        close_notices(session, [notice.id for notice in notices], "read again")
    return imported


def store_snapshots(
    context: Context,
    scope: Scope,
    session: Session,
    shop: Shop,
    snapshots: Sequence[OrderSnapshot],
    via: str = "",
) -> Imported:
    """Stores reads and everything that follows from them in one transaction; also used right before buying."""
    now = context.clock.now()
    imported = import_orders(scope, session, context.keyring, shop, snapshots, now, via)
    follow_orders(session, imported.ids, now)
    freeze_cancelled(scope, session, imported.cancelled, now)
    note_cancelled_units(scope, session, imported.ids)
    note_address_changes(scope, session, imported.address_changed, now)
    if imported.plan_at is not None:
        make_due(session, api="plan", shop_id=shop.id, at=context.clock.machine_at(imported.plan_at))
    return imported
