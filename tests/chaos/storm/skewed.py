"""A worker on a machine whose clock is wrong by CLOCK_SKEW seconds; zero makes it an ordinary worker."""

from __future__ import annotations

import os
import sys
import time
from datetime import datetime, timedelta, tzinfo

import agency.clock
from agency.cli import main

_real_time = time.time


def set_clock(seconds: float) -> None:
    """From now on this process believes another machine time; the monotonic clock stays, as it would."""

    class Skewed(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + timedelta(seconds=seconds)

    agency.clock.datetime = Skewed  # type: ignore[attr-defined]
    time.time = lambda: _real_time() + seconds


if __name__ == "__main__":
    if skew := float(os.environ.get("CLOCK_SKEW", "0")):
        set_clock(skew)
    sys.exit(main(["worker", *sys.argv[1:]]))
