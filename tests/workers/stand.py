"""A vendor that answers as it is told, and one effect of our agency to write to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text

from agency.domain.effects import EffectKind, VendorMemory
from agency.lanes import Turn
from agency.models.effects import Effect
from agency.services.effects import EffectRef, intend
from tests.desk import Desk
from tests.desk_rows import add_order
from workers.attempts import Doubt, Write, attempt, settle
from workers.context import Context


@dataclass
class Vendor:
    """The outside of one attempt: what it answers, and how often it was written to."""

    answer: Callable[[], str]
    on_prepare: Callable[[], None] = lambda: None
    sends: int = 0
    closes: int = 0
    told: list[str] = field(default_factory=list)

    def prepare(self) -> Vendor:
        self.on_prepare()
        return self

    def send(self, since: float) -> str:
        self.sends += 1
        return self.answer()

    def close(self) -> None:
        self.closes += 1

    def write(self, **more: Any) -> Write[str]:
        def note(word: str) -> Callable[..., None]:
            return lambda _scope, _session, *rest: self.told.append(" ".join([word, *map(str, rest)]))

        hooks = ("on_sending", "on_confirmed", "on_refused", "on_unsent", "on_doubt", "on_rejected")
        return Write(prepare=self.prepare, **{**{hook: note(hook[3:]) for hook in hooks}, **more})

    def doubt(self, memory: VendorMemory, find: Callable[[], str | None]) -> Doubt[str]:
        write = self.write()
        return Doubt(
            memory=memory,
            find=find,
            on_confirmed=write.on_confirmed,
            on_send_again=lambda _scope, _session: self.told.append("send_again"),
            on_review=lambda _scope, _session: self.told.append("review"),
        )


def says(answer: str | Exception) -> Vendor:
    def speak() -> str:
        if isinstance(answer, Exception):
            raise answer
        return answer

    return Vendor(speak)


@dataclass
class Stand:
    """One effect of our agency and the turn that serves it."""

    desk: Desk
    context: Context
    turn: Turn
    effect_id: int

    def effect(self) -> Effect:
        with self.desk.session() as session:
            return session.get_one(Effect, self.effect_id)

    def state(self) -> tuple[str, int]:
        effect = self.effect()
        return effect.state, effect.attempts

    def attempt(self, vendor: Vendor, **more: Any) -> None:
        attempt(self.context, self.turn, self.effect(), vendor.write(**more))

    def change(self, **values: Any) -> None:
        """The row as time, another process or a restored backup would have left it."""
        columns = ", ".join(f"{name} = %({name})s" for name in values)
        self.desk.rewrite(f"update effects set {columns} where id = %(id)s", id=self.effect_id, **values)

    def in_doubt(self, age: timedelta, absent: int = 0) -> None:
        """An attempt that was sent so long ago and never answered."""
        sent_at = datetime.now(UTC) - age
        self.change(state="unknown", attempts=1, sent_at=sent_at, first_sent_at=sent_at, absent_count=absent)

    def settle(self, doubt: Doubt[str]) -> None:
        settle(self.context, self.turn, self.effect(), doubt)


def make_stand(desk: Desk, context: Context) -> Stand:
    """An INTENDED effect of a fresh order, and a turn of the shop's client."""
    side = desk.ours
    with desk.session() as session:
        order = add_order(session, side)
        ref = EffectRef(order.client_id, order.shop_id, order.id)
        intend(side.scope(), session, EffectKind.PLACE, f"fake-{order.id}", ref)
        effect_id: int = session.execute(text("select max(id) from effects")).scalar_one()
    turn = Turn(1, 1, side.agency_id, side.clients["Luma"], side.shops["Luma"], None, None, "purchase", 0)
    return Stand(desk, context, turn, effect_id)
