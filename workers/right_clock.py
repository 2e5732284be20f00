"""The machine's clock against the database's, before any work is done by it.

Leases are kept by the database's clock and quarantines by the workers' own, and a doubt that one worker sent is settled
by another: a clock that is ahead would call it proved absent too early, and buy again.
"""

from __future__ import annotations

from datetime import datetime, timedelta

# Far above what a synchronised clock is off, below the shortest quarantine; TikTok refuses what is 30 s ahead.
MOST_OFF = timedelta(seconds=5)


class ClockWrong(RuntimeError):
    """This machine must not work before its clock is right."""


def require_right(before: datetime, told: datetime, after: datetime) -> None:
    """Raises ClockWrong when the database's `told` lies too far outside of our own times before and after asking."""
    off = before - told if told < before else after - told if told > after else timedelta()
    if abs(off) > MOST_OFF:
        raise ClockWrong(
            f"the clock of this machine is {off.total_seconds():+.0f} s off the database's; "
            "set it right (NTP), nothing is done here before"
        )
