"""The fault dials: how often, where and how the outside world misbehaves."""

from __future__ import annotations

import random
import threading
from typing import Any

DIALS = (
    "timeout_before", "timeout_after", "http_429", "http_500_before", "http_500_after", "slow", "cut_answer",
    "webhook_duplicate", "webhook_out_of_order", "webhook_lost", "webhook_late", "late_tracking", "wrong_carrier",
    "bad_tracking", "out_of_stock", "price_change", "masked_address", "cancel_late", "supplier_nonsense",
    "address_change", "auth_timeout_before", "auth_timeout_after", "auth_http_500_before", "auth_http_500_after",
    "page_lost", "empty_list", "stuck_page", "total_shift",
)  # fmt: skip
_SOME = {
    "timeout_before": 0.004, "timeout_after": 0.006, "http_429": 0.01, "http_500_before": 0.006,
    "http_500_after": 0.004, "slow": 0.02, "cut_answer": 0.004, "webhook_duplicate": 0.05,
    "webhook_out_of_order": 0.03, "webhook_lost": 0.03, "webhook_late": 0.02, "late_tracking": 0.02,
    "wrong_carrier": 0.02, "bad_tracking": 0.02, "out_of_stock": 0.02, "price_change": 0.02,
    "masked_address": 0.01, "cancel_late": 0.02, "supplier_nonsense": 0.004, "address_change": 0.02,
}  # fmt: skip
_HARSH = {
    "timeout_before": 0.03, "timeout_after": 0.03, "http_429": 0.05, "http_500_before": 0.03,
    "http_500_after": 0.03, "slow": 0.06, "cut_answer": 0.02, "webhook_duplicate": 0.2,
    "webhook_out_of_order": 0.1, "webhook_lost": 0.15, "webhook_late": 0.1, "late_tracking": 0.06,
    "wrong_carrier": 0.06, "bad_tracking": 0.06, "out_of_stock": 0.06, "price_change": 0.06,
    "masked_address": 0.04, "cancel_late": 0.06, "supplier_nonsense": 0.02, "address_change": 0.06,
}  # fmt: skip
PRESETS: dict[str, dict[str, float]] = {"none": {}, "some": _SOME, "harsh": _HARSH}
Dial = dict[str, Any]


class Faults:
    """The dials as they stand now.

    A dial is {"probability": p} or {"next": n}; "path" (a part of it) and "method" limit it to some calls.
    """

    def __init__(self, seed: str) -> None:
        self._lock = threading.Lock()
        self._rng = random.Random(seed)
        self.dials: dict[str, Dial] = {}
        self.hidden: dict[str, float] = {}  # order id -> shop time until which no answer shows it

    def turn(self, wanted: str | dict[str, Any]) -> None:
        """Set dials: a preset's name replaces all, a mapping changes those named. Raises ValueError naming the dial."""
        if isinstance(wanted, str):
            if wanted not in PRESETS:
                raise ValueError(
                    f"faults is {wanted!r}; use one of {', '.join(PRESETS)} or a mapping of dials"
                )
            fresh = {name: {"probability": chance} for name, chance in PRESETS[wanted].items()}
            with self._lock:
                self.dials = fresh
            return
        read = {name: _read_dial(name, value) for name, value in wanted.items()}
        with self._lock:
            self.dials.update(read)

    def fires(self, name: str, *, path: str = "", method: str = "") -> bool:
        """Throw the dice of one dial; a counted dial fires and counts down."""
        with self._lock:
            dial = self.dials.get(name)
            if dial is None:
                return False
            if dial.get("path", "") not in path or dial.get("method", method) != method:
                return False
            if "next" in dial:
                if dial["next"] <= 0:
                    return False
                dial["next"] -= 1
                return True
            return self._rng.random() < float(dial["probability"])

    def seconds(self, low: float, high: float) -> float:
        """A random length of time."""
        with self._lock:
            return self._rng.uniform(low, high)


def _read_dial(name: str, value: Any) -> Dial:
    if name not in DIALS:
        raise ValueError(f"there is no dial {name!r}; known: {', '.join(DIALS)}")
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1:
        return {"probability": float(value)}
    if isinstance(value, dict):
        counted = value.get("next")
        chance = value.get("probability")
        if isinstance(counted, int) or isinstance(chance, int | float):
            return dict(value)
    raise ValueError(f'dial {name!r} is {value!r}; give a probability from 0 to 1 or {{"next": n}}')
