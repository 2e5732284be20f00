"""HTTP to a supplier that follows our REST contract: raw dicts out, one of the four outside errors otherwise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import quote, urlencode, urlsplit

from agency.domain.errors import (
    CredentialsRejected,
    OutcomeUnknown,
    OutsideError,
    RefusalReason,
    Refused,
    Unavailable,
)
from agency.integrations.http import Ask, RawAnswer, shared_reads
from agency.integrations.one_shot import OneShot, PreparedWrite, WriteRequest
from agency.integrations.outbound import Guard
from agency.integrations.suppliers.port import SupplierConnection
from agency.integrations.wire import compact_json

T = TypeVar("T")

PATHS = {
    "orders": "/orders",
    "order": "/orders/{id}",
    "cancel": "/orders/{id}/cancel",
    "item": "/items/{sku}",
}
REFUSALS: dict[str, str] = {
    "out_of_stock": RefusalReason.OUT_OF_STOCK,
    "sku_unknown": RefusalReason.SKU_GONE,
    "price_changed": RefusalReason.PRICE_CHANGED,
    "balance_low": RefusalReason.BALANCE_LOW,
    "address_invalid": RefusalReason.ADDRESS_INVALID,
    "shipping_unavailable": RefusalReason.NO_SHIPPING,
    "reference_conflict": RefusalReason.REFERENCE_CONFLICT,
    "account_blocked": RefusalReason.ACCOUNT_BLOCKED,
    "too_late": RefusalReason.TOO_LATE,
    "order_unknown": RefusalReason.ORDER_GONE,
}


class RestClient:
    """One account; `paths` in the connection's settings replace the usual ones."""

    def __init__(self, connection: SupplierConnection) -> None:
        self._base = connection.base_url.rstrip("/")
        self._paths = {**PATHS, **dict(connection.settings.get("paths") or {})}
        self._key = connection.credentials.get("api_key", "")
        self._timeout, self._pace = connection.timeout, connection.pace
        self._guard = Guard(connection.allowance)
        self._reads = shared_reads(connection.timeout, self._guard)

    def read(self, name: str, parts: Mapping[str, str], query: Mapping[str, str] | None = None) -> Any:
        """The JSON of a read; raises Unavailable, Refused or CredentialsRejected."""
        label = f"rest supplier {name}"
        url = self._url(name, parts, query)
        answer = self._reads.ask(Ask("GET", url, label, self._headers(), before=self._pace))
        if answer.status == 200:
            try:
                return answer.json()
            except ValueError:
                raise Unavailable(f"{label}: the answer is not JSON") from None
        raise error_for(answer, label)

    def prepare(
        self,
        name: str,
        parts: Mapping[str, str],
        body: Mapping[str, Any],
        reference: str,
        read: Callable[[Any], T],
    ) -> PreparedWrite[T]:
        """Opens the connection for one POST under an idempotency key; raises Unavailable when it cannot."""
        label = f"rest supplier {name}"
        raw = compact_json(body)
        url = urlsplit(self._url(name, parts))
        headers = {**self._headers(), "Idempotency-Key": reference, "Content-Type": "application/json"}

        def read_answer(answer: RawAnswer) -> T:
            if answer.status in (200, 201):
                return read(answer.json())
            raise error_for(answer, label, reference)

        self._pace()
        shot = OneShot.open(self._base, self._timeout, label, self._guard)
        return PreparedWrite(
            shot, reference, lambda: WriteRequest("POST", url.path, headers, raw), read_answer
        )

    def _url(self, name: str, parts: Mapping[str, str], query: Mapping[str, str] | None = None) -> str:
        filled = self._paths[name].format(**{key: quote(value, safe="") for key, value in parts.items()})
        return f"{self._base}{filled}" + (f"?{urlencode(query)}" if query else "")

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._key}", "Accept": "application/json"}


def error_for(answer: RawAnswer, label: str, reference: str | None = None) -> OutsideError:
    """The outside error of an answer that is not a success; `reference` marks a write.

    A refusal is one that carries an error code of the contract under a 4xx status; whatever else comes to a
    write may hide an order.
    """
    if answer.status == 429:
        return Unavailable(f"{label}: too many requests", retry_after=answer.retry_after)
    if answer.status in (401, 403):
        return CredentialsRejected(f"{label}: the key was refused; enter a new one for this supplier")
    code, message = _error_in(answer)
    if 400 <= answer.status < 500 and code:
        return Refused(REFUSALS.get(code, RefusalReason.OTHER), message or code, code)
    detail = f"{label}: HTTP {answer.status}" + ("" if code else " without a code of the contract")
    if reference is not None:
        return OutcomeUnknown(reference, detail)
    return Unavailable(detail, retry_after=answer.retry_after)


def _error_in(answer: RawAnswer) -> tuple[str, str]:
    try:
        body = answer.json()
    except ValueError:
        return "", ""
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return "", ""
    return str(error.get("code") or ""), " ".join(str(error.get("message") or "").split())[:200]
