"""The `ship` lane of a shop: carrier lists, the firewall, handing tracking to TikTok, watching the carriers' scans."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.effects import EffectState, VendorMemory
from agency.domain.errors import RefusalReason, Refused
from agency.domain.parcels import ParcelState, ShipReceipt, ShipRequest
from agency.domain.scope import Scope
from agency.integrations.tiktok.port import TikTokPort
from agency.lanes import Turn, make_due
from agency.models.effects import Effect
from agency.models.parcels import Parcel
from agency.models.shops import Shop
from agency.services.effects import list_due, next_due
from agency.services.sealing import Keyring
from agency.services.shipping import (
    judge_parcel,
    known_providers,
    list_new_parcels,
    record_ship_refused,
    record_ship_review,
    record_shipped,
    ship_request,
    store_providers,
)
from workers.attempts import Doubt, NotNow, Write, attempt, note_stale, settle
from workers.context import Context, TurnResult
from workers.scans import watch_scans

PARCELS_A_TURN, THREADS = 50, 8
SCANS_EVERY = timedelta(hours=4)  # shop time between looks at parcels on their way
# TikTok has no key for this write but shows the number on the order at once; its answers take seconds, not minutes.
TIKTOK_MEMORY = VendorMemory(dedupes_by_key=False, finds_by_reference=True, quarantine=timedelta(seconds=10))


def serve_ship(context: Context, turn: Turn) -> TurnResult:
    """Works off the parcels and ship effects of one shop."""
    assert turn.shop_id is not None  # noqa: S101 - the lane's CHECK says so
    access = context.shop_access(turn, turn.shop_id)
    if access is None:
        return TurnResult(None)
    tiktok = context.tiktok(access)
    _judge_new(context, turn, access.shop, tiktok)
    with context.work(turn) as (_scope, session):
        effects = list_due(session, shop_id=turn.shop_id, limit=PARCELS_A_TURN)
    with ThreadPoolExecutor(THREADS) as pool:
        for done in [pool.submit(_serve_one, context, turn, tiktok, effect) for effect in effects]:
            done.result()
    watching = watch_scans(context, turn, tiktok, PARCELS_A_TURN)
    with context.work(turn) as (_scope, session):
        due = next_due(session, shop_id=turn.shop_id)
        more = bool(list_new_parcels(session, turn.shop_id, 1))
    if more:
        return TurnResult(machine_now())
    later = context.after(SCANS_EVERY, timedelta(seconds=2)) if watching else None
    times = [max(due, machine_now())] if due else []
    return TurnResult(min([*times, *([later] if later else [])], default=None))


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


def _serve_one(context: Context, turn: Turn, tiktok: TikTokPort, effect: Effect) -> None:
    parcel_id = effect.parcel_id
    assert parcel_id is not None  # noqa: S101 - every effect at TikTok has a parcel
    if effect.state == EffectState.SENDING:
        note_stale(context, turn, effect, lambda _scope, _session, _detail: None)
    elif effect.state == EffectState.UNKNOWN:
        settle(context, turn, effect, _doubt(context, turn, tiktok, parcel_id))
    else:
        attempt(context, turn, effect, _write(context, turn, tiktok, parcel_id))


def _write(context: Context, turn: Turn, tiktok: TikTokPort, parcel_id: int) -> Write[ShipReceipt]:
    return Write(
        prepare=lambda: tiktok.prepare_ship(_request(context, turn, parcel_id)),
        on_sending=_only_ready(parcel_id),
        on_confirmed=_shipped(context, parcel_id),
        on_refused=_refused(context, parcel_id),
        on_unsent=lambda _scope, _session: None,
        on_doubt=lambda _scope, _session, _detail: None,
        retry_refusals=frozenset({RefusalReason.ON_HOLD}),
    )


def _request(context: Context, turn: Turn, parcel_id: int) -> ShipRequest:
    with context.work(turn) as (_scope, session):
        return ship_request(session, session.get_one(Parcel, parcel_id))


def _only_ready(parcel_id: int) -> Callable[[Scope, Session], None]:
    def check(_scope: Scope, session: Session) -> None:
        if session.get_one(Parcel, parcel_id).state != ParcelState.READY:
            raise NotNow

    return check


def _shipped(context: Context, parcel_id: int) -> Callable[[Scope, Session, ShipReceipt], None]:
    def record(scope: Scope, session: Session, receipt: ShipReceipt) -> None:
        record_shipped(scope, session, parcel_id, receipt, context.clock.now())
        # TikTok's status changes with it; the order is read again rather than guessed.
        make_due(session, api="orders", shop_id=session.get_one(Parcel, parcel_id).shop_id)

    return record


def _refused(context: Context, parcel_id: int) -> Callable[[Scope, Session, Refused], None]:
    return lambda scope, session, error: record_ship_refused(
        scope, session, parcel_id, f"{error.code} {error.detail}".strip(), context.clock.now()
    )


def _doubt(context: Context, turn: Turn, tiktok: TikTokPort, parcel_id: int) -> Doubt[ShipReceipt]:
    return Doubt(
        memory=TIKTOK_MEMORY,
        find=lambda: _find(context, turn, tiktok, parcel_id),
        on_confirmed=_shipped(context, parcel_id),
        on_send_again=lambda _scope, _session: None,
        on_review=lambda scope, session: record_ship_review(scope, session, parcel_id),
    )


def _find(context: Context, turn: Turn, tiktok: TikTokPort, parcel_id: int) -> ShipReceipt | None:
    """The proof that TikTok took the number: every line of the parcel carries it."""
    request = _request(context, turn, parcel_id)
    for order in tiktok.orders([request.order_id]):
        lines = [line for line in order.lines if line.line_id in request.line_ids]
        if lines and all(line.tracking_number == request.tracking_number for line in lines):
            return ShipReceipt(lines[0].package_id)
    return None
