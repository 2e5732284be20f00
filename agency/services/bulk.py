"""One act on many rows of Today: first what will happen to each, then doing it, each row in a savepoint of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from agency.domain.errors import Invalid, ShopfleetError
from agency.domain.money import Money
from agency.domain.orders import Stage
from agency.domain.said import said
from agency.domain.scope import Scope
from agency.services import approvals, row_acts
from agency.services.chosen_rows import ChosenRow
from agency.services.row_acts import Colleague
from agency.services.snoozing import next_check
from agency.services.undo_steps import Step
from agency.services.wording import action_label
from agency.services.worklist_mapping import can_be_ticked

DONE, ALREADY, FAILED = "done", "already", "failed"


@dataclass(frozen=True)
class Errand:
    """What shall be done: the word, and what it needs (until when, or to whom)."""

    word: str
    until: datetime | None = None
    person: Colleague | None = None


@dataclass(frozen=True)
class Forecast:
    """What will happen to a row. `possible` False: `sentence` says why not.

    `spends`: it buys something, for `cost` as far as that is known.
    """

    row: ChosenRow
    possible: bool
    sentence: str
    back_at: datetime | None = None
    cost: Money | None = None
    spends: bool = False


@dataclass(frozen=True)
class Result:
    """What happened to a row: "done", "already" (it was so before) or "failed" with the reason."""

    row: ChosenRow
    outcome: str
    sentence: str
    steps: tuple[Step, ...] = ()


def foresee(rows: Sequence[ChosenRow], errand: Errand, now: datetime) -> tuple[Forecast, ...]:
    """What the act would do to each row; nothing is changed. Raises Invalid for an unknown act."""
    rule = _rule(errand.word).foresee
    return tuple(rule(row, errand, now) for row in rows)


def perform(
    scope: Scope, session: Session, rows: Sequence[ChosenRow], errand: Errand, now: datetime
) -> tuple[Result, ...]:
    """Does it row by row; a row that fails changes nothing and stops no other. Repeating it changes nothing more.

    `now` is shop time. Raises Forbidden for those who may only look, and Invalid for an unknown act.
    """
    scope.require_write()
    rule = _rule(errand.word)
    results = []
    for row in rows:
        was_so = _was_so(row, errand)
        if was_so:
            results.append(Result(row, ALREADY, was_so))
            continue
        forecast = rule.foresee(row, errand, now)
        if not forecast.possible:
            results.append(Result(row, FAILED, forecast.sentence))
            continue
        try:
            with session.begin_nested():
                steps = rule.act(scope, session, row, errand, now)
            results.append(Result(row, DONE, "", steps))
        except ShopfleetError as refusal:
            results.append(Result(row, FAILED, str(refusal)))
    return tuple(results)


def _was_so(row: ChosenRow, errand: Errand) -> str:
    """Why there is nothing to do, when the row is already what the act would make of it."""
    if errand.word == "hold" and row.orders and all(one.held_by for one in row.orders):
        return said("This was on hold already.")
    if errand.word == "release" and row.orders and not any(one.held_by for one in row.orders):
        return said("Nobody held this.")
    settled = not row.is_order and not row.decisions
    if settled and errand.word in ("approve", "done", "next"):
        return said("This was settled already.")
    if errand.word == "assign" and row.decisions:
        owner = errand.person.actor if errand.person else ""
        if all(one.owner == owner for one in row.decisions):
            return said("This was so already.")
    return ""


def _foresee_approve(row: ChosenRow, _errand: Errand, _now: datetime) -> Forecast:
    if len(row.orders) != 1 or not row.orders[0].approvable:
        return Forecast(row, False, said("Nothing of this waits for an approval."))
    return Forecast(row, True, said("Is bought"), cost=row.cost, spends=True)


def _approve(
    scope: Scope, session: Session, row: ChosenRow, _errand: Errand, now: datetime
) -> tuple[Step, ...]:
    approvals.approve(scope, session, row.orders[0].number, None, now)
    return ()


def _foresee_hold(row: ChosenRow, _errand: Errand, _now: datetime) -> Forecast:
    if not row.orders:
        return Forecast(row, False, said("There is no order to hold."))
    if all(one.held_by for one in row.orders):
        return Forecast(row, False, said("A person holds this already."))
    if not _holdable(row):
        return Forecast(row, False, said("The order is bought; a hold comes too late."))
    return Forecast(row, True, said("Waits until somebody releases it; its clock goes on"))


def _hold(scope: Scope, session: Session, row: ChosenRow, _errand: Errand, now: datetime) -> tuple[Step, ...]:
    return _joined("hold", [approvals.hold(scope, session, number, now) for number in _holdable(row)])


def _holdable(row: ChosenRow) -> list[str]:
    return [one.number for one in row.orders if not one.held_by and one.stage in Stage.BEFORE_BUYING]


def _foresee_release(row: ChosenRow, _errand: Errand, _now: datetime) -> Forecast:
    if not any(one.held_by for one in row.orders):
        return Forecast(row, False, said("Nobody holds this."))
    return Forecast(row, True, said("Is planned again at once"))


def _release(
    scope: Scope, session: Session, row: ChosenRow, _errand: Errand, now: datetime
) -> tuple[Step, ...]:
    numbers = [one.number for one in row.orders if one.held_by]
    return _joined("release", [approvals.release_hold(scope, session, number, now) for number in numbers])


def _joined(word: str, undone_by: Sequence[tuple[Step, ...]]) -> tuple[Step, ...]:
    """One step for all that really changed, so that the token of many orders stays short."""
    changed = tuple(number for steps in undone_by for step in steps for number in step.ids)
    return (Step(word, changed),) if changed else ()


def _foresee_snooze(row: ChosenRow, errand: Errand, now: datetime) -> Forecast:
    if not row.decisions:
        return Forecast(row, False, said("The machine works on it. There is nothing to snooze."))
    try:
        moment = next_check(_until(errand), row.due_at, now)
    except Invalid as refusal:
        return Forecast(row, False, str(refusal))
    return Forecast(row, True, said("Comes back at"), moment)


def _snooze(
    scope: Scope, session: Session, row: ChosenRow, errand: Errand, now: datetime
) -> tuple[Step, ...]:
    return (row_acts.snooze(scope, session, row, _until(errand), now),)


def _foresee_wake(row: ChosenRow, _errand: Errand, _now: datetime) -> Forecast:
    sleeping = any(one.snoozed for one in row.decisions)
    return Forecast(row, sleeping, said("Is on the list again") if sleeping else said("This is not snoozed."))


def _wake(
    scope: Scope, session: Session, row: ChosenRow, _errand: Errand, _now: datetime
) -> tuple[Step, ...]:
    return (row_acts.wake(scope, session, row),)


def _foresee_assign(row: ChosenRow, errand: Errand, _now: datetime) -> Forecast:
    if errand.person is None:
        free = said("Is nobody's again") if row.decisions else said("Nobody has this order.")
        return Forecast(row, bool(row.decisions), free)
    if not errand.person.sees(row.client_ids):
        return Forecast(row, False, said("{name} does not see this client.", name=errand.person.name))
    return Forecast(row, True, said("Goes to {name}", name=errand.person.name))


def _assign(
    scope: Scope, session: Session, row: ChosenRow, errand: Errand, _now: datetime
) -> tuple[Step, ...]:
    return (row_acts.assign(scope, session, row, errand.person),)


def _foresee_done(row: ChosenRow, _errand: Errand, _now: datetime) -> Forecast:
    if row.main and all(can_be_ticked(one.kind, one.action) for one in row.main):
        return Forecast(row, True, said("Leaves the list"))
    return Forecast(row, False, said("This ends by itself when its cause is gone. Do what its row says."))


def _done(
    scope: Scope, session: Session, row: ChosenRow, _errand: Errand, _now: datetime
) -> tuple[Step, ...]:
    return (row_acts.tick(scope, session, row),)


def _foresee_next(row: ChosenRow, errand: Errand, now: datetime) -> Forecast:
    if _next_word(row) == "approve":
        return _foresee_approve(row, errand, now)
    if _next_word(row) == "done":
        return _foresee_done(row, errand, now)
    if not row.main:
        return Forecast(row, False, said("Nobody has to decide here: the machine works on it."))
    label = action_label(row.main[0].action)
    return Forecast(row, False, said("Needs a page of its own: {label}.", label=label))


def _next(scope: Scope, session: Session, row: ChosenRow, errand: Errand, now: datetime) -> tuple[Step, ...]:
    return (_approve if _next_word(row) == "approve" else _done)(scope, session, row, errand, now)


def _next_word(row: ChosenRow) -> str:
    if row.main and row.main[0].action == "approve":
        return "approve"
    return "done" if row.main and can_be_ticked(row.main[0].kind, row.main[0].action) else ""


def _until(errand: Errand) -> datetime:
    if errand.until is None:
        raise Invalid("until", "Choose when it shall come back.")
    return errand.until


@dataclass(frozen=True)
class _Rule:
    foresee: Callable[[ChosenRow, Errand, datetime], Forecast]
    act: Callable[[Scope, Session, ChosenRow, Errand, datetime], tuple[Step, ...]]


_RULES: Mapping[str, _Rule] = {
    "approve": _Rule(_foresee_approve, _approve),
    "hold": _Rule(_foresee_hold, _hold),
    "release": _Rule(_foresee_release, _release),
    "snooze": _Rule(_foresee_snooze, _snooze),
    "wake": _Rule(_foresee_wake, _wake),
    "assign": _Rule(_foresee_assign, _assign),
    "done": _Rule(_foresee_done, _done),
    "next": _Rule(_foresee_next, _next),
}


def _rule(word: str) -> _Rule:
    if word not in _RULES:
        raise Invalid("act", "Choose what to do with these rows.")
    return _RULES[word]
