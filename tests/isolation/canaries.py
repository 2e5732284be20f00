"""Canaries: words that belong to one tenant only, planted in every text, and the search for them in what a caller gets.

A mark has a code: two letters for a client (`hl` = Harbor's Luma), `hz` for what is Harbor's as such, `hn` for its
name. What the client's own people must not see either (suppliers, costs, buyers, inner notes) is an inner mark.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

CLIENTS = {
    "hl": ("Harbor", "Luma"),
    "hk": ("Harbor", "Kite"),
    "rl": ("Rival", "Luma"),
    "rk": ("Rival", "Kite"),
}
COST = {
    "hl": 73119,
    "hk": 73219,
    "rl": 73319,
    "rk": 73419,
}  # minor units; no other amount of the world looks so
_TOKEN = re.compile(
    r"canary(?:hl|hk|rl|rk|hz|rz|hn|rn)(?:open|inner)[0-9a-z]*"
    r"|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b\d{15,20}\b|\b73\d\.?19\b"
)


@dataclass(frozen=True)
class Mark:
    """Whose a word is, and whether it is hidden from the client's own people too."""

    code: str
    inner: bool = False


@dataclass
class Canaries:
    """Every word that gives a tenant away."""

    marks: dict[str, Mark] = field(default_factory=dict)

    def add(self, word: object, code: str, *, inner: bool = False) -> None:
        """Notes a word (an id, an order number) that belongs to the tenant."""
        self.marks[str(word).lower()] = Mark(code, inner)

    def find(self, text: str, asked: Iterable[str] = ()) -> set[tuple[str, Mark]]:
        """The words of tenants in a text, without those that the caller sent."""
        lowered = text.lower()
        sent = {word.lower() for word in asked}
        found = set()
        for word in set(_TOKEN.findall(lowered)) - sent:
            mark = self.marks.get(word) or _spelled(word)
            if mark is not None:
                found.add((word, mark))
        return found


def canary(code: str, number: int | str, *, inner: bool = False) -> str:
    """A word of that tenant."""
    return f"Canary{code}{'inner' if inner else 'open'}{number}"


def _spelled(word: str) -> Mark | None:
    if word.startswith("canary"):
        return Mark(word[6:8], word[8:].startswith("inner"))
    costs = {f"{cost / 100:.2f}": code for code, cost in COST.items()} | {
        str(cost): code for code, cost in COST.items()
    }
    return Mark(costs[word], inner=True) if word in costs else None
