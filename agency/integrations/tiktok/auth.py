"""A seller's authorisation: the link, the exchange of its code, the refresh, and the shops behind it.

Source: Partner Center, authorization overview 202407 and authorization guide 202309 (copies of 2025-12-03).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from agency.domain.authorizations import AuthorizedShop, TokenPair
from agency.domain.errors import CredentialsRejected, Refused, Unavailable
from agency.integrations.http import Ask, ReadClient, shared_reads
from agency.integrations.outbound import Guard
from agency.integrations.tiktok import versions
from agency.integrations.tiktok.client import Call, Credentials, TikTokClient
from agency.integrations.tiktok.errors import data_of
from agency.integrations.tiktok.signing import encode_query
from agency.integrations.wire import from_unix, rows, text

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class TikTokAuth:
    """Speaks for the app, before and between authorisations.

    `auth_url` serves the token calls. `page_url` is the whole address of the page a seller is sent to; its
    host differs by market (Partner Center shows the right one), and without it the page is looked for beside
    the token calls.
    """

    def __init__(
        self,
        api_url: str,
        auth_url: str,
        app_key: str,
        app_secret: str,
        timeout: float = 10.0,
        page_url: str = "",
        client: ReadClient | None = None,
    ) -> None:
        self._api_url = api_url
        self._auth_url = auth_url.rstrip("/")
        self._page_url = page_url or f"{self._auth_url}/open/authorize"
        self._app_key = app_key
        self._app_secret = app_secret
        self._timeout = timeout
        self._reads = client or shared_reads(timeout, Guard.to([api_url, auth_url]))

    def authorize_url(self, service_id: str, state: str) -> str:
        """The page on which a seller gives consent; `state` comes back only when the link carried it."""
        query = encode_query({"service_id": service_id, "state": state})
        return f"{self._page_url}?{query}"

    def exchange(self, code: str) -> TokenPair:
        """The tokens for a code, which works once and for 30 minutes. Raises CredentialsRejected or
        Unavailable.
        """
        return self._tokens("get", {"auth_code": code, "grant_type": "authorized_code"})

    def refresh(self, refresh_token: str) -> TokenPair:
        """A new pair; store both at once, the old refresh token may be dead. Call it under a lock, one per
        seller.

        Raises CredentialsRejected (ask the seller to authorise again) or Unavailable (try again with the same
        token).
        """
        return self._tokens("refresh", {"refresh_token": refresh_token, "grant_type": "refresh_token"})

    def shops(self, access_token: str) -> list[AuthorizedShop]:
        """The shops that an authorisation opens. Raises Unavailable, Refused or CredentialsRejected."""
        who = Credentials(self._app_key, self._app_secret, access_token)
        client = TikTokClient(self._api_url, who, self._timeout, self._reads)
        data = client.read(Call(versions.AUTHORIZED_SHOPS))
        return [to_shop(row) for row in rows(data, "shops")]

    def _tokens(self, verb: str, grant: Mapping[str, str]) -> TokenPair:
        query = encode_query({"app_key": self._app_key, "app_secret": self._app_secret, **grant})
        # The secret travels in the address: never repeated by itself, never logged, never followed elsewhere.
        label = f"tiktok token {verb}"
        ask = Ask("GET", f"{self._auth_url}/api/v2/token/{verb}?{query}", label, repeatable=False)
        try:
            data = data_of(self._reads.ask(ask), label)
        except Refused as refused:
            raise CredentialsRejected(
                f"{label}: refused ({refused.code}); the seller must authorise again"
            ) from None
        except CredentialsRejected as rejected:
            raise CredentialsRejected(rejected.detail) from None
        return to_token_pair(data)


def to_token_pair(data: Mapping[str, Any]) -> TokenPair:
    """Both `*_expire_in` are absolute Unix seconds, whatever their name says. Raises Unavailable without
    tokens.
    """
    pair = TokenPair(
        access_token=text(data, "access_token"),
        access_expires_at=from_unix(data.get("access_token_expire_in")) or _LONG_AGO,
        refresh_token=text(data, "refresh_token"),
        refresh_expires_at=from_unix(data.get("refresh_token_expire_in")) or _LONG_AGO,
        open_id=text(data, "open_id"),
        seller_name=text(data, "seller_name"),
        region=text(data, "seller_base_region"),
        scopes=tuple(str(scope) for scope in data.get("granted_scopes") or ()),
    )
    if not pair.access_token or not pair.refresh_token:
        raise Unavailable("tiktok token: the answer holds no tokens")
    return pair


def to_shop(row: Mapping[str, Any]) -> AuthorizedShop:
    """One row of the authorised shops."""
    return AuthorizedShop(
        shop_id=text(row, "id"),
        name=text(row, "name"),
        region=text(row, "region"),
        seller_type=text(row, "seller_type"),
        cipher=text(row, "cipher"),
        code=text(row, "code"),
    )
