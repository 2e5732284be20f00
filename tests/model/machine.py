"""The effect ledger as a stateful model: the real services, the real database, made-up processes, vendor and time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import select

from agency.domain.effects import EffectKind, EffectState
from agency.lanes import Turn
from agency.models.effects import Effect
from agency.services.effects import EffectRef, doubt_everything, end_attempt, intend
from tests.desk import Desk
from tests.desk_rows import add_order
from tests.model.vendor import MEMORIES, Vendor
from tests.model.workers import Worker
from workers.context import Context

SPANS = [
    timedelta(seconds=3),
    timedelta(minutes=1),
    timedelta(minutes=14),
    timedelta(minutes=16),
    timedelta(hours=11),
]
AT_A_STOP = {
    "prepared": ["go", "killed"],
    "sending": ["yes", "answer lost", "request lost", "slow", "refused", "busy", "killed", "killed after"],
    "answered": ["go", "killed"],
    "looked": ["go", "no answer", "killed"],
}
MOST_WORKERS = 3
_TIMES = ("created_at", "next_at", "sent_at", "first_sent_at")
_KEPT = (*_TIMES, "state", "attempts", "absent_count", "ended_at")
steps: Counter[str] = Counter()  # over all examples of a run


class Ledger(RuleBasedStateMachine):
    """One write that must happen at most once, served by processes that stop, die and come back late."""

    desk: Desk
    context: Context
    direct: psycopg.Connection[Any]  # the tables' owner, with the triggers off: as time and backups write

    @initialize(kind=st.sampled_from(sorted(MEMORIES)))
    def intend(self, kind: str) -> None:
        """A fresh order, and the intent to buy it at a vendor of this kind."""
        self.vendor, self.workers = Vendor(MEMORIES[kind]), list[Worker]()
        self.backup: dict[str, Any] | None = None
        side = self.desk.ours
        with self.desk.session() as session:
            order = add_order(session, side)
            self.key = f"fake-{order.id}"
            intend(
                side.scope(),
                session,
                EffectKind.PLACE,
                self.key,
                EffectRef(order.client_id, order.shop_id, order.id),
            )
        self.turn = Turn(
            1, 1, side.agency_id, side.clients["Luma"], side.shops["Luma"], None, None, "purchase", 0
        )

    def effect(self) -> Effect:
        """The row as it is now."""
        with self.desk.session() as session:
            return session.scalars(select(Effect).where(Effect.key == self.key)).one()

    def state(self) -> str:
        """Its state, read past every policy."""
        found = self.direct.execute("select state from effects where key = %s", [self.key]).fetchone()
        return str(found[0]) if found else ""

    @precondition(lambda self: len(self.workers) < MOST_WORKERS)
    @rule()
    def begin(self) -> None:
        """A process takes the effect if it is due, and stops at the first place where it can die."""
        self.start()

    def start(self) -> None:
        """A process takes the effect if it is due."""
        effect = self.effect()
        if effect.state in EffectState.OPEN and effect.next_at <= datetime.now(UTC):
            worker = Worker(self.context, self.turn, effect, self.vendor)
            worker.start()
            self._keep([*self.workers, worker])

    @rule(word=st.sampled_from(AT_A_STOP["sending"]))
    def serve(self, word: str) -> None:
        """One process serves the effect from beginning to end; `word` is what becomes of its request."""
        before = self.workers
        self.wait_until_due()
        self.start()
        for worker in self.workers:
            while worker not in before and not worker.is_over:
                worker.go_on(word if worker.place == "sending" else "go")
        self._keep(self.workers)

    def wait_until_due(self) -> None:
        """As much time passes as the effect wants to wait."""
        wait = self.effect().next_at - datetime.now(UTC)
        if wait > timedelta(0):
            self.time_passes(wait + timedelta(seconds=1))

    @precondition(lambda self: self.workers)
    @rule(data=st.data())
    def go_on(self, data: st.DataObject) -> None:
        """A process goes on, and something happens to it where it stood."""
        worker = data.draw(st.sampled_from(self.workers), label="worker")
        worker.go_on(data.draw(st.sampled_from(AT_A_STOP[worker.place]), label=worker.place))
        self._keep(self.workers)

    @rule(span=st.sampled_from(SPANS))
    def time_passes(self, span: timedelta) -> None:
        """Everything grows older; leases of the model's processes do not matter, the ledger must hold without them."""
        self.vendor.pass_time(span)
        self._rewrite(
            f"update effects set {', '.join(f'{name} = {name} - %(span)s' for name in _TIMES)} where key = %(key)s",
            span=span,
            key=self.key,
        )
        if self.backup is not None:  # a backup keeps its moments, and they grow older like everything else
            for name in _TIMES:
                moment = self.backup.get(name)
                self.backup[name] = moment and moment - span

    @precondition(lambda self: self.vendor.on_the_way)
    @rule()
    def arrive(self) -> None:
        """A slow request arrives after all."""
        self.vendor.arrive()

    @precondition(lambda self: self.state() == EffectState.REVIEW and not self.vendor.on_the_way)
    @rule()
    def a_person_looks(self) -> None:
        """A person reads the vendor's own list and says what is there."""
        with self.desk.session() as session:
            found = self.vendor.finds(self.key)
            end_attempt(session, self.effect(), EffectState.CONFIRMED if found else EffectState.INTENDED)

    @rule()
    def dump(self) -> None:
        """A backup is taken."""
        self.backup = self._row()

    @precondition(lambda self: self.backup is not None)
    @rule()
    def restore(self) -> None:
        """The backup comes back: our processes are dead, the vendor is ahead, everything open is doubted first."""
        for worker in list(self.workers):
            worker.go_on("killed")
        self.workers = []
        self._rewrite(
            f"update effects set {', '.join(f'{name} = %({name})s' for name in _KEPT)} where key = %(key)s",
            key=self.key,
            **self.backup,
        )
        with self.desk.session() as session:
            doubt_everything(session)

    @invariant()
    def never_twice(self) -> None:
        """The promise, by the vendor's own books."""
        steps["checked"] += 1
        assert self.vendor.done[self.key] <= 1, "done twice"

    @invariant()
    def what_is_settled_is_true(self) -> None:
        """A yes of ours is in their books; a no of ours is not."""
        state = self.state()
        if state == EffectState.CONFIRMED:
            assert self.vendor.done[self.key] == 1, "confirmed, and the vendor does not have it"
        if state == EffectState.REFUSED:
            assert self.vendor.done[self.key] == 0, "refused, and the vendor has it"

    def teardown(self) -> None:
        """Left alone with a vendor that answers, it comes to an end by itself, or in front of a person."""
        if not hasattr(self, "workers"):
            return
        for worker in list(self.workers):
            worker.go_on("killed")
        self.workers = []
        for _round in range(40):
            if self.state() not in EffectState.OPEN:
                break
            self.time_passes(timedelta(minutes=2))
            self.start()
            while self.workers:
                self.workers[0].go_on("yes" if self.workers[0].place == "sending" else "go")
                self._keep(self.workers)
        assert self.state() not in EffectState.OPEN, "never came to an end"
        self.time_passes(timedelta(hours=1))  # whatever is on its way has arrived by now
        self.never_twice()
        self.what_is_settled_is_true()

    def _rewrite(self, statement: str, **values: Any) -> None:
        self.direct.execute(statement, values)

    def _row(self) -> dict[str, Any]:
        effect = self.effect()
        return {name: getattr(effect, name) for name in _KEPT}

    def _keep(self, workers: list[Worker]) -> None:
        self.workers = [worker for worker in workers if not worker.is_over]


@contextmanager
def machine_on(desk: Desk, context: Context) -> Iterator[Callable[[], Ledger]]:
    """The model on this desk."""
    with desk.owner() as direct:
        direct.execute("set session_replication_role = replica")
        yield type("LedgerHere", (Ledger,), {"desk": desk, "context": context, "direct": direct})
