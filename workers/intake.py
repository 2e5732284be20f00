"""The `orders` lane: notifications and the reconciling poll both end in `services.orders.import_orders`.

notices -> read those orders again -> store        poll: pages, oldest update first -> store -> cursor -> counts
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.orders import OrderSnapshot
from agency.domain.scope import Scope
from agency.integrations.tiktok.port import TikTokPort
from agency.lanes import Turn, make_due
from agency.models.shops import Shop
from agency.services.address_changes import note_address_changes
from agency.services.cancel_requests import record_cancel_requests
from agency.services.cancellations import freeze_cancelled, note_cancelled_units
from agency.services.orders import Imported, import_orders
from agency.services.parcel_progress import follow_orders
from agency.services.restores import note_reread
from agency.services.shop_access import ShopAccess
from agency.services.shop_reads import (
    OpenNotice,
    close_notices,
    list_open_notices,
    poll_interval,
    record_counts,
    record_read,
)
from workers.context import Context, TurnResult

FIRST_READ = timedelta(days=60)  # how far back a newly connected shop is read
COUNT_WINDOW = timedelta(days=30)
OVERLAP = timedelta(minutes=10)  # an update may carry a time slightly outside the asked window (facts, 4.1)
NOTICES_A_TURN, PAGE, PAGES_A_TURN = 200, 50, 10
POLL_FLOOR = timedelta(seconds=4)  # machine time; matters only while shop time runs fast


def serve_orders(context: Context, turn: Turn) -> TurnResult:
    """One turn: what was announced first, then the poll when its time has come."""
    assert turn.shop_id is not None  # noqa: S101 - the lane's CHECK says so
    access = context.shop_access(turn, turn.shop_id)
    if access is None:
        return TurnResult(None)
    tiktok = context.tiktok(access)
    more = _read_notices(context, turn, access, tiktok)
    shop = access.shop
    due = _poll_due(context, shop)
    if due <= machine_now() and not more:
        return _poll(context, turn, access, tiktok)
    return TurnResult(machine_now() if more else due)


def _poll_due(context: Context, shop: Shop) -> datetime:
    if shop.last_read_at is None or (shop.restored_at is not None and shop.reread_at is None):
        return machine_now()
    return shop.last_read_at + context.clock.machine_span(poll_interval(shop, 0), POLL_FLOOR)


def _read_notices(context: Context, turn: Turn, access: ShopAccess, tiktok: TikTokPort) -> bool:
    """Reads the announced orders again; True when more notices wait. A notice is closed only after the store."""
    with context.work(turn) as (_scope, session):
        notices = list_open_notices(session, access.shop.id, NOTICES_A_TURN)
    if not notices:
        return False
    ids = sorted({notice.order_id for notice in notices if notice.order_id})
    found = tiktok.orders(ids) if ids else []
    _store(context, turn, access.shop, found, notices)
    _read_cancel_requests(context, turn, access, tiktok, found)
    missing = set(ids) - {snapshot.order_id for snapshot in found}
    if missing:
        # Announced but not readable yet: the poll will bring them; the notice alone proves nothing.
        context.keep(turn)
    return len(notices) == NOTICES_A_TURN


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


def _poll(context: Context, turn: Turn, access: ShopAccess, tiktok: TikTokPort) -> TurnResult:
    now = context.clock.now()
    since = (access.shop.read_cursor or now - FIRST_READ) - OVERLAP
    token, new, cursor = "", 0, since
    for _page in range(PAGES_A_TURN):
        page = tiktok.search_orders(since, now, token, PAGE)
        new += _store(context, turn, access.shop, page.orders).new
        _read_cancel_requests(context, turn, access, tiktok, page.orders)
        if page.orders:
            cursor = max(cursor, page.orders[-1].updated_at)
        token = page.next_page_token
        context.keep(turn)
        if not token:
            break
    if token:
        with context.work(turn) as (_scope, session):
            session.get_one(Shop, access.shop.id).read_cursor = cursor
        return TurnResult(machine_now())
    counted = tiktok.count_orders(now - COUNT_WINDOW, now - OVERLAP)
    with context.work(turn) as (scope, session):
        shop = session.get_one(Shop, access.shop.id)
        first = shop.last_read_at is None
        record_read(scope, session, shop, now, new, 0 if first else new)
        record_counts(scope, session, shop, counted, now - COUNT_WINDOW, now - OVERLAP)
        if shop.count_tiktok != shop.count_ours:
            shop.read_cursor = now - COUNT_WINDOW
        else:
            note_reread(scope, session, shop)
        interval = poll_interval(shop, 0 if first else new)
    return TurnResult(context.after(interval, POLL_FLOOR))


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
