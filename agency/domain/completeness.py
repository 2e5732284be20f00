"""Is everything there? What a walk through TikTok's pages and two counts say about orders that we do not see.

A list that answers without an error may still be wrong: a page is lost, the count moves while we read, the mark of the
next page never ends, or nothing at all is listed for a shop whose orders we hold. Each of these is a gap with a word.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from agency.domain.said import said


class Gap:
    """What is missing, one word each. A read with any of `UNREAD` is no read: what the shop has, nobody knows."""

    PAGE_LOST = "page_lost"  # fewer orders came than TikTok counts in the window
    SHIFTED = "shifted"  # the count moved while the pages were read, and orders have not come back
    STUCK = "stuck"  # the mark of the next page repeats, or pages never end
    FEWER = "fewer"  # TikTok counts fewer orders than we hold, or than it counted before
    MISSING = "missing"  # TikTok counts more orders than we hold
    STATES = "states"  # as many orders, but some have moved on without our noticing
    ANNOUNCED = "announced"  # a notification named an order that TikTok does not show

    ALL = (PAGE_LOST, SHIFTED, STUCK, FEWER, MISSING, STATES, ANNOUNCED)
    UNREAD = (PAGE_LOST, SHIFTED, STUCK, FEWER)
    COUNTED = (MISSING, STATES)


# What is the matter, and what helps: whole sentences for a person.
WORDS: Mapping[str, str] = {
    Gap.PAGE_LOST: said("TikTok counts more orders than its pages brought."),
    Gap.SHIFTED: said("TikTok's count changed while its pages were read."),
    Gap.STUCK: said("TikTok's pages do not end: the same page comes again and again."),
    Gap.FEWER: said("TikTok lists fewer orders than it had before, without an error."),
    Gap.MISSING: said("TikTok counts orders that Shopfleet does not have."),
    Gap.STATES: said("Orders have moved on at TikTok and were not read again."),
    Gap.ANNOUNCED: said("TikTok announced orders that it does not show yet."),
}
REMEDIES: Mapping[str, str] = {
    Gap.PAGE_LOST: said("The same time is read again by itself. If this stays, ask TikTok's support."),
    Gap.SHIFTED: said("The same time is read again by itself. Nothing is to be done unless this stays."),
    Gap.STUCK: said("It is tried again by itself. If this stays for an hour, ask TikTok's support."),
    Gap.FEWER: said("This is no empty shop. Compare with Seller Center; it is tried again by itself."),
    Gap.MISSING: said("The whole window is read again by itself. If this stays, compare with Seller Center."),
    Gap.STATES: said("The whole window is read again by itself. If this stays, compare with Seller Center."),
    Gap.ANNOUNCED: said("They are asked for again by themselves. Look them up in Seller Center."),
}


@dataclass(frozen=True)
class Walk:
    """The pages of one window: TikTok's count on the first and the last of them, and how many different orders came."""

    first_total: int
    last_total: int
    read: int
    pages: int
    stuck: bool = False

    @property
    def gap(self) -> str:
        """A word of `Gap`, or empty: everything that was in the window at the end was read."""
        if self.stuck:
            return Gap.STUCK
        if self.read < self.last_total:
            return Gap.PAGE_LOST if self.first_total == self.last_total else Gap.SHIFTED
        return ""

    @property
    def owed(self) -> int:
        """Orders that TikTok counted at first and that left the window unread: they must come back with an update."""
        return max(0, self.first_total - self.read)


@dataclass(frozen=True)
class Counts:
    """Both sides' counts of the same window. States are TikTok's words; only orders that did not move lately are in."""

    tiktok: int
    ours: int
    tiktok_states: Mapping[str, int] = field(default_factory=dict)  # empty when not asked for this time
    our_states: Mapping[str, int] = field(default_factory=dict)


def gaps_of_counts(counts: Counts, expected: int) -> tuple[str, ...]:
    """Words of `Gap`; `expected` is what TikTok has counted before of orders that are still in the window.

    An order that moves just now leaves TikTok's side only, so a state that TikTok has more of is one we did not read.
    """
    found = []
    if counts.tiktok < max(counts.ours, expected):
        found.append(Gap.FEWER)
    if counts.tiktok > counts.ours:
        found.append(Gap.MISSING)
    elif behind(counts):
        found.append(Gap.STATES)
    return tuple(found)


def behind(counts: Counts) -> tuple[str, ...]:
    """TikTok's states of which it has more unmoved orders than we."""
    return tuple(
        state for state, many in counts.tiktok_states.items() if many > counts.our_states.get(state, 0)
    )


def is_unread(gaps: Collection[str]) -> bool:
    """Whether the read as a whole cannot be believed."""
    return any(gap in Gap.UNREAD for gap in gaps)
