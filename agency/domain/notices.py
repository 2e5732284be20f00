"""Which decisions belong together when a person is told about them by mail, and when a mail is due. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

EVERYTHING = "everything"
RHYTHMS = ("never", "at_once", "daily")
GAP = timedelta(
    minutes=15
)  # at most one mail per person and quarter of an hour; what comes meanwhile is folded
SETTLED = timedelta(minutes=1)  # what began longer ago is written; what is younger waits for the next look
KINDS: dict[str, tuple[str, ...]] = {
    "money": (
        "approval", "purchase_review", "cancelled_after_purchase", "supplier_balance", "money_mismatch",
        "strange_purchase", "cancel_request",
    ),
    "deadline": (
        "unmapped", "blocked", "buy_by_hand", "pack", "no_first_scan", "tracking_late", "tracking_blocked",
        "tracking_refused", "tracking_changed", "address_changed", "ship_warning", "unknown_code", "asked",
    ),
    "connection": (
        "shop_unread", "count_differs", "announced_unread", "machine_silent", "reconnect", "supplier_credentials",
        "shop_taken", "change_key",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Choice:
    """What a person wants: `groups` of KINDS or EVERYTHING; hours are whole ones of the person's own zone."""

    rhythm: str
    groups: tuple[str, ...]
    hour: int
    quiet_from: int | None = None
    quiet_until: int | None = None

    @property
    def kinds(self) -> list[str] | None:
        """The kinds of decisions that it covers; None for all, those of a later version included."""
        if EVERYTHING in self.groups:
            return None
        return [kind for group in self.groups for kind in KINDS.get(group, ())]


def is_due(
    choice: Choice, zone: ZoneInfo, seen_until: datetime, mailed_at: datetime | None, now: datetime
) -> bool:
    """Whether a mail may go out now. `seen_until`: decisions up to here were told already; all machine time."""
    if mailed_at is not None and now - mailed_at < GAP:
        return False
    local = now.astimezone(zone)
    if choice.rhythm == "daily":
        hour = local.replace(hour=choice.hour, minute=0, second=0, microsecond=0)
        return seen_until < hour <= now - SETTLED
    return choice.rhythm == "at_once" and not _is_quiet(choice, local.hour)


def _is_quiet(choice: Choice, hour: int) -> bool:
    start, end = choice.quiet_from, choice.quiet_until
    if start is None or end is None or start == end:
        return False
    return start <= hour < end if start < end else hour >= start or hour < end
