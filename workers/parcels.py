"""The `tracking` lane of a supplier: asks for tracking of what was paid, and for stock and price of mapped items."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from agency.clock import machine_now
from agency.domain.errors import CredentialsRejected, Invalid, OutsideError
from agency.domain.purchasing import SupplierOrder
from agency.lanes import Turn
from agency.models.catalog import Supplier
from agency.services.looks import (
    Awaited,
    list_awaited,
    look_now,
    next_look,
    plan_first_looks,
    plan_next_looks,
)
from agency.services.parcels import record_supplier_order
from agency.services.reconcile import give_up_list, prepare_question, record_reconciled
from agency.services.supplier_letters import close_letters, list_letters
from agency.services.suppliers import list_stale_skus
from workers.context import HANDFUL, Context, TurnResult, retry_after, turn_ends
from workers.lease import Lease
from workers.supplier_desk import SupplierDesk, ask_quotes, keep_login, open_desk

log = logging.getLogger(__name__)
PURCHASES_A_TURN, THREADS = 100, 6  # fewer where the account allows fewer calls a second
ASK_EVERY = timedelta(minutes=45)  # shop time between two looks at one purchase
ROUND_EVERY = timedelta(minutes=5)  # shop time; looks that fall due meanwhile are made together
IDLE_EVERY = timedelta(hours=6)  # shop time, for stock and price
FLOOR = timedelta(seconds=4)  # machine time; matters only while shop time runs fast


def serve_tracking(context: Context, turn: Turn) -> TurnResult:
    """One round of questions to one supplier."""
    assert turn.supplier_id is not None  # noqa: S101 - the lane's CHECK says so
    lease = Lease.of(context, turn)
    desk = open_desk(context, turn, turn.supplier_id)
    if desk is None:
        return TurnResult(None)
    with context.work(turn) as (_scope, session):
        plan_first_looks(session, turn.supplier_id, context.after(ASK_EVERY, FLOOR))
    _check_letters(context, turn, desk)
    with context.work(turn) as (_scope, session):
        awaited = list_awaited(session, turn.supplier_id, desk.most(PURCHASES_A_TURN))
    problem, silence = _ask_all(context, turn, lease, desk, awaited)
    lease.check()
    _refresh_quotes(context, turn, desk)
    lease.check()
    _reconcile(context, turn, desk, silent=silence is not None)
    keep_login(context, turn, desk)
    if silence is not None:
        raise silence
    with context.work(turn) as (_scope, session):
        supplier = session.get_one(Supplier, turn.supplier_id)
        supplier.tracking_read_at, supplier.tracking_error = context.clock.now(), problem[:300]
        look = next_look(session, turn.supplier_id)
    if look is not None and look <= machine_now():
        return TurnResult(look, problem, crowded=True)
    # What has just been shipped may yet be held back, and is then asked about again.
    later = context.after(ASK_EVERY if awaited else IDLE_EVERY, FLOOR)
    due = min(later, max(look, context.after(ROUND_EVERY, FLOOR))) if look else later
    return TurnResult(due, problem, crowded=len(awaited) > HANDFUL)


def _ask_all(
    context: Context, turn: Turn, lease: Lease, desk: SupplierDesk, awaited: Sequence[Awaited]
) -> tuple[str, OutsideError | None]:
    """Asks about each purchase by itself, so that one bad answer does not keep the others waiting.

    Returns the last problem, and its error when the supplier answered nothing at all. Raises CredentialsRejected.
    """
    problems: list[OutsideError] = []
    asked: list[int] = []
    ends = turn_ends()

    def ask(purchase: Awaited) -> None:
        if time.monotonic() > ends:
            return  # the next turn takes it up
        lease.check()
        asked.append(purchase.purchase_id)
        try:
            answer = desk.port.statuses([purchase.supplier_order_id]).get(purchase.supplier_order_id)
        except CredentialsRejected:
            raise
        except OutsideError as error:
            problems.append(error)
            return
        if answer is not None and _says_something(answer):
            with context.work(turn) as (scope, session):
                record_supplier_order(scope, session, purchase.purchase_id, answer, context.clock.now())

    with ThreadPoolExecutor(desk.threads(THREADS)) as pool:
        for done in [pool.submit(ask, purchase) for purchase in awaited]:
            done.result()
    silent = bool(problems) and len(problems) == len(asked)
    # Where nothing is answered the same are asked again by the next turn, behind those that fall due before it: one
    # order that is never answered does not block the rest.
    again = machine_now() + timedelta(seconds=retry_after(turn.failures))
    with context.work(turn) as (_scope, session):
        plan_next_looks(session, asked, again if silent else context.after(ASK_EVERY, FLOOR))
    return (str(problems[-1]), problems[-1] if silent else None) if problems else ("", None)


def _says_something(answer: SupplierOrder) -> bool:
    """An order that is neither shipped nor cancelled is no news, and most answers are that."""
    return bool(answer.packages) or answer.status in ("cancelled", "unknown")


def _check_letters(context: Context, turn: Turn, desk: SupplierDesk) -> None:
    """Verifies the supplier's webhooks with its secret. A letter is only a bell: what it says is asked again."""
    with context.work(turn) as (_scope, session):
        letters = list_letters(session, desk.supplier.id)
    for letter in letters:
        event = None
        try:
            genuine = desk.port.verify_webhook(letter.headers, letter.raw)
            event = desk.port.parse_webhook(letter.raw) if genuine else None
            outcome = "asked again" if event else "signature wrong"
        except Invalid:
            outcome = "unreadable"
        if outcome != "asked again":
            log.warning("supplier letter refused", extra={"supplier": desk.supplier.id, "outcome": outcome})
        with context.work(turn) as (_scope, session):
            close_letters(session, [letter.id], outcome)
            if event is not None:
                look_now(session, desk.supplier.id, event)


def _reconcile(context: Context, turn: Turn, desk: SupplierDesk, *, silent: bool) -> None:
    """Once a day of shop time, and after a restore as soon as a shop waits for it.

    A supplier that cannot list its orders is asked again tomorrow; while a shop waits for the list, this raises, so
    that the lane says so and tries again soon. Who finds nothing by reference is not waited for: a person looks there.
    `silent`: it answered nothing else in this turn, so that its silence here says nothing about a list.
    """
    with context.work(turn) as (_scope, session):
        question = prepare_question(session, desk.supplier.id, context.clock.now())
    if question is None:
        return
    try:
        told = desk.port.list_recent(question.since)
    except CredentialsRejected:
        raise
    except OutsideError as error:
        log.warning("supplier list not read: %s", error, extra={"supplier": desk.supplier.id})
        if silent or (question.wanted and desk.port.memory.finds_by_reference):
            raise
        with context.work(turn) as (scope, session):
            give_up_list(scope, session, desk.supplier.id, question)
        return
    with context.work(turn) as (scope, session):
        record_reconciled(scope, session, desk.supplier.id, told, question)


def _refresh_quotes(context: Context, turn: Turn, desk: SupplierDesk) -> None:
    with context.work(turn) as (_scope, session):
        stale = list_stale_skus(session, desk.supplier.id, context.clock.now())
    if not stale:
        return
    try:
        ask_quotes(context, turn, desk, stale)
    except OutsideError as error:
        log.info("quotes not read", extra={"supplier": desk.supplier.id, "problem": str(error)})
