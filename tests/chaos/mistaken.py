"""`python -m tests.chaos.mistaken MISTAKE FOLDER worker ...`: as `entry`, with a mistake planted in this process.

Each is one that somebody could make in the money rules; the verdict must catch it (test_mistakes.py).
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from agency.cli import main
from agency.domain.effects import NextStep, VendorMemory
from agency.models.effects import Effect
from agency.services.effects import claim_sending
from tests.chaos.hook import Hook
from workers import attempts, purchasing
from workers.attempts import Write, confirm
from workers.context import Context


def sends_again_at_once(
    memory: VendorMemory, first_sent_at: datetime, sent_at: datetime, absent_count: int, now: datetime
) -> str:
    """Retry on error, as most of this trade does."""
    return NextStep.SEND_AGAIN


def commits_after_the_call(context: Context, turn: Any, effect: Effect, write: Write[Any]) -> None:
    """First the request, then the row that says that it was sent."""
    prepared = write.prepare()
    answer = prepared.send(time.monotonic())
    with context.work(turn) as (scope, session):
        sent = claim_sending(session, effect, timedelta(seconds=30))
        assert sent is not None
        write.on_sending(scope, session)
    confirm(context, turn, sent, answer, write.on_confirmed)


MISTAKES: dict[str, list[tuple[Any, str, Callable[..., Any]]]] = {
    "sends_again_at_once": [(attempts, "next_step", sends_again_at_once)],
    "commits_after_the_call": [(purchasing, "attempt", commits_after_the_call)],
}


if __name__ == "__main__":
    for place, name, mistake in MISTAKES[sys.argv[1]]:
        setattr(place, name, mistake)
    Hook(Path(sys.argv[2])).install()
    sys.exit(main(sys.argv[3:]))
