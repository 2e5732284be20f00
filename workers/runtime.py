"""The shell of a turn: take the lane, serve it, give it back, whatever happens.

A bell carries `(lane id, fence)` and nothing else. A late, doubled or forged bell takes nothing and does nothing.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from datetime import timedelta

from rq import get_current_job
from rq.timeouts import JobTimeoutException

from agency.clock import machine_now
from agency.domain.errors import CredentialsRejected, OutsideError, Unavailable
from agency.lanes import Turn, give_back, take
from agency.transaction import system_transaction
from workers import intake, parcels, planning, purchasing, settlement, shipping, shops, sweeps
from workers.bells import Bells
from workers.context import Context, LaneLost, TurnResult, retry_after
from workers.right_clock import require_right

log = logging.getLogger(__name__)

HANDLERS: Mapping[str, Callable[[Context, Turn], TurnResult]] = {
    "auth": shops.serve_auth,
    "orders": intake.serve_orders,
    "plan": planning.serve_plan,
    "purchase": purchasing.serve_purchase,
    "tracking": parcels.serve_tracking,
    "ship": shipping.serve_ship,
    "finance": settlement.serve_finance,
    "sweep": sweeps.serve_sweep,
}

SERVE_ON = 10.0  # seconds for which one child answers bells; far below its lease of life

_context: list[Context] = []


def install(context: Context) -> None:
    """Sets the context of this process, before the work loop forks."""
    _context[:] = [context]


def turn(lane_id: int, fence: int) -> None:
    """The one job that RQ knows: serves its lane, then, being warm, the bells that wait, for a few seconds."""
    context, ends = _context[0], time.monotonic() + SERVE_ON
    serve(context, lane_id, fence)
    job = get_current_job()
    if job is None:
        return
    bells = Bells(job.connection)
    while time.monotonic() < ends and (bell := bells.answer_next()) is not None:
        serve(context, bell.lane_id, bell.fence)


def serve(context: Context, lane_id: int, fence: int) -> bool:
    """Serves one turn of a lane; False when the bell was not valid (any more).

    Raises ClockWrong, with the lane left as it was, on a machine that must not work.
    """
    lease, started, before = context.settings.lane_lease, time.monotonic(), machine_now()
    with system_transaction(context.database) as session:
        taken = take(session, int(lane_id), int(fence), lease)
        if taken is not None and taken.taken_at is not None:
            require_right(before, taken.taken_at, machine_now())
    if taken is None:
        return False
    try:
        result = HANDLERS[taken.api](context, taken)
    except LaneLost:
        return False
    except JobTimeoutException:
        raise  # the lease runs out and the lane is claimed again
    except Exception as error:
        result = failure(context, taken, error)
    failures = taken.failures + 1 if result.failed else 0
    with system_transaction(context.database) as session:
        give_back(session, taken, result.next_due, failures, result.problem[:300], result.crowded)
    log.info("turn %s lane %s took %d ms", taken.api, taken.lane_id, (time.monotonic() - started) * 1000)
    return True


def failure(context: Context, taken: Turn, error: Exception) -> TurnResult:
    """A turn that raised: back off, say why. What the turn had recorded stays recorded."""
    wait = retry_after(taken.failures)
    problem = f"{type(error).__name__}"
    if isinstance(error, OutsideError):
        problem = str(error)
        if isinstance(error, Unavailable) and error.retry_after is not None:
            wait = max(wait, error.retry_after)
        log.warning("turn failed", extra={"lane": taken.lane_id, "api": taken.api, "problem": problem})
        shops.record_outside_failure(context, taken, error)
    else:
        # The text of an unexpected error may carry data; the traceback goes to the log, the row says only its kind.
        log.exception("turn crashed", extra={"lane": taken.lane_id, "api": taken.api})
    if isinstance(error, CredentialsRejected) and not error.expired:
        return TurnResult(None, problem, failed=True, crowded=None)  # asleep until somebody connects again
    return TurnResult(machine_now() + timedelta(seconds=wait), problem, failed=True, crowded=None)
