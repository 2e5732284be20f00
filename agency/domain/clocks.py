"""Which deadline counts for an order, where it came from, and how likely it is to be missed.

    TikTok's six fields --> missing ones from the dated policy --> dispatch: tts_sla, else rts_sla --> earliest
                                                                   agency's own promise (if chosen) ----'
A field is never filled from another field: an auto-cancel line stays an auto-cancel line wherever it is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from agency.domain.calendars import add_business_days, business_date, calendar_for
from agency.domain.clock_policies import PROMISES, ClockStart, DeadlineKind, PolicyRow, find_policy
from agency.domain.errors import Invalid
from agency.domain.orders import Stage

__all__ = [
    "Deadline", "DeadlineKind", "OrderFacts", "chance_to_miss", "deadlines", "dispatch_deadline", "next_deadline",
    "promise_limits",
]  # fmt: skip


@dataclass(frozen=True)
class Deadline:
    """A moment (aware UTC, shop time), which of the six lines it is, and its source.

    `source` is "tiktok", "policy:<row id>" or "promise:<promise id>"; `approximate` marks a guessed rule or calendar.
    """

    at: datetime
    kind: DeadlineKind
    source: str
    approximate: bool = False


@dataclass(frozen=True)
class OrderFacts:
    """What the clocks need to know of an order; all moments aware UTC shop time, unknown = None.

    `tiktok` is keyed by DeadlineKind (a StrEnum: plain text keys fit too). `scanned_at` is the carrier's first scan.
    """

    region: str
    order_type: str = "NORMAL"
    shipping_mode: str = "SELLER"
    placed_at: datetime | None = None
    paid_at: datetime | None = None
    awaiting_shipment_at: datetime | None = None
    scanned_at: datetime | None = None
    release_at: datetime | None = None
    handling_days: int | None = None
    tiktok: Mapping[DeadlineKind, datetime | None] | Mapping[str, datetime] = field(default_factory=dict)
    promise: str = "tiktok"


def deadlines(facts: OrderFacts, now: datetime) -> dict[DeadlineKind, Deadline]:
    """Every known deadline: TikTok's own first, the missing from the dated policy; an unknown region has none."""
    known = _policy_deadlines(facts, now)
    for kind, moment in facts.tiktok.items():
        if moment is not None:
            known[DeadlineKind(kind)] = Deadline(moment.astimezone(UTC), DeadlineKind(kind), "tiktok")
    return known


def _policy_deadlines(facts: OrderFacts, now: datetime) -> dict[DeadlineKind, Deadline]:
    begun = facts.awaiting_shipment_at or facts.paid_at
    if begun is None:
        return {}
    calendar = calendar_for(facts.region)
    # Nobody knows the rule of a day to come (a pre-order's release): the rule of today stands in.
    day = business_date(min(begun, now), calendar)
    row = find_policy(facts.region, facts.order_type, facts.shipping_mode, day)
    start = (facts.release_at if row and row.start is ClockStart.RELEASE else begun) if row else None
    if row is None or start is None:
        return {}
    result: dict[DeadlineKind, Deadline] = {}
    for kind in row.rules:
        days = _days_of(row, kind, facts.handling_days)
        if days is not None:
            at = add_business_days(start, days, calendar)
            result[kind] = Deadline(at, kind, f"policy:{row.row_id}", row.approximate or calendar.approximate)
    return result


def _days_of(row: PolicyRow, kind: DeadlineKind, handling_days: int | None) -> int | None:
    rule = row.rules[kind]
    if not rule.with_handling:
        return rule.days
    # Without the seller's handling time the limit is unknown, and an unknown limit is not guessed.
    return None if handling_days is None else rule.days + handling_days


def promise_limits(facts: OrderFacts) -> dict[str, datetime]:
    """The agency's own limits (process, tracking, delivery, overall); raises Invalid for an unknown promise."""
    promise = PROMISES.get(facts.promise)
    if promise is None:
        raise Invalid(
            "promise", f"Promise {facts.promise!r} is not known. Choose one of: {', '.join(PROMISES)}."
        )
    begun = facts.paid_at or facts.placed_at
    if begun is None:
        return {}
    days = {
        "process": promise.process_days,
        "tracking": promise.tracking_days,
        "delivery": promise.delivery_days,
        "overall": promise.overall_days,
    }
    return {
        word: begun.astimezone(UTC) + timedelta(days=count)
        for word, count in days.items()
        if count is not None
    }


def _promised(facts: OrderFacts, word: str, kind: DeadlineKind) -> list[Deadline]:
    limit = promise_limits(facts).get(word)
    return [Deadline(limit, kind, f"promise:{facts.promise}")] if limit else []


def _earliest(candidates: list[Deadline]) -> Deadline | None:
    return min(candidates, key=lambda deadline: deadline.at, default=None)


def dispatch_deadline(facts: OrderFacts, now: datetime) -> Deadline | None:
    """The clock that counts until the carrier has the parcel; None when nothing is known.

    TikTok assesses tts_sla, which stops at the carrier's scan and not at our upload (US policy 2026-01-26); rts_sla
    counts only while TikTok names no scan limit. The agency's tracking promise tightens it. An auto-cancel line is
    used only as itself: when nothing else is known, or when it comes even earlier.
    """
    known = deadlines(facts, now)
    scan, handover = known.get(DeadlineKind.TTS_SLA), known.get(DeadlineKind.RTS_SLA)
    if scan and scan.source == "tiktok":
        handover = None
    candidates = [line for line in (scan, handover) if line]
    candidates += _promised(facts, "tracking", DeadlineKind.RTS_SLA)
    if DeadlineKind.SHIPPING_DUE in known:
        candidates.append(known[DeadlineKind.SHIPPING_DUE])
    return _earliest(candidates)


_BEFORE_SHIPPING = (Stage.HELD, Stage.TO_BUY, Stage.BLOCKED, Stage.BOUGHT)


def next_deadline(facts: OrderFacts, stage: str, now: datetime) -> Deadline | None:
    """The deadline that counts at a stage of `domain.orders.Stage`; None once nothing can be missed any more.

    Until shipped: dispatch. Shipped without scan: tts_sla, and collection_due once that is past. Scanned: delivery_sla,
    and delivery_due once that is past. An overdue line stays when there is no later one, so that it can be seen.
    """
    if stage in _BEFORE_SHIPPING:
        return dispatch_deadline(facts, now)
    if stage != Stage.SHIPPED:
        return None
    known = deadlines(facts, now)
    if facts.scanned_at is None:
        return _service_then_cancel(
            known.get(DeadlineKind.TTS_SLA), known.get(DeadlineKind.COLLECTION_DUE), now
        )
    promised = _promised(facts, "delivery", DeadlineKind.DELIVERY_SLA)
    own = [known[DeadlineKind.DELIVERY_SLA]] if DeadlineKind.DELIVERY_SLA in known else []
    return _service_then_cancel(_earliest(own + promised), known.get(DeadlineKind.DELIVERY_DUE), now)


def _service_then_cancel(service: Deadline | None, cancel: Deadline | None, now: datetime) -> Deadline | None:
    if service is None or (service.at < now and cancel is not None):
        return cancel
    return service


# Hours that usually pass from a stage until the event that stops its clock: a supplier ships 2 to 20 hours after
# payment and the carrier scans 6 to 30 hours later; a blocked order first waits for a person. Chosen, not measured.
TYPICAL_HOURS = {
    Stage.HELD: 36,
    Stage.TO_BUY: 32,
    Stage.BLOCKED: 44,
    Stage.BOUGHT: 28,
    Stage.SHIPPED: 18,
    "in_transit": 72,
}
# (remaining time in per cent of the typical hours, chance in basis points); straight lines in between.
_CURVE = ((0, 10_000), (50, 9_000), (100, 5_000), (150, 1_500), (250, 300), (400, 50))


def chance_to_miss(deadline: Deadline | None, stage: str, now: datetime) -> int:
    """How likely the deadline is missed, in basis points 0..10000: a fixed curve over remaining / typical hours.

    With exactly the typical time left it is even (5000); past the deadline it is certain. No deadline, or a stage
    in which nothing can be missed, is 0. Use stage "in_transit" for a scanned parcel.
    """
    typical = TYPICAL_HOURS.get(stage)
    if deadline is None or typical is None:
        return 0
    remaining = (deadline.at - now).total_seconds()
    if remaining <= 0:
        return 10_000
    share = remaining / (typical * 36)  # per cent of the typical time
    for (left, high), (right, low) in pairwise(_CURVE):
        if share <= right:
            return round(high - (high - low) * (share - left) / (right - left))
    return _CURVE[-1][1]
