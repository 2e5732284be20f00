"""Today on 1,000 and on 100,000 orders: server time in turn, its 95th percentile, and whether the target is kept.

The target (issue 4): with 100,000 orders and 200 shops, p95 is at most 3 times that of the same page on 1,000 orders.
"""

from __future__ import annotations

from statistics import median, quantiles

from bench.load import get, time_in_turn
from bench.seed import World
from bench.served import TOOK, Server

MOST = 3.0
WARM_UP = 20  # first requests that fill caches and statement plans of both workers; not counted


def measure_today(server: Server, tiny: World, large: World, requests: int) -> str:
    """Asks the two pages in turn, so that a noisy second hits both; returns a Markdown table and the target."""
    pair = [get("/tiny/today", tiny.token), get("/large/today", large.token)]
    took = time_in_turn(server.port, pair * (WARM_UP + requests), TOOK)[2 * WARM_UP :]
    small, big = took[0::2], took[1::2]
    ratio = _p95(big) / _p95(small)
    kept = "ok" if ratio <= MOST else "NOT OK"
    rows = [
        "## Today page, server time of one request",
        "",
        "| orders | median ms | p95 ms |",
        "|---|---|---|",
        f"| few | {median(small):.1f} | {_p95(small):.1f} |",
        f"| many | {median(big):.1f} | {_p95(big):.1f} |",
        f"| many / few | {median(big) / median(small):.2f} | {ratio:.2f} |",
        "",
        f"Target: p95 at most {MOST:.1f} times as long. Measured {ratio:.2f}: {kept}.",
        "",
    ]
    return "\n".join(rows)


def _p95(values: list[float]) -> float:
    return quantiles(values, n=20, method="inclusive")[-1]
