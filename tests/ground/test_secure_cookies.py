"""Cookies are secure without a word wherever people come by https."""

from __future__ import annotations

import pytest

from agency.config import load_settings


@pytest.mark.parametrize(
    ("said", "public_url", "secure"),
    [
        ("", "https://fleet.example.test", True),
        ("", "http://127.0.0.1:8000", False),
        ("", "", False),
        ("off", "https://fleet.example.test", False),
        ("on", "", True),
    ],
)
def test_cookies_are_secure_where_people_come_by_https(said: str, public_url: str, secure: bool) -> None:
    settings = load_settings({"SECURE_COOKIES": said, "PUBLIC_URL": public_url})
    assert settings.secure_cookies is secure
