"""What is particular to handing a tracking number to TikTok and to correcting it: preparing, recording, proving."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from agency.domain.effects import EffectKind, VendorMemory
from agency.domain.errors import RefusalReason, Refused
from agency.domain.parcels import ParcelState, ShipReceipt, ShipRequest
from agency.domain.scope import Scope
from agency.integrations.port import Prepared
from agency.integrations.tiktok.port import TikTokPort
from agency.lanes import Turn, make_due
from agency.models.effects import Effect
from agency.models.parcels import Parcel
from agency.services.corrections import record_corrected, record_correction_refused
from agency.services.parcel_progress import follow_orders
from agency.services.shipping import record_ship_refused, record_ship_review, record_shipped, ship_request
from workers.attempts import Doubt, NotNow, Write
from workers.context import Context

# TikTok has no key for these writes but shows the number on the order at once; its answers take seconds, not minutes.
TIKTOK_MEMORY = VendorMemory(dedupes_by_key=False, finds_by_reference=True, quarantine=timedelta(seconds=10))
_PUSHABLE = {
    EffectKind.SHIP: (ParcelState.READY,),
    EffectKind.CORRECT: (ParcelState.PUSHED, ParcelState.IN_TRANSIT),
}


class ShipWrites:
    """The write of one effect at TikTok."""

    def __init__(
        self, context: Context, turn: Turn, tiktok: TikTokPort, effect: Effect, parcel_id: int
    ) -> None:
        self._context, self._turn, self._tiktok = context, turn, tiktok
        self._effect, self._parcel_id = effect, parcel_id

    def write(self) -> Write[ShipReceipt]:
        """One attempt."""
        return Write(
            prepare=self._prepare,
            on_sending=self._check,
            on_confirmed=self._confirmed,
            on_refused=self._refused,
            on_unsent=lambda _scope, _session: None,
            on_doubt=lambda _scope, _session, _detail: None,
            retry_refusals=frozenset({RefusalReason.ON_HOLD}),
        )

    def doubt(self) -> Doubt[ShipReceipt]:
        """How a lost answer is settled: the order shows which number TikTok has."""
        return Doubt(
            memory=TIKTOK_MEMORY,
            find=self._find,
            on_confirmed=self._confirmed,
            on_send_again=lambda _scope, _session: None,
            on_review=lambda scope, session: record_ship_review(scope, session, self._parcel_id),
        )

    def _request(self) -> tuple[ShipRequest, str]:
        """What TikTok is (to be) told, and the package that it is about."""
        with self._context.work(self._turn) as (_scope, session):
            parcel = session.get_one(Parcel, self._parcel_id)
            request = ship_request(session, parcel)
        if self._effect.kind == EffectKind.SHIP:
            return request, parcel.package_id
        wanted = self._effect.payload
        corrected = ShipRequest(request.order_id, request.line_ids, wanted["number"], wanted["provider_id"])
        return corrected, parcel.package_id

    def _prepare(self) -> Prepared[ShipReceipt]:
        request, package_id = self._request()
        if self._effect.kind == EffectKind.SHIP:
            return self._tiktok.prepare_ship(request)
        return self._tiktok.prepare_correct(
            request.order_id, package_id, request.tracking_number, request.provider_id
        )

    def _check(self, _scope: Scope, session: Session) -> None:
        if session.get_one(Parcel, self._parcel_id).state not in _PUSHABLE[self._effect.kind]:
            raise NotNow

    def _confirmed(self, scope: Scope, session: Session, receipt: ShipReceipt) -> None:
        now = self._context.clock.now()
        if self._effect.kind == EffectKind.SHIP:
            record_shipped(scope, session, self._parcel_id, receipt, now)
        else:
            record_corrected(scope, session, self._parcel_id, self._effect.payload, receipt, now)
        # TikTok's status changes with it; the order is read again rather than guessed. What it showed before counts
        # too: after a doubt the parcel may have arrived long ago, and no further update comes.
        parcel = session.get_one(Parcel, self._parcel_id)
        session.flush()
        follow_orders(session, [parcel.order_id], now)
        make_due(session, api="orders", shop_id=parcel.shop_id)

    def _refused(self, scope: Scope, session: Session, error: Refused) -> None:
        reason = f"{error.code} {error.detail}".strip()
        record = record_ship_refused if self._effect.kind == EffectKind.SHIP else record_correction_refused
        record(scope, session, self._parcel_id, reason, self._context.clock.now())

    def _find(self) -> ShipReceipt | None:
        """The proof that TikTok took the number: every line of the parcel carries it."""
        request, _package_id = self._request()
        for order in self._tiktok.orders([request.order_id]):
            lines = [line for line in order.lines if line.line_id in request.line_ids]
            if lines and all(line.tracking_number == request.tracking_number for line in lines):
                return ShipReceipt(lines[0].package_id)
        return None
