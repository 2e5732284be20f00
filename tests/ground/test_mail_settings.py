"""The settings of mails and of sign-up: a mistake is one sentence with the remedy, and no password is repeated."""

from __future__ import annotations

import pytest

from agency.config import BadSetting, Settings, load_settings

REAL = {"SIMULATOR": "off", "TIKTOK_APP_SECRET": "fake-secret-of-a-test"}


def test_without_a_server_mails_land_in_the_data_folder() -> None:
    settings = load_settings({"SHOPFLEET_DATA": "/fake/data"})
    assert settings.smtp_url == ""
    assert str(settings.outbox_dir) == "/fake/data/outbox"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"SMTP_URL": "mail.example.test", "MAIL_FROM": "a@example.test"}, "SMTP_URL must read smtp://"),
        ({"SMTP_URL": "smtp://u:fake-password@:25", "MAIL_FROM": "a@example.test"}, "SMTP_URL must read"),
        ({"SMTP_URL": "smtp://u:fake-password@h:many", "MAIL_FROM": "a@example.test"}, "SMTP_URL must read"),
        ({"SMTP_URL": "smtp://u:fake-password@mail.example.test"}, "MAIL_FROM is not"),
        ({"MAIL_FROM": "Shopfleet"}, "MAIL_FROM must be an address"),
        ({"MAIL_FROM": "a@example.test\nBcc: b@example.test"}, "MAIL_FROM must be an address"),
        ({"SIGN_UP": "perhaps"}, "SIGN_UP must be on or off"),
    ],
)
def test_a_bad_setting_is_named_without_its_value(given: dict[str, str], told: str) -> None:
    with pytest.raises(BadSetting) as refusal:
        load_settings(given)
    assert told in str(refusal.value)
    assert "fake-password" not in str(refusal.value)


def test_the_mail_servers_password_does_not_show_in_the_settings() -> None:
    given = {"SMTP_URL": "smtps://u:fake-password@mail.example.test", "MAIL_FROM": "Shop <a@example.test>"}
    assert "fake-password" not in repr(load_settings(given))


def test_sign_up_is_open_in_a_practice_run_and_closed_otherwise_unless_set() -> None:
    assert load_settings({}).sign_up
    assert not load_settings(REAL).sign_up
    assert load_settings(REAL | {"SIGN_UP": "on"}).sign_up
    assert not load_settings({"SIGN_UP": "off"}).sign_up


@pytest.mark.parametrize(
    ("given", "base"),
    [
        ({"PUBLIC_URL": "https://shopfleet.example.test/"}, "https://shopfleet.example.test"),
        ({"HOST": "::", "PORT": "8001"}, "http://127.0.0.1:8001"),
        ({}, "http://127.0.0.1:8000"),
    ],
)
def test_links_in_mails_begin_with_the_configured_address(given: dict[str, str], base: str) -> None:
    settings: Settings = load_settings(given)
    assert settings.link_base == base
