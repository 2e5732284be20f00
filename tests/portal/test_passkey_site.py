"""For which site passkeys are made: never one that only a request names."""

from __future__ import annotations

from pathlib import Path

import pytest

from agency.app import create_app
from agency.config import Settings
from agency.extensions import Database
from agency.portal.passkey_site import passkey_site
from agency.services.passkeys import Site
from tests.databases import MASTER_KEY

PUBLIC = Site("fleet.example.test", "https://fleet.example.test")


@pytest.mark.parametrize(
    ("public_url", "asked", "site"),
    [
        ("https://fleet.example.test", "http://127.0.0.1:8000", PUBLIC),
        ("https://fleet.example.test", "http://localhost:8000", PUBLIC),
        ("https://Fleet.example.test:443", "https://evil.example.test", PUBLIC),
        (
            "https://fleet.example.test:8443",
            "http://localhost",
            Site("fleet.example.test", "https://fleet.example.test:8443"),
        ),
        ("", "http://localhost:8000", Site("localhost", "http://localhost:8000")),
        ("http://127.0.0.1:8000", "http://localhost:8000", Site("localhost", "http://localhost:8000")),
        ("", "http://127.0.0.1:8000", None),
        ("http://fleet.example.test", "http://fleet.example.test", None),
    ],
)
def test_the_public_address_counts_and_else_localhost_only(
    public_url: str, asked: str, site: Site | None
) -> None:
    unconnected = Database("postgresql://nobody@127.0.0.1:1/nothing", MASTER_KEY)
    settings = Settings(
        data_dir=Path("unused"),
        master_key=MASTER_KEY,
        public_url=public_url,
        redis_url="redis://127.0.0.1:1/0",
    )
    with create_app(settings, unconnected).test_request_context("/", base_url=asked):
        assert passkey_site() == site
