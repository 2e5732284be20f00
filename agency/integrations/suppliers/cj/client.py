"""HTTP to CJ: the token, reads and writes; raw `data` out, one of the four outside errors otherwise.

CJ allows one login per 5 minutes and account, so the token is kept for the process and may be handed in from
outside.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

from agency.domain.errors import CredentialsRejected, Unavailable
from agency.integrations.http import Ask, RawAnswer, shared_reads
from agency.integrations.one_shot import OneShot, PreparedWrite, WriteRequest
from agency.integrations.outbound import Guard
from agency.integrations.suppliers.cj.codes import data_of
from agency.integrations.suppliers.port import SupplierConnection
from agency.integrations.wire import compact_json, text

T = TypeVar("T")

LOGIN = "/authentication/getAccessToken"
_LOGIN_PAUSE = 300.0


@dataclass(frozen=True)
class CjToken:
    """What a login gives. `open_id` is also the key of CJ's webhooks: a secret."""

    access_token: str = field(repr=False)
    open_id: str = field(repr=False)
    expires_at: datetime | None = None

    @property
    def usable(self) -> bool:
        """False once its end has passed; CJ's documents disagree on the length, so only the given date
        counts.
        """
        return bool(self.access_token) and (self.expires_at is None or datetime.now(UTC) < self.expires_at)


@dataclass
class _Account:
    """One account's token in this process, and the lock that keeps two threads from logging in at once."""

    token: CjToken | None = field(default=None, repr=False)
    lock: threading.Lock = field(default_factory=threading.Lock)


_accounts: dict[tuple[str, str], _Account] = {}


class CjClient:
    """One CJ account. Credentials: `api_key`, or a live `access_token` (with `open_id`), or both."""

    def __init__(self, connection: SupplierConnection) -> None:
        self._base = connection.base_url.rstrip("/")
        self._timeout, self._pace = connection.timeout, connection.pace
        self._guard = Guard(connection.allowance)
        self._reads = shared_reads(connection.timeout, self._guard)
        self._api_key = connection.credentials.get("api_key", "")
        given = connection.credentials.get("access_token", "")
        self._account = _accounts.setdefault((self._base, self._api_key or given), _Account())
        if given and self._account.token is None:
            ends = connection.credentials.get("access_expires_at", "")
            open_id = connection.credentials.get("open_id", "")
            self._account.token = CjToken(given, open_id, _moment(ends))

    def token(self) -> CjToken:
        """The token in use, after a login when there is none. Raises CredentialsRejected or Unavailable."""
        with self._account.lock:
            token = self._account.token
            if token is None or not token.usable:
                token = self._account.token = self._login()
            return token

    def session(self) -> dict[str, str]:
        """The login in use as credentials to be kept sealed, so that the next process need not log in; may be empty."""
        token = self._account.token
        if token is None or not token.usable:
            return {}
        ends = token.expires_at.isoformat() if token.expires_at else ""
        return {"access_token": token.access_token, "open_id": token.open_id, "access_expires_at": ends}

    def forget(self, token: CjToken) -> None:
        """Drops a token that CJ refused, unless another thread has replaced it already."""
        with self._account.lock:
            if self._account.token is token and self._api_key:
                self._account.token = None

    def read(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        """The `data` of a GET."""
        return self._ask("GET", path + (f"?{urlencode(query)}" if query else ""), None)

    def step(self, path: str, body: Mapping[str, Any]) -> Any:
        """The `data` of a POST that may safely be repeated (freight, cart, parent order)."""
        return self._ask("POST", path, body)

    def prepare(
        self, verb: str, path: str, body: Mapping[str, Any] | None, reference: str, read: Callable[[Any], T]
    ) -> PreparedWrite[T]:
        """Logs in when needed and opens the connection for one write; raises Unavailable,
        CredentialsRejected.
        """
        label, token = _label(path), self.token()
        target = urlsplit(self._base).path + path
        raw = b"" if body is None else compact_json(body)

        def read_answer(answer: RawAnswer) -> T:
            try:
                return read(data_of(answer, label, reference))
            except CredentialsRejected:
                self.forget(token)
                raise

        self._pace()
        shot = OneShot.open(self._base, self._timeout, label, self._guard)
        headers = _headers(token)
        return PreparedWrite(shot, reference, lambda: WriteRequest(verb, target, headers, raw), read_answer)

    def _ask(self, verb: str, path: str, body: Mapping[str, Any] | None) -> Any:
        token = self.token()
        try:
            return self._once(verb, path, body, token)
        except CredentialsRejected:
            if not self._api_key:
                raise
        self.forget(token)
        return self._once(verb, path, body, self.token())

    def _once(self, verb: str, path: str, body: Mapping[str, Any] | None, token: CjToken) -> Any:
        raw = None if body is None else compact_json(body)
        ask = Ask(verb, self._base + path, _label(path), _headers(token), raw, before=self._pace)
        return data_of(self._reads.ask(ask), ask.label)

    def _login(self) -> CjToken:
        if not self._api_key:
            raise CredentialsRejected(
                "cj: the access token ran out and no API key is stored; enter the API key"
            )
        headers = {"Content-Type": "application/json"}
        body = compact_json({"apiKey": self._api_key})
        ask = Ask("POST", self._base + LOGIN, _label(LOGIN), headers, body, False, self._pace)
        try:
            data = data_of(self._reads.ask(ask), ask.label)
        except CredentialsRejected as rejected:
            raise CredentialsRejected(rejected.detail) from None
        except Unavailable as away:
            if away.retry_after is None:
                raise
            raise Unavailable(away.detail, max(away.retry_after, _LOGIN_PAUSE)) from None
        if not isinstance(data, dict) or not text(data, "accessToken"):
            raise Unavailable("cj getAccessToken: the answer holds no token", _LOGIN_PAUSE)
        return CjToken(
            text(data, "accessToken"), text(data, "openId"), _moment(data.get("accessTokenExpiryDate"))
        )


def _headers(token: CjToken) -> dict[str, str]:
    return {"CJ-Access-Token": token.access_token, "Content-Type": "application/json"}


def _label(path: str) -> str:
    return "cj " + path.split("?", 1)[0].rsplit("/", 1)[-1]


def _moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment if moment.tzinfo else None
