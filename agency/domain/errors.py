"""Our own refusals, and the only four ways in which the outside world may fail."""

from __future__ import annotations

from agency.domain.said import said


class ShopfleetError(Exception):
    """Base of every error that a person may read; `status` is the HTTP status it becomes at a door.

    `field` is what was wrong in the input. `remedy` tells a door which page helps: confirm (prove once more who one
    is), enrol (add a second factor) or code (send the second factor too); empty for all others.
    """

    status = 500
    field = ""
    remedy = ""


class NotFound(ShopfleetError):
    """The thing does not exist *for this scope*; a foreign id and an unknown id read the same."""

    status = 404

    def __init__(self, what: str) -> None:
        super().__init__(said("{what} not found.", what=what))
        self.what = what


class Forbidden(ShopfleetError):
    """The caller is known but may not do this."""

    status = 403


class ConfirmRequired(Forbidden):
    """The caller may do this, after proving once more who they are."""

    remedy = "confirm"

    def __init__(self) -> None:
        super().__init__(said("Confirm that it is you first, then do this again. Nothing was changed."))


class WrongProof(Forbidden):
    """The proof that was asked for is not right; `field` is the one that was looked at."""

    remedy = "confirm"

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


class SecondFactorRequired(Forbidden):
    """The agency asks for a second factor and the caller has none yet."""

    remedy = "enrol"

    def __init__(self) -> None:
        super().__init__(
            said("Your agency asks for a second factor. Add one to your account first, then go on.")
        )


class SignInRequired(ShopfleetError):
    """No valid session."""

    status = 401

    def __init__(self, sentence: str = said("Sign in to go on.")) -> None:
        super().__init__(sentence)


class CodeRequired(SignInRequired):
    """The password was right; the second factor is missing, or was not right."""

    field = "code"
    remedy = "code"


class Conflict(ShopfleetError):
    """The state does not allow this now; the message says which state and what would."""

    status = 409


class Invalid(ShopfleetError):
    """Bad input: names the field and the remedy."""

    status = 422

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


class TooMany(ShopfleetError):
    """A limit is used up; `retry_after` is in whole seconds. Says the same whoever asks and whatever exists."""

    status = 429

    def __init__(self, retry_after: int) -> None:
        minutes = -(-retry_after // 60)
        wait = said("a minute") if minutes == 1 else said("{minutes} minutes", minutes=minutes)
        super().__init__(said("Too many tries. Nothing was changed; try again in {wait}.", wait=wait))
        self.retry_after = retry_after


class CannotCheck(ShopfleetError):
    """What must be counted before it is allowed cannot be counted now."""

    status = 503
    retry_after = 60

    def __init__(self) -> None:
        super().__init__(said("We cannot check this right now. Try again in a minute."))


class OutsideError(Exception):
    """Base of the four failures of the outside; no other exception leaves an adapter."""


class Unavailable(OutsideError):
    """Nothing happened there; ask again later. `retry_after` is in real seconds, None = our own back-off."""

    def __init__(self, detail: str, retry_after: float | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.retry_after = retry_after


class Refused(OutsideError):
    """A clear, final no: nothing was created. `reason` is one of `RefusalReason`, `code` the vendor's own."""

    def __init__(self, reason: str, detail: str, code: str = "") -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.code = code


class OutcomeUnknown(OutsideError):
    """The request went out and no readable answer came back: it may or may not have happened."""

    def __init__(self, reference: str, detail: str) -> None:
        super().__init__(f"{reference}: {detail}")
        self.reference = reference
        self.detail = detail


class CredentialsRejected(OutsideError):
    """The key or token is dead or lacks a scope: stop feeding this connection and ask for a new one.

    `expired` is True when only the short-lived token ran out, so that a refresh may mend it.
    """

    def __init__(self, detail: str, *, expired: bool = False) -> None:
        super().__init__(detail)
        self.detail = detail
        self.expired = expired


class RefusalReason:
    """Why the outside said no; the same words for TikTok, suppliers and 3PLs."""

    OUT_OF_STOCK = "out_of_stock"
    SKU_GONE = "sku_gone"
    PRICE_CHANGED = "price_changed"
    BALANCE_LOW = "balance_low"
    PAY_FAILED = "pay_failed"
    ADDRESS_INVALID = "address_invalid"
    NO_SHIPPING = "no_shipping"
    ACCOUNT_BLOCKED = "account_blocked"
    REFERENCE_CONFLICT = "reference_conflict"
    NEEDS_ATTENTION = "needs_attention"
    TOO_LATE = "too_late"
    ON_HOLD = "on_hold"
    ORDER_GONE = "order_gone"
    ALREADY_DONE = "already_done"
    TRACKING_INVALID = "tracking_invalid"
    TRACKING_USED = "tracking_used"
    CORRECTION_CLOSED = "correction_closed"
    WRONG_KIND = "wrong_kind"
    OTHER = "other"
