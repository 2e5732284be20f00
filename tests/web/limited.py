"""A desk with limits that are quickly used up, and ways to knock at its doors from different addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from redis import Redis
from werkzeug.test import TestResponse

from agency.app import create_app
from agency.config import Settings
from agency.web.budgets import Budgets
from tests.desk import Desk
from tests.servers import redis_url

SESSIONS = "/api/v1/sessions"
WRONG = "fake-wrong"
HOME, ELSEWHERE = "192.0.2.10", "198.51.100.7"
OWNER, NOBODY = "owner@example.test", "nobody@example.test"
SMALL = {
    "sign_in.address": "50 per hour",
    "sign_in.pair": "3 per minute; 5 per hour",
    "sign_in.stranger": "8 per day",
    "webhook.address": "4 per minute",
    "webhook_shop.given": "2 per minute",
    "api.caller": "4 per minute",
    "api.agency": "6 per minute",
    "wrong_token.address": "2 per minute",
    "notice.account": "1 per day",
}


def budgets_of(app: Flask) -> Budgets:
    return next(value for value in app.extensions.values() if isinstance(value, Budgets))


def sign_in(app: Flask, email: str, password: str = WRONG, address: str = ELSEWHERE) -> TestResponse:
    return app.test_client().post(
        SESSIONS, json={"email": email, "password": password}, environ_base={"REMOTE_ADDR": address}
    )


def lock(desk: Desk, email: str, address: str = ELSEWHERE) -> TestResponse:
    """Wrong passwords from one address until the pair is refused."""
    answers = [sign_in(desk.app, email, address=address) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
    return answers[-1]


def attack(desk: Desk, email: str) -> None:
    """Wrong passwords from many addresses until the account is refused to strangers."""
    for number in range(8):
        assert sign_in(desk.app, email, address=f"203.0.113.{number}").status_code == 401


@contextmanager
def other_app(desk: Desk, **changes: Any) -> Iterator[Flask]:
    """A second application on the same database, with other settings."""
    values: dict[str, Any] = {**vars(settings_of(desk)), **changes}
    yield create_app(Settings(**values), desk.database)


def settings_of(desk: Desk) -> Settings:
    found: Settings = desk.app.extensions["shopfleet"].settings
    return found


def forget_window(amount: int) -> None:
    """Lets the shortest window of a budget pass: its key is what expires."""
    redis = Redis.from_url(redis_url(), decode_responses=True)
    passed = [
        key for key in redis.scan_iter("LIMITS*sign_in.pair*") if re.search(rf"/{amount}/1/minute$", key)
    ]
    assert passed
    redis.delete(*passed)
