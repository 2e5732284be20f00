"""What a storm has shown: which promise broke, how long each took to recover, and the counts."""

from __future__ import annotations

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
        **storm.standing.figures,
    }
