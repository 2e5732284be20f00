"""A seller's consent, from the link to the shops, and the end of tokens."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from agency.domain.errors import CredentialsRejected, Unavailable
from agency.integrations.http import shared_reads
from agency.integrations.tiktok.auth import TikTokAuth, to_token_pair
from tests.integrations.local import LOCAL
from tests.integrations.outside import APP_SECRET, GB_SHOP, US_SHOP, Outside
from tests.integrations.raw_server import RawServer, Script, reply, reset, say

Peer = Callable[[Script], RawServer]


def consent(outside: Outside) -> str:
    page = httpx.get(outside.auth.authorize_url("fake-service", "s"), follow_redirects=False, timeout=5)
    return parse_qs(urlsplit(page.headers["location"]).query)["code"][0]


def test_the_link_carries_service_and_state(calm: Outside) -> None:
    link = urlsplit(TikTokAuth("http://a", "http://b", "k", "s").authorize_url("id 1", "s+/="))

    assert (link.netloc, link.path) == ("b", "/open/authorize")
    assert parse_qs(link.query) == {"service_id": ["id 1"], "state": ["s+/="]}


def test_the_page_may_be_at_an_address_of_its_own() -> None:
    auth = TikTokAuth(
        "http://a", "http://b", "k", "s", page_url="https://services.example.test/open/authorize"
    )

    assert auth.authorize_url("1", "2").startswith(
        "https://services.example.test/open/authorize?service_id=1&"
    )


def test_a_code_gives_tokens_with_absolute_ends_and_the_shops_behind_them(calm: Outside) -> None:
    pair = calm.auth.exchange(consent(calm))

    assert pair.access_expires_at > datetime.now(UTC) + timedelta(days=6)
    assert pair.refresh_expires_at > pair.access_expires_at
    assert pair.open_id
    assert "seller.order.info" in pair.scopes
    shops = {shop.shop_id: shop for shop in calm.auth.shops(pair.access_token)}
    assert set(shops) == {US_SHOP, GB_SHOP}
    assert shops[GB_SHOP].region == "GB"
    assert shops[US_SHOP].cipher != shops[GB_SHOP].cipher


def test_a_code_works_once(calm: Outside) -> None:
    code = consent(calm)
    calm.auth.exchange(code)

    with pytest.raises(CredentialsRejected) as caught:
        calm.auth.exchange(code)

    assert not caught.value.expired


def test_a_refresh_gives_a_new_pair_that_works(calm: Outside) -> None:
    old = calm.auth.exchange(consent(calm))

    new = calm.auth.refresh(old.refresh_token)

    assert new.access_token != old.access_token
    assert new.refresh_token != old.refresh_token
    assert calm.auth.shops(new.access_token)


def test_a_dead_refresh_token_asks_for_a_new_authorisation(calm: Outside) -> None:
    with pytest.raises(CredentialsRejected) as caught:
        calm.auth.refresh("fake-dead-refresh-token")

    assert not caught.value.expired
    assert "fake-dead-refresh-token" not in str(caught.value)


def test_an_exchange_is_asked_once_and_shows_no_secret(peer: Peer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    server = peer(reset)
    auth = TikTokAuth(server.url, server.url, "fake-key", APP_SECRET, 1.0, client=shared_reads(1.0, LOCAL))

    with pytest.raises(Unavailable) as caught:
        auth.exchange("fake-one-time-code")

    assert len(server.requests) == 1
    shown = f"{caught.value!r} {caplog.text}"
    assert APP_SECRET not in shown
    assert "fake-one-time-code" not in shown


def test_a_success_without_tokens_is_unavailable(peer: Peer) -> None:
    server = peer(say(reply("200 OK", b'{"code":0,"data":{"access_token":""}}')))

    with pytest.raises(Unavailable):
        TikTokAuth(
            server.url, server.url, "fake-key", "fake-secret", 1.0, client=shared_reads(1.0, LOCAL)
        ).exchange("c")


def test_a_pair_does_not_print_its_tokens() -> None:
    ends = {"access_token_expire_in": 1795771800, "refresh_token_expire_in": 4_900_000_000}
    pair = to_token_pair({"access_token": "fake-at", "refresh_token": "fake-rt", **ends})

    assert "fake-at" not in repr(pair)
    assert "fake-rt" not in repr(pair)
    assert pair.access_expires_at == datetime(2026, 11, 27, 9, 30, tzinfo=UTC)
