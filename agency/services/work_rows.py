"""What the page Work shows: lanes, writes in doubt, webhooks that went wrong, processes, mails."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class LaneRow:
    """One lane: one outside service of one shop, supplier or authorisation. All times machine time.

    `kind` and `subject_id` (public) name whose it is; `state` is a key of `work_words.LANE_STATES`; `trouble` is a
    sentence, empty when all is well. A lane is retried by kind, subject and api: internal numbers stay inside.
    """

    kind: str
    subject_id: str
    name: str
    client_name: str
    api: str
    state: str
    trouble: str
    problem: str
    due_at: datetime | None
    working_since: datetime | None
    last_turn_at: datetime | None
    failures: int
    lost_bells: int
    turns: int
    fence: int


@dataclass(frozen=True)
class DoubtRow:
    """A write whose answer was lost, or that a person must settle. Times are machine time."""

    kind: str
    state: str
    number: str
    title: str
    shop_name: str
    asked: str  # whom: the supplier's name, empty for TikTok
    reason: str
    sent_at: datetime | None
    next_at: datetime | None
    absent_count: int


@dataclass(frozen=True)
class LetterRow:
    """Webhooks of one sender that went wrong in the same way: `outcome` is a key of `work_words.LETTERS`."""

    kind: str
    subject_id: str
    name: str
    client_name: str
    outcome: str
    letters: int
    last_at: datetime


@dataclass(frozen=True)
class StrayRow:
    """Notifications that came for a shop of ours before we knew it."""

    shop_name: str
    notifications: int
    last_at: datetime


@dataclass(frozen=True)
class ProcessRow:
    """Processes of one kind: how many are alive, and when the last of them reported (machine time), None = never."""

    kind: str
    alive: int
    seen_at: datetime | None
    needed: bool

    @property
    def missing(self) -> bool:
        """True when work stands still without it."""
        return self.needed and not self.alive

    @property
    def fell_silent(self) -> bool:
        """True when it has worked before; a fresh installation is not broken."""
        return self.missing and self.seen_at is not None


@dataclass(frozen=True)
class MailCounts:
    """Mails to people of this agency: waiting, tried without success so far, and given up in the last 30 days."""

    waiting: int
    failing: int
    given_up: int
    oldest_at: datetime | None


@dataclass(frozen=True)
class Queue:
    """The lanes in numbers: due now, being worked on, in trouble, all; and since when the oldest has waited."""

    due: int
    working: int
    trouble: int
    lanes: int
    oldest_due_at: datetime | None


@dataclass(frozen=True)
class LanePage:
    """A page of lanes and whether there are more."""

    rows: tuple[LaneRow, ...]
    page: int
    more: bool
