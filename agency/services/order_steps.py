"""The steps of an order's life: its changes, those of one act together, each told in a few words. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from agency.domain.order_changes import Change
from agency.domain.said import said
from agency.services.order_money import ENTRY_LABELS
from agency.services.order_purchase_parts import EFFECT_KINDS
from agency.services.wording import EFFECTS, PARCELS, PURCHASES, STAGES

ONE_ACT = timedelta(seconds=1)  # machine time: what one act writes stands closer together than this
_AMOUNTS = ("total_minor", "estimate_minor", "profit_minor")
_STATES = {"purchase": (said("Purchase"), PURCHASES), "parcel": (said("Parcel"), PARCELS)}


@dataclass(frozen=True)
class Told:
    """One thing that became different: what, and what it became (empty where that would say nothing)."""

    what: str
    became: str


@dataclass(frozen=True)
class ChangeStep:
    """What changed at once. `number` counts from 1, the oldest; `at` is when its last change was written down."""

    number: int
    at: datetime
    told: tuple[Told, ...]


def change_steps(changes: Iterable[Change]) -> tuple[ChangeStep, ...]:
    """All steps, the oldest first; changes that follow the first of a step within a second belong to it.

    The first is that which wrote down the order itself: of one older than the change log, parts may come before.
    """
    ordered = sorted(changes, key=lambda each: (each.at, each.part, each.row_key, each.number))
    known = next((change.at for change in ordered if change.part == "order"), None)
    if known is None:
        return ()
    acts: list[list[Change]] = []
    for change in ordered:
        if acts and max(change.at, known) - max(acts[-1][0].at, known) < ONE_ACT:
            acts[-1].append(change)
        else:
            acts.append([change])
    kinds: dict[int, str] = {}  # of each write: written down when it was new
    return tuple(
        ChangeStep(number, act[-1].at, _told_once(act, kinds)) for number, act in enumerate(acts, start=1)
    )


def find_step(steps: Sequence[ChangeStep], at: datetime) -> int:
    """The number of the last step up to and with `at`; 0 when the order was not known yet."""
    return sum(step.at <= at for step in steps)


def _told_once(act: Sequence[Change], kinds: dict[int, str]) -> tuple[Told, ...]:
    """Of each row and thing only what it became in the end."""
    told: dict[tuple[str, int, str], Told] = {}
    for change in act:
        for each in _told(change, json.loads(change.body), kinds):
            told[change.part, change.row_key, each.what] = each
    return tuple(dict.fromkeys(told.values()))


def _told(change: Change, body: dict[str, Any], kinds: dict[int, str]) -> list[Told]:
    if change.part == "order":
        return _told_of_order(change, body)
    if change.part == "ledger":
        return [Told(said("Booked"), ENTRY_LABELS.get(body.get("kind", ""), ""))]
    if change.part == "effect":
        kind = kinds.setdefault(change.row_key, body.get("kind", ""))
        return [Told(EFFECT_KINDS.get(kind, kind), EFFECTS[body["state"]])] if "state" in body else []
    what, words = _STATES[change.part]
    return [Told(what, words[body["state"]][0] if "state" in body else said("Details"))]


def _told_of_order(change: Change, body: dict[str, Any]) -> list[Told]:
    told = []
    if "stage" in body:
        told.append(Told(said("Order"), STAGES.get(body["stage"], body["stage"])))
    if change.number == 1:  # written whole
        return told
    if "status" in body:
        told.append(Told(said("TikTok changed the status"), ""))
    if "held_by" in body:
        told.append(Told(said("Put on hold") if body["held_by"] else said("Hold ended"), ""))
    if "due_at" in body or "due_kind" in body:
        told.append(Told(said("Another deadline"), ""))
    if "blockers" in body:
        told.append(Told(said("Reasons against buying"), ""))
    if any(name in body for name in _AMOUNTS):
        told.append(Told(said("Amounts"), ""))
    return told or [Told(said("Order"), said("Details"))]
