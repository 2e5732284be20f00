"""What is particular to placing, paying and taking back a purchase: reading, preparing, recording."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.effects import EffectKind, EffectState
from agency.domain.errors import RefusalReason, Refused
from agency.domain.money import Money
from agency.domain.orders import CANCELLED
from agency.domain.purchasing import PurchaseState, SupplierOrder
from agency.domain.said import said
from agency.domain.scope import Scope
from agency.integrations.port import Prepared
from agency.lanes import Turn
from agency.models.effects import Effect
from agency.models.orders import Order
from agency.models.purchasing import Purchase
from agency.services.cancellations import freeze_purchase
from agency.services.effects import doubt_unsent, end_attempt, postpone
from agency.services.payments import record_payment_refused, record_payment_waits, record_payment_works
from agency.services.purchase_facts import PurchaseFacts, is_stopped, may_send_address, read_purchase
from agency.services.purchase_outcomes import (
    record_cancel_too_late,
    record_dearer,
    record_doubt,
    record_paid,
    record_placed,
    record_refused,
    record_review,
    record_supplier_cancelled,
    release,
)
from agency.services.purchases import move
from agency.services.suppliers import record_supplier_rejected
from workers.attempts import Doubt, NotNow, Write
from workers.context import Context
from workers.supplier_desk import Quotes, SupplierDesk

STOP_PAUSE = timedelta(seconds=15)  # a stopped purchase is looked at again this often, in machine time
_MONEY_PROBLEMS = frozenset({RefusalReason.BALANCE_LOW, RefusalReason.PAY_FAILED})


class PurchaseWrites:
    """The writes of one supplier's turn."""

    def __init__(self, context: Context, turn: Turn, desk: SupplierDesk) -> None:
        self._context, self._turn, self._desk = context, turn, desk
        self._quotes = Quotes(context, turn, desk)

    def place(self, effect: Effect, purchase_id: int) -> Write[SupplierOrder]:
        """Placing the order: stock and price are asked right before."""
        return Write(
            prepare=lambda: self._prepare_place(effect, purchase_id),
            on_sending=self._moving(purchase_id, PurchaseState.READY, PurchaseState.PLACING),
            on_confirmed=self._placed(purchase_id),
            on_refused=self._refused(purchase_id),
            on_unsent=self._moving(purchase_id, PurchaseState.PLACING, PurchaseState.READY),
            on_doubt=self.doubt_of(purchase_id),
            on_rejected=self._rejected,
        )

    def pay(self, effect: Effect, purchase_id: int) -> Write[SupplierOrder]:
        """Paying a placed order: the final price is asked right before and held against the ceiling."""
        return Write(
            prepare=lambda: self._prepare_pay(effect, purchase_id),
            on_sending=self._moving(purchase_id, PurchaseState.PLACED, PurchaseState.PAYING),
            on_confirmed=self._paid(purchase_id),
            on_refused=self._pay_refused(purchase_id),
            on_unsent=self._pay_unsent(purchase_id),
            on_doubt=self.doubt_of(purchase_id),
            on_rejected=self._rejected,
            retry_refusals=_MONEY_PROBLEMS,
        )

    def cancel(self, effect: Effect, purchase_id: int) -> Write[SupplierOrder]:
        """Asking the supplier to take an order back."""
        return Write(
            prepare=lambda: self._prepare_cancel(purchase_id),
            on_sending=lambda _scope, _session: None,
            on_confirmed=self._taken_back(purchase_id),
            on_refused=lambda scope, session, error: record_cancel_too_late(
                scope,
                session,
                session.get_one(Purchase, purchase_id),
                error.detail,
                self._context.clock.now(),
            ),
            on_unsent=lambda _scope, _session: None,
            on_doubt=lambda _scope, _session, _detail: None,
            on_rejected=self._rejected,
        )

    def doubt(self, kind: str, purchase_id: int) -> Doubt[SupplierOrder]:
        """How a lost answer of this kind is settled."""
        if kind == EffectKind.PLACE:
            confirmed, back = self._placed(purchase_id), PurchaseState.READY
        elif kind == EffectKind.PAY:
            confirmed, back = self._paid(purchase_id), PurchaseState.PLACED
        else:
            confirmed, back = self._taken_back(purchase_id), PurchaseState.CANCELLING
        return Doubt(
            memory=self._desk.port.memory,
            find=lambda: self._find(kind, purchase_id),
            on_confirmed=confirmed,
            on_send_again=self._send_again(purchase_id, back),
            on_review=lambda scope, session: record_review(
                scope, session, session.get_one(Purchase, purchase_id), self._context.clock.now()
            ),
        )

    def doubt_of(self, purchase_id: int) -> Callable[[Scope, Session, str], None]:
        """Records that the answer was lost."""
        return lambda scope, session, detail: record_doubt(
            scope, session, session.get_one(Purchase, purchase_id), detail, self._context.clock.now()
        )

    # --- placing -------------------------------------------------------------------------------------------------

    def _prepare_place(self, effect: Effect, purchase_id: int) -> Prepared[SupplierOrder]:
        facts = self._facts(effect, purchase_id)
        if facts.request is None:
            raise NotNow
        quotes = self._quotes.of([line.supplier_sku for line in facts.request.lines])
        total = 0
        for line in facts.request.lines:
            quote = quotes.get(line.supplier_sku)
            if quote is None:
                raise Refused(
                    RefusalReason.SKU_GONE,
                    said("the supplier does not know {item} any more", item=line.supplier_sku),
                )
            if quote.available is not None and quote.available < line.quantity:
                raise Refused(
                    RefusalReason.OUT_OF_STOCK,
                    said("{count} of {item} left", count=quote.available, item=line.supplier_sku),
                )
            total += quote.unit_cost.amount * line.quantity
        if total > facts.purchase.max_minor:
            self._replan(effect, purchase_id, said("the price rose above what was planned"))
        if self._desk.port.memory.finds_by_reference and self._desk.port.find(facts.request.reference):
            # A restored backup does not know of it, or another process was faster: prove it, never send again.
            with self._context.work(self._turn) as (_scope, session):
                doubt_unsent(session, effect, said("the supplier has this reference already"))
            raise NotNow
        return self._desk.port.prepare_place(facts.request)

    def _facts(self, effect: Effect, purchase_id: int) -> PurchaseFacts:
        """The purchase if it may be sent now. Raises NotNow after postponing or releasing it."""
        with self._context.work(self._turn) as (scope, session):
            facts = read_purchase(session, self._context.keyring, purchase_id)
            if facts.purchase.state not in (PurchaseState.READY, PurchaseState.PLACED):
                raise NotNow
            if facts.stopped:
                postpone(session, effect, machine_now() + STOP_PAUSE, said("buying is stopped"))
            elif facts.hindrance and facts.purchase.state == PurchaseState.READY:
                release(scope, session, facts.purchase, facts.hindrance, self._context.clock.now())
            elif facts.hindrance:
                self._hindered_before_payment(scope, session, facts, effect)
        if facts.stopped or facts.hindrance:
            raise NotNow
        return facts

    def _hindered_before_payment(
        self, scope: Scope, session: Session, facts: PurchaseFacts, effect: Effect
    ) -> None:
        if facts.order.status == CANCELLED or facts.unit_cancelled:
            end_attempt(session, effect, EffectState.REFUSED, reason=facts.hindrance)
            freeze_purchase(scope, session, facts.order, facts.purchase, self._context.clock.now())
        else:
            postpone(session, effect, machine_now() + STOP_PAUSE, facts.hindrance)

    def _replan(self, effect: Effect, purchase_id: int, reason: str) -> None:
        with self._context.work(self._turn) as (scope, session):
            release(scope, session, session.get_one(Purchase, purchase_id), reason, self._context.clock.now())
        raise NotNow

    def _placed(self, purchase_id: int) -> Callable[[Scope, Session, SupplierOrder], None]:
        def record(scope: Scope, session: Session, answer: SupplierOrder) -> None:
            purchase, now = session.get_one(Purchase, purchase_id), self._context.clock.now()
            record_placed(scope, session, purchase, answer, self._desk.port.pays_separately, now)
            self._freeze_if_cancelled(scope, session, purchase_id)

        return record

    def _refused(self, purchase_id: int) -> Callable[[Scope, Session, Refused], None]:
        def record(scope: Scope, session: Session, error: Refused) -> None:
            purchase, now = session.get_one(Purchase, purchase_id), self._context.clock.now()
            if purchase.state == PurchaseState.READY:  # refused before anything was sent
                move(session, purchase, PurchaseState.PLACING)
            record_refused(scope, session, purchase, error.reason, error.detail, now)

        return record

    # --- paying --------------------------------------------------------------------------------------------------

    def _prepare_pay(self, effect: Effect, purchase_id: int) -> Prepared[SupplierOrder]:
        facts = self._facts(effect, purchase_id)
        purchase = facts.purchase
        payable = self._desk.port.payable(purchase.supplier_order_id)
        if payable.total.amount > purchase.max_minor:
            with self._context.work(self._turn) as (scope, session):
                if end_attempt(session, effect, EffectState.REFUSED, reason=RefusalReason.PRICE_CHANGED):
                    fresh = session.get_one(Purchase, purchase_id)
                    record_dearer(scope, session, fresh, payable.total, self._context.clock.now())
            raise NotNow
        with self._context.work(self._turn) as (_scope, session):
            session.get_one(Purchase, purchase_id).actual_minor = payable.total.amount
        return self._desk.port.prepare_pay(purchase.supplier_order_id, payable, purchase.reference)

    def _paid(self, purchase_id: int) -> Callable[[Scope, Session, SupplierOrder], None]:
        def record(scope: Scope, session: Session, answer: SupplierOrder) -> None:
            purchase = session.get_one(Purchase, purchase_id)
            planned = Money(purchase.actual_minor or purchase.expected_minor, purchase.currency)
            total = planned if purchase.actual_minor else (answer.total or planned)
            record_paid(scope, session, purchase, total, self._context.clock.now())
            record_payment_works(scope, session, purchase)
            self._freeze_if_cancelled(scope, session, purchase_id)

        return record

    def _pay_refused(self, purchase_id: int) -> Callable[[Scope, Session, Refused], None]:
        return lambda scope, session, error: record_payment_refused(
            scope, session, session.get_one(Purchase, purchase_id), str(error)
        )

    def _pay_unsent(self, purchase_id: int) -> Callable[[Scope, Session], None]:
        return lambda scope, session: record_payment_waits(
            scope, session, session.get_one(Purchase, purchase_id)
        )

    # --- taking back, doubts and the rest ----------------------------------------------------------------------------

    def _prepare_cancel(self, purchase_id: int) -> Prepared[SupplierOrder]:
        with self._context.work(self._turn) as (_scope, session):
            purchase = session.get_one(Purchase, purchase_id)
        return self._desk.port.prepare_cancel(purchase.supplier_order_id, purchase.reference)

    def _taken_back(self, purchase_id: int) -> Callable[[Scope, Session, SupplierOrder], None]:
        return lambda scope, session, _answer: record_supplier_cancelled(
            scope, session, session.get_one(Purchase, purchase_id), self._context.clock.now()
        )

    def _find(self, kind: str, purchase_id: int) -> SupplierOrder | None:
        """The proof of a yes: the order exists; for a payment it is paid; for a cancellation it is cancelled."""
        with self._context.work(self._turn) as (_scope, session):
            purchase = session.get_one(Purchase, purchase_id)
        found = self._desk.port.find(purchase.reference)
        if found is None:
            return None
        proofs = {
            EffectKind.PLACE: True,
            EffectKind.PAY: found.paid,
            EffectKind.CANCEL: found.status == "cancelled",
        }
        return found if proofs[kind] else None

    def _send_again(self, purchase_id: int, state: str) -> Callable[[Scope, Session], None]:
        def record(_scope: Scope, session: Session) -> None:
            purchase = session.get_one(Purchase, purchase_id)
            if purchase.state == PurchaseState.UNCONFIRMED:
                move(session, purchase, state)

        return record

    def _moving(self, purchase_id: int, old: str, new: str) -> Callable[[Scope, Session], None]:
        def record(_scope: Scope, session: Session) -> None:
            purchase = session.get_one(Purchase, purchase_id)
            placing = new == PurchaseState.PLACING
            if placing and (is_stopped(session, purchase) or not may_send_address(session, purchase)):
                raise NotNow
            if purchase.state != old:
                raise NotNow
            if not move(session, purchase, new):
                raise NotNow

        return record

    def _rejected(self, scope: Scope, session: Session, detail: str) -> None:
        record_supplier_rejected(scope, session, self._desk.supplier.id, detail)

    def _freeze_if_cancelled(self, scope: Scope, session: Session, purchase_id: int) -> None:
        """The order may have been cancelled while the purchase was in the air."""
        session.flush()
        purchase = session.get_one(Purchase, purchase_id)
        order = session.get_one(Order, purchase.order_id)
        session.refresh(order)
        if order.status == CANCELLED:
            freeze_purchase(scope, session, order, purchase, self._context.clock.now())
