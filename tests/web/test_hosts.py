"""Under which names we answer, and whose word about the caller's address counts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask, request

from agency.config import BadSetting, Settings, load_settings
from agency.web import believe_proxies, trusted_hosts
from tests.desk import open_desk

REAL = Settings(data_dir=Path("unused"), simulator=False, public_url="https://desk.example.test:8443")
FORWARDED = {
    "X-Forwarded-For": "203.0.113.66, 198.51.100.7, 192.0.2.9",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "evil.example.test",
    "X-Forwarded-Prefix": "/evil",
    "Forwarded": "for=203.0.113.66;host=evil.example.test",
}


def test_the_public_name_alone_is_ours_in_a_real_installation() -> None:
    assert trusted_hosts(REAL) == ["desk.example.test"]


def test_a_practice_run_also_answers_on_loopback_and_without_a_name_nothing_else_does() -> None:
    assert trusted_hosts(replace(REAL, simulator=True)) == ["desk.example.test", "127.0.0.1", "localhost"]
    assert trusted_hosts(replace(REAL, public_url="")) == ["127.0.0.1", "localhost"]


def test_a_foreign_host_gets_400_with_the_remedy_and_no_page() -> None:
    with open_desk() as desk:
        for path in ("/login", "/api/v1/orders", "/healthz", "/nothing", "/assets/app.css"):
            for host in (
                "evil.example.test",
                "127.0.0.1.evil.example.test",
                "localhost:80@evil.test",
                "a b",
                "10.0.0.1",
            ):
                answer = desk.app.test_client().get(path, headers={"Host": host})
                assert answer.status_code == 400, (path, host)
                assert "PUBLIC_URL" in answer.text
                assert host not in answer.text
        assert desk.app.test_client().get("/login", headers={"Host": "127.0.0.1:8000"}).status_code == 200


@pytest.mark.parametrize(
    ("proxies", "caller", "scheme"),
    [(0, "127.0.0.1", "http"), (1, "192.0.2.9", "https"), (2, "198.51.100.7", "http")],
)
def test_as_many_proxies_are_believed_as_there_are(proxies: int, caller: str, scheme: str) -> None:
    app = Flask("fake")
    believe_proxies(app, proxies)
    app.add_url_rule(
        "/", "who", lambda: f"{request.remote_addr} {request.scheme} {request.host} {request.script_root}"
    )
    assert app.test_client().get("/", headers=FORWARDED).text == f"{caller} {scheme} localhost "


def test_a_proxys_address_header_does_not_open_a_foreign_host() -> None:
    with open_desk(proxies=1) as desk:
        forged = {"Host": "evil.example.test", "X-Forwarded-Host": "localhost"}
        assert desk.app.test_client().get("/login", headers=forged).status_code == 400


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("OUTBOUND_ALLOW", "wms.internal,https://x", "OUTBOUND_ALLOW"),
        ("OUTBOUND_ALLOW", "10.0.0.1/8", "OUTBOUND_ALLOW"),
        ("PROXIES", "-1", "PROXIES"),
        ("PROXIES", "one", "PROXIES"),
        ("PUBLIC_URL", "desk.example.test", "PUBLIC_URL"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(name: str, value: str, told: str) -> None:
    with pytest.raises(BadSetting, match=told):
        load_settings({name: value})
