"""What a storm has shown: which promise broke, how long each took to recover, and the counts."""

from __future__ import annotations

import resource
from collections.abc import Mapping
from typing import Any

from tests.chaos.storm.run import Storm
from tests.chaos.storm.schedule import KINDS

_MOST_SENTENCES = 8


def broken_in(storm: Storm) -> list[str]:
    """All that went against the promises, in words; empty when all were kept and the baseline was caught."""
    if not storm.over:
        return ["the storm did not come to its end"]
    broken = [
        f"{promise}: {sentence}"
        for promise, sentences in storm.standing.broken.items()
        for sentence in _some(sentences)
    ]
    if not storm.settled and not broken:
        broken.append("not everything had come when the time was over")
    broken += [f"{kind} never happened" for kind in KINDS if not storm.blows.struck[kind]]
    if not storm.blows.house.wire.passed:
        broken.append("nothing went over the wire that was cut")
    baseline = storm.standing.figures.get("baseline", {})
    if not baseline.get("bought_twice") and not baseline.get("never_bought"):
        broken.append("the baseline came through unharmed, so this storm proves nothing")
    return broken


def _some(sentences: list[str]) -> list[str]:
    more = len(sentences) - _MOST_SENTENCES
    return sentences[:_MOST_SENTENCES] + ([f"and {more} more"] if more > 0 else [])


def report(storm: Storm, broken: list[str]) -> dict[str, Any]:
    """One object with everything; `recovered_after` is in seconds of machine time since the last act."""
    return {
        "seed": storm.plan.seed,
        "broken": broken,
        "recovered_after": storm.recovered,
        "stormed_for": round(storm.over - storm.began, 1) if storm.over else None,
        "acts": dict(sorted(storm.blows.struck.items())),
        "falls": storm.supervisor.list_falls(),
        "vendor_bytes_over_the_cut_wire": storm.blows.house.wire.passed,
        "cpu_seconds": _cpu_seconds(),
        **storm.standing.figures,
    }


def _cpu_seconds() -> float:
    """What this process and all that it started and buried have used so far; of several storms, all together."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return round(sum(one.ru_utime + one.ru_stime for one in used), 1)


def in_words(told: Mapping[str, Any]) -> str:
    """The report for a person: verdict, recovery, counts, baseline."""
    acts = ", ".join(f"{count} {kind}" for kind, count in told["acts"].items())
    recovered = ", ".join(
        f"{promise} {seconds:.0f} s" for promise, seconds in told["recovered_after"].items()
    )
    lines = [
        f"storm {told['seed']}: " + ("every promise kept" if not told["broken"] else "PROMISES BROKEN"),
        *(f"  broken: {sentence}" for sentence in told["broken"]),
        f"  acts: {acts}",
        f"  recovered after the last act: {recovered}",
    ]
    if "orders_issued" in told:
        lines += [
            f"  orders: {told['orders_issued']} issued, {told['orders_seen']} seen; stages {told['stages']}",
            f"  lines: {told['lines_bought']} bought, {told['lines_bought_twice']} twice, "
            f"{told['lines_never_bought']} never; {told['needs_person']} orders in front of a person",
            f"  asked of a person: {told['asked_of_a_person']}",
            f"  outside writes: {told['outside_writes']}; purchases in doubt: {told['purchases_in_doubt']}; "
            f"{told['lost_bells']} bells lost",
            f"  baseline under the same fire: {told['baseline']}",
        ]
    return "\n".join(lines)
