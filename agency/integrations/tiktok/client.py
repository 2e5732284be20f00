"""Signed calls to TikTok's Open API: raw dicts out, one of the four outside errors otherwise."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urlsplit

from agency.domain.errors import Unavailable
from agency.integrations.http import Ask, RawAnswer, ReadClient, shared_reads
from agency.integrations.one_shot import OneShot, PreparedWrite, WriteRequest
from agency.integrations.outbound import Guard
from agency.integrations.tiktok.errors import data_of
from agency.integrations.tiktok.signing import encode_query, sign_request
from agency.integrations.tiktok.versions import Endpoint
from agency.integrations.wire import compact_json, text

T = TypeVar("T")
FamilyPace = Callable[[str], None]  # waits until one more call of that family may be made for the shop

MAX_PAGES = 1000
_JSON = "application/json"


@dataclass(frozen=True)
class Credentials:
    """What signs a call; `cipher` is empty for calls that name no shop."""

    app_key: str
    app_secret: str = field(repr=False)
    access_token: str = field(repr=False)
    cipher: str = field(repr=False, default="")


@dataclass(frozen=True)
class Call:
    """One call: its endpoint, the parts of its path, decoded query values, and its body."""

    endpoint: Endpoint
    parts: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = field(default=None, repr=False)

    @property
    def label(self) -> str:
        """What may be shown of it."""
        return f"tiktok {self.endpoint.name}"

    @property
    def family(self) -> str:
        """What TikTok's limit counts together: area, version and kind of thing (rate limit page of 2025-12)."""
        return "/".join(self.endpoint.path.split("/")[1:4])

    def page(self, token: str) -> Call:
        """The same call for another page; filters and sorting stay, as TikTok asks."""
        return Call(self.endpoint, self.parts, {**self.query, "page_token": token}, self.body)


def no_family_pace(_family: str) -> None:
    """For calls that are too rare to be counted."""


class TikTokClient:
    """Speaks for one authorisation, and for one shop of it when a cipher is given."""

    def __init__(
        self,
        api_url: str,
        credentials: Credentials,
        timeout: float,
        reads: ReadClient | None,
        pace: FamilyPace = no_family_pace,
    ) -> None:
        self.base = api_url.rstrip("/")
        self._who = credentials
        self._timeout, self._pace = timeout, pace
        self._reads = reads or shared_reads(timeout, Guard.to([api_url]))

    def read(self, call: Call) -> dict[str, Any]:
        """The `data` of a read; raises Unavailable, Refused or CredentialsRejected."""
        request = self._signed(call)
        body = request.body if call.body is not None else None
        url = self._origin() + request.target
        pace = partial(self._pace, call.family)
        answer = self._reads.ask(Ask(request.method, url, call.label, request.headers, body, before=pace))
        return data_of(answer, call.label)

    def pages(self, call: Call) -> Iterator[dict[str, Any]]:
        """The `data` of every page, to the empty token; raises Unavailable when a token leads back to itself."""
        seen: set[str] = set()
        token = ""
        while len(seen) < MAX_PAGES:
            data = self.read(call.page(token) if token else call)
            yield data
            token = text(data, "next_page_token")
            if not token:
                return
            if token in seen:
                break
            seen.add(token)
        raise Unavailable(f"{call.label}: the pages do not end")

    def prepare(self, call: Call, reference: str, read: Callable[[dict[str, Any]], T]) -> PreparedWrite[T]:
        """Opens the connection for one write; raises Unavailable when it cannot. Signed at the moment of
        sending.
        """
        self._pace(call.family)
        shot = OneShot.open(self.base, self._timeout, call.label, self._reads.guard)

        def read_answer(answer: RawAnswer) -> T:
            return read(data_of(answer, call.label, reference))

        return PreparedWrite(shot, reference, lambda: self._signed(call), read_answer)

    def _origin(self) -> str:
        parts = urlsplit(self.base)
        return f"{parts.scheme}://{parts.netloc}"

    def _signed(self, call: Call) -> WriteRequest:
        path = call.endpoint.fill(**call.parts)
        # The timestamp is machine time, taken now: TikTok accepts 5 minutes back and 30 seconds ahead.
        query = {**call.query, "app_key": self._who.app_key, "timestamp": str(int(time.time()))}
        if call.endpoint.needs_cipher:
            query["shop_cipher"] = self._who.cipher
        body = b"" if call.body is None else compact_json(call.body)
        query["sign"] = sign_request(self._who.app_secret, path, query, body)
        headers = {"content-type": _JSON, "x-tts-access-token": self._who.access_token}
        # A base address may have a path of its own (a proxy); TikTok never sees it, so it is not signed.
        target = f"{urlsplit(self.base).path}{path}?{encode_query(query)}"
        return WriteRequest(call.endpoint.method, target, headers, body)
