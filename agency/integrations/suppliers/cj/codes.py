"""CJ's codes and the outside errors they become; the one table.

Source: developers.cjdropshipping.com, standard/ps-code, and what client projects report (1603003, 1604001),
both as of 2026-11-22. CJ says that its message texts change, so only the code decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agency.domain.errors import (
    CredentialsRejected,
    OutcomeUnknown,
    OutsideError,
    RefusalReason,
    Refused,
    Unavailable,
)
from agency.integrations.http import RawAnswer

OK = 200
NOT_FOUND_HERE = ("1600300", "1603100")  # "illegal parameter" means "not found" in getOrderDetail only
CONFIRM_FAILED = "1603001"

CREDENTIALS = frozenset({1600001, 1600002, 1600003, 1600004, 1600005, 1600006, 1600008, 1600030, 1600031})
REFUSALS: dict[int, str] = {
    1602000: RefusalReason.SKU_GONE,
    1602001: RefusalReason.SKU_GONE,
    1603100: RefusalReason.ORDER_GONE,
    1603101: RefusalReason.PAY_FAILED,
    1604000: RefusalReason.BALANCE_LOW,
    1604001: RefusalReason.BALANCE_LOW,
    1605000: RefusalReason.NO_SHIPPING,
    1600101: RefusalReason.OTHER,
    1600300: RefusalReason.OTHER,
}
_TOO_FAST = 1600200
_QUOTA_USED = 1600201
_POINTS_USED = 429
# Two causes of "too many": the rate per second passes at once, the daily points refill minute by minute.
_WAITS = {_TOO_FAST: 2.0, _QUOTA_USED: 3600.0, _POINTS_USED: 120.0}


def data_of(answer: RawAnswer, label: str, reference: str | None = None) -> Any:
    """The `data` of a successful answer; `reference` marks a write, for which everything unclear is
    OutcomeUnknown.

    "Create failed" (1603000), "duplicate number" (1603003, client reports only) and every code that is not in
    our table are unclear: the order may exist, so it must be looked up by our reference before anything is
    sent again.
    """
    envelope = _envelope(answer)
    code = int(envelope["code"]) if envelope else 0
    if code in _WAITS or answer.status == 429:
        wait = answer.retry_after or _WAITS.get(code, _WAITS[_TOO_FAST])
        raise Unavailable(f"{label}: too many requests or quota used (CJ {code})", retry_after=wait)
    if envelope is None:
        raise _unclear(label, f"HTTP {answer.status} without CJ's envelope", reference)
    if code != OK or envelope.get("result") is False:
        raise error_for(code, envelope, label, reference)
    return envelope.get("data")


def _envelope(answer: RawAnswer) -> dict[str, Any] | None:
    try:
        found = answer.json()
        if isinstance(found, dict) and isinstance(found["code"], int | str):
            int(found["code"])
            return found
    except (ValueError, KeyError):
        pass
    return None


def error_for(code: int, envelope: Mapping[str, Any], label: str, reference: str | None) -> OutsideError:
    """The outside error of a code that is not 200."""
    detail = f"{label}: CJ {code} (request {str(envelope.get('requestId') or '')[:60]})"
    if code in CREDENTIALS:
        return CredentialsRejected(f"{detail}: the key or token was refused", expired=True)
    if code in REFUSALS:
        message = " ".join(str(envelope.get("message") or "").split())[:200]
        return Refused(REFUSALS[code], f"{detail}: {message}", str(code))
    if reference is None and code == int(CONFIRM_FAILED):
        return Refused(
            RefusalReason.NEEDS_ATTENTION, f"{detail}: CJ could not confirm the order", CONFIRM_FAILED
        )
    return _unclear(label, f"CJ {code}", reference)


def _unclear(label: str, detail: str, reference: str | None) -> OutsideError:
    if reference is None:
        return Unavailable(f"{label}: {detail}")
    return OutcomeUnknown(reference, f"{label}: {detail}")
