"""Limits of the other doors (webhooks, the API, wrong tokens), and every door when Redis does not answer."""

from __future__ import annotations

import time
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from werkzeug.test import TestResponse

from agency.integrations.tiktok.signing import webhook_signature
from agency.web.limits import LIMITS
from tests.desk import PASSWORD, Desk
from tests.portal.browsing import OURS
from tests.ports import closed_port
from tests.web.limited import OWNER, other_app, sign_in

# --- the other doors ---------------------------------------------------------------------------------------------


def _notify(app: Flask, number: int, shop: str = "fake-Harbor-Luma", **more: Any) -> TestResponse:
    raw = (
        f'{{"type": 1, "tts_notification_id": "limit-{number}", "shop_id": "{shop}", "data": {{}}}}'.encode()
    )
    signed = webhook_signature("fake-app-key", "fake-app-secret", raw)
    headers = {"Authorization": signed, **more}
    return app.test_client().post("/webhooks/tiktok", data=raw, headers=headers)


def test_webhooks_are_counted_by_shop_and_by_address_and_come_again_later(desk: Desk) -> None:
    assert [_notify(desk.app, number).status_code for number in range(3)] == [200, 200, 429]
    assert _notify(desk.app, 9, "fake-Harbor-Kite").status_code == 200
    late = _notify(desk.app, 10, "fake-Rival-Luma")
    assert late.status_code == 429
    assert int(late.headers["Retry-After"]) >= 1
    assert late.mimetype == "application/problem+json"


def test_what_is_not_signed_uses_up_nobodys_shop(desk: Desk) -> None:
    assert [_notify(desk.app, n, Authorization="0" * 64).status_code for n in range(2)] == [401, 401]
    assert [_notify(desk.app, n).status_code for n in range(2)] == [200, 200]


def test_the_api_says_what_is_left_and_gives_each_session_its_own_budget(desk: Desk) -> None:
    first, second = desk.web("owner"), desk.web("owner")
    answers = [first.get("/api/v1/shops") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 429]
    assert [answer.headers.get("RateLimit-Remaining") for answer in answers] == ["3", "2", "1", "0", "0"]
    assert answers[0].headers["RateLimit-Limit"] == "4"
    assert 1 <= int(answers[0].headers["RateLimit-Reset"]) <= 60
    assert "Retry-After" in answers[-1].headers
    assert "Retry-After" not in answers[0].headers
    assert [second.get("/api/v1/shops").status_code for _ in range(3)] == [200, 200, 429]  # the agency's
    assert desk.web("stranger").get("/api/v1/shops").status_code == 200


def test_wrong_tokens_are_counted_by_address_and_do_not_stop_right_ones(desk: Desk) -> None:
    headers = {"Authorization": "Bearer fake"}
    asked = [desk.web().get("/api/v1/shops", headers=headers).status_code for _ in range(3)]
    assert asked == [401, 401, 429]
    assert desk.web("owner").get("/api/v1/shops").status_code == 200


# --- without Redis -----------------------------------------------------------------------------------------------


def test_without_redis_nobody_signs_in_and_webhooks_and_the_api_go_on(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    token = desk.token("owner")
    with other_app(desk, redis_url=f"redis://127.0.0.1:{closed_port()}/0") as app, caplog.at_level("WARNING"):
        begun = time.monotonic()
        refused = sign_in(app, OWNER, PASSWORD)
        assert refused.status_code == 503
        assert refused.json["detail"] == "We cannot check this right now. Try again in a minute."
        assert refused.headers["Retry-After"] == "60"
        page = app.test_client().post("/login", data={"email": OWNER, "password": PASSWORD}, headers=OURS)
        assert (page.status_code, f'value="{OWNER}"' in page.text) == (503, True)
        assert [_notify(app, number).status_code for number in range(9)] == [200] * 9
        headers = {"Authorization": f"Bearer {token}"}
        assert app.test_client().get("/api/v1/shops", headers=headers).status_code == 200
        assert time.monotonic() - begun < 10
    told = [record for record in caplog.records if "Redis does not answer" in record.getMessage()]
    assert len(told) == 1
    with desk.system() as session:
        opened = "select count(*) from audit_entries where number > 1"
        assert session.scalar(text(opened)) == 0


def test_an_application_without_redis_or_with_an_unknown_limit_does_not_start(desk: Desk) -> None:
    with pytest.raises(ValueError, match="REDIS_URL"), other_app(desk, redis_url=None):
        pass
    with (
        pytest.raises(ValueError, match="no limit named"),
        other_app(desk, limits={"sign_in.moon": "1 per day"}),
    ):
        pass


def test_what_opens_an_account_fails_closed_and_what_must_arrive_fails_open() -> None:
    closed = {word for word, limit in LIMITS.items() if limit.closed}
    assert closed >= {"sign_in", "reset", "sign_up", "accept", "factor", "confirm"}
    assert {word for word in LIMITS if word not in closed} == {
        "webhook",
        "webhook_shop",
        "api",
        "wrong_token",
        "month",  # a link of 256 random bits: there is nothing to guess, and a client must be able to read it
    }
