"""The `ship` lane of a shop: carrier lists, the firewall, handing tracking to TikTok, watching the carriers' scans."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from agency.clock import machine_now
from agency.domain.effects import EffectState
from agency.integrations.tiktok.port import TikTokPort
from agency.lanes import Turn
from agency.models.effects import Effect
from agency.models.shops import Shop
from agency.services.effects import list_due, next_due
from agency.services.sealing import Keyring
from agency.services.shipping import judge_parcel, known_providers, list_new_parcels, store_providers
from workers.attempts import attempt, note_stale, settle
from workers.context import HANDFUL, Context, TurnResult, turn_ends
from workers.lease import Lease
from workers.scans import watch_scans
from workers.ship_writes import ShipWrites

PARCELS_A_TURN, THREADS = 50, 8
SCANS_EVERY = timedelta(hours=4)  # shop time between looks at parcels on their way


def serve_ship(context: Context, turn: Turn) -> TurnResult:
    """Works off the parcels and ship effects of one shop."""
    assert turn.shop_id is not None  # noqa: S101 - the lane's CHECK says so
    access = context.shop_access(turn, turn.shop_id)
    if access is None:
        return TurnResult(None)
    tiktok, lease = context.tiktok(access), Lease.of(context, turn)
    _judge_new(context, turn, access.shop, tiktok)
    with context.work(turn) as (_scope, session):
        effects = list_due(session, shop_id=turn.shop_id, limit=PARCELS_A_TURN)
    ends = turn_ends()
    with ThreadPoolExecutor(THREADS) as pool:
        for done in [
            pool.submit(_serve_one, context, turn, lease, tiktok, ends, effect) for effect in effects
        ]:
            done.result()
    watching = watch_scans(context, turn, lease, tiktok, PARCELS_A_TURN)
    with context.work(turn) as (_scope, session):
        due = next_due(session, shop_id=turn.shop_id)
        more = bool(list_new_parcels(session, turn.shop_id, 1))
    now = machine_now()
    if more:
        return TurnResult(now, crowded=True)
    later = context.after(SCANS_EVERY, timedelta(seconds=2)) if watching else None
    times = [max(due, now)] if due else []
    crowded = len(effects) > HANDFUL or (due is not None and due <= now)
    return TurnResult(min([*times, *([later] if later else [])], default=None), crowded=crowded)


def _judge_new(context: Context, turn: Turn, shop: Shop, tiktok: TikTokPort) -> None:
    now = context.clock.now()
    with context.work(turn) as (_scope, session):
        parcels = list_new_parcels(session, shop.id, PARCELS_A_TURN)
        providers = known_providers(session, shop.id, now)
    for option in sorted({parcel.delivery_option_id for parcel in parcels} - set(providers)):
        found = tiktok.providers(option)
        with context.work(turn) as (_scope, session):
            store_providers(session, session.get_one(Shop, shop.id), option, found, now)
        providers[option] = [(provider.provider_id, provider.name) for provider in found]
    for parcel in parcels:
        _judge_one(context, turn, context.keyring, parcel.parcel_id, providers[parcel.delivery_option_id])


def _judge_one(
    context: Context, turn: Turn, keyring: Keyring, parcel_id: int, providers: list[tuple[str, str]]
) -> None:
    with context.work(turn) as (scope, session):
        judge_parcel(scope, session, keyring, parcel_id, providers, context.clock.now())


def _serve_one(
    context: Context, turn: Turn, lease: Lease, tiktok: TikTokPort, ends: float, effect: Effect
) -> None:
    if time.monotonic() > ends:
        return  # as it was; the next turn takes it up
    lease.check()
    parcel_id = effect.parcel_id
    assert parcel_id is not None  # noqa: S101 - every effect at TikTok has a parcel
    if effect.state == EffectState.SENDING:
        note_stale(context, turn, effect, lambda _scope, _session, _detail: None)
        return
    writes = ShipWrites(context, turn, tiktok, effect, parcel_id)
    if effect.state == EffectState.UNKNOWN:
        settle(context, turn, effect, writes.doubt())
    else:
        attempt(context, turn, effect, writes.write())
