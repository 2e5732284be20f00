"""TikTok's answers turned into data or into one of the four outside errors; the one table of its codes.

Sources: Partner Center, common errors and the error lists of the fulfilment calls (copy of 2025-12-03),
changelog to 2026-08. The HTTP status is an observation and not a contract: the code in the body decides
first.
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

_REASON_CODES: dict[str, tuple[int, ...]] = {
    RefusalReason.ALREADY_DONE: (21011020, 21011006, 21011040, 21042056, 21008099, 11006021),
    RefusalReason.TRACKING_INVALID: (21011022, 11028006, 21004012, 21004015, 21004016, 21022032),
    RefusalReason.TRACKING_USED: (21011025, 21034012, 21011026),
    # 10007002 only says "status", and like the hold it passes by waiting.
    RefusalReason.ON_HOLD: (21011044, 10007002),
    RefusalReason.ORDER_GONE: (21011041, 21011042, 25001010, 21011027),
    # An after-sale request is open, or the lines of a split or combined order must be named otherwise.
    RefusalReason.NEEDS_ATTENTION: (21011007, 21008044, 21011046, 21011048, 21011033, 21011036),
    RefusalReason.CORRECTION_CLOSED: (21011049, 21011050, 21011051, 21011052, 21011030, 21011043),
    RefusalReason.WRONG_KIND: (
        21011004, 21008025, 21008106, 21008117, 21011028, 21008111, 10006402, 25001021,
    ),
    RefusalReason.TOO_LATE: (21042057,),
}  # fmt: skip
REFUSALS: dict[int, str] = {code: reason for reason, codes in _REASON_CODES.items() for code in codes}

# "Internal error", "timeout" and their like: on a write nobody knows whether it happened, so read before
# repeating.
UNSURE = frozenset({
    36009003, 36009007, 11001027, 11001031, 11006005, 11006026, 21001003, 21001008, 21001011, 21001043, 21001055,
    21008300, 21022029, 21022030,
})  # fmt: skip

TOKEN_EXPIRED = 105002
CREDENTIALS: dict[int, str] = {
    TOKEN_EXPIRED: "the access token expired",
    105005: "the app or the token lacks a scope; the seller must authorise again",
    101000: "the token or the shop cipher does not fit this call",
    106001: "the signature was refused; check the app key and the app secret",
    106013: "the shop cipher is missing; connect the shop again",
    36009033: "our address is not on the app's allow list",
    36009043: "the shop is inactive",
    36009044: "the seller is inactive",
}
RATE_LIMITED = frozenset({36009002, 36009037})
_SANDBOX_LIMIT = 36009037
_SANDBOX_WAIT = 600.0
ONE_FOR_MANY = 36009004
_TOO_MANY = 429
_SERVER_FAULT = 500


def data_of(answer: RawAnswer, label: str, reference: str | None = None) -> dict[str, Any]:
    """The `data` object of a successful answer.

    `reference` marks a write: then everything unclear is OutcomeUnknown. Raises one of the four outside
    errors.
    """
    envelope = _envelope(answer)
    if answer.status == _TOO_MANY:
        raise _slow_down(answer, envelope or {}, label)
    if envelope is None:
        raise _unclear(label, f"HTTP {answer.status} without TikTok's envelope", reference)
    code = int(envelope["code"])
    if code != 0:
        raise error_for(code, envelope, answer, label, reference)
    data = envelope.get("data")
    data = data if isinstance(data, dict) else {}
    if reference is not None:
        _raise_hidden_error(data, answer, label, reference)
    return data


def _envelope(answer: RawAnswer) -> dict[str, Any] | None:
    try:
        found = answer.json()
        if isinstance(found, dict) and isinstance(found["code"], int | str):
            int(found["code"])
            return found
    except (ValueError, KeyError):
        pass
    return None


def _raise_hidden_error(data: Mapping[str, Any], answer: RawAnswer, label: str, reference: str) -> None:
    """A write can answer 0 and carry the refusal in `data.errors`."""
    errors = data.get("errors")
    if isinstance(errors, list) and errors and isinstance(errors[0], dict):
        first = errors[0]
        raise error_for(int(first.get("code") or 0), first, answer, label, reference)


def _unclear(label: str, detail: str, reference: str | None) -> OutsideError:
    if reference is None:
        return Unavailable(f"{label}: {detail}")
    return OutcomeUnknown(reference, f"{label}: {detail}")


def _slow_down(answer: RawAnswer, envelope: Mapping[str, Any], label: str) -> Unavailable:
    wait = answer.retry_after
    if wait is None and str(envelope.get("code")) == str(_SANDBOX_LIMIT):
        wait = _SANDBOX_WAIT
    return Unavailable(f"{label}: too many requests", retry_after=wait)


def error_for(
    code: int, envelope: Mapping[str, Any], answer: RawAnswer, label: str, reference: str | None
) -> OutsideError:
    """The outside error of a code that is not 0."""
    detail = f"{label}: TikTok {code} (request {_shown(envelope.get('request_id'))})"
    if code in RATE_LIMITED:
        return _slow_down(answer, envelope, label)
    if code in CREDENTIALS:
        return CredentialsRejected(f"{detail}: {CREDENTIALS[code]}", expired=code == TOKEN_EXPIRED)
    if code in REFUSALS:
        return Refused(REFUSALS[code], f"{detail}: {_shown(envelope.get('message'))}", str(code))
    if code == ONE_FOR_MANY:
        return _by_words(str(envelope.get("message") or ""), detail)
    if code in UNSURE or answer.status >= _SERVER_FAULT:
        return _unclear(label, f"TikTok {code} with HTTP {answer.status}", reference)
    return Refused(RefusalReason.OTHER, f"{detail}: {_shown(envelope.get('message'))}", str(code))


def _by_words(message: str, detail: str) -> OutsideError:
    """36009004 covers many causes; the gateway refuses before anything is done, so never an unknown outcome."""
    words = message.lower()
    if "timestamp" in words:
        return Unavailable(f"{detail}: the timestamp was refused; set the clock of this machine")
    if "token" in words and "page_token" not in words:
        # Another worker may have refreshed it meanwhile, so reading the stored pair again may mend this.
        return CredentialsRejected(f"{detail}: the access token was refused", expired=True)
    if "sign" in words or "app_key" in words or "app key" in words:
        return CredentialsRejected(f"{detail}: the app key or the signature was refused")
    if "shop_id" in words or "cipher" in words or "identifier" in words:
        return Refused(RefusalReason.WRONG_KIND, f"{detail}: {_shown(message)}", str(ONE_FOR_MANY))
    return Refused(RefusalReason.OTHER, f"{detail}: {_shown(message)}", str(ONE_FOR_MANY))


def _shown(value: Any) -> str:
    """A vendor's text, short enough for a row that people read."""
    return " ".join(str(value or "").split())[:200]
