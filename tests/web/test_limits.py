"""Limits of signing in: who is slowed down and who is not, what an attacker can learn, what the owner is told."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from redis import Redis
from sqlalchemy import Engine, event, text

from agency.services import passwords
from agency.web.spending import address_prefix, forgive_account
from tests.desk import PASSWORD, Desk
from tests.portal.browsing import OURS
from tests.servers import generous_limits, redis_url
from tests.web.limited import (
    ELSEWHERE,
    HOME,
    NOBODY,
    OWNER,
    attack,
    budgets_of,
    forget_window,
    lock,
    other_app,
    sign_in,
)

# --- one account -------------------------------------------------------------------------------------------------


def test_a_few_wrong_passwords_make_that_account_wait_at_that_address_only(desk: Desk) -> None:
    refused = lock(desk, OWNER)
    assert refused.mimetype == "application/problem+json"
    assert refused.json["detail"].startswith("Too many tries.")
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert sign_in(desk.app, OWNER, PASSWORD).status_code == 429
    assert sign_in(desk.app, OWNER, PASSWORD, HOME).status_code == 201
    assert sign_in(desk.app, "viewer@example.test", PASSWORD).status_code == 201


def test_the_wait_grows_with_the_tries(desk: Desk) -> None:
    lock(desk, OWNER)
    forget_window(3)
    assert [sign_in(desk.app, OWNER).status_code for _ in range(3)] == [401, 401, 429]
    assert 3500 < int(sign_in(desk.app, OWNER).headers["Retry-After"]) <= 3600


def test_a_success_lets_the_count_begin_anew(desk: Desk) -> None:
    for _ in range(4):
        assert sign_in(desk.app, OWNER).status_code == 401
        assert sign_in(desk.app, OWNER).status_code == 401
        assert sign_in(desk.app, OWNER, PASSWORD).status_code == 201


def test_capitals_and_spaces_are_the_same_account(desk: Desk) -> None:
    for email in (OWNER, " Owner@Example.TEST", "OWNER@EXAMPLE.TEST "):
        assert sign_in(desk.app, email).status_code == 401
    assert sign_in(desk.app, OWNER).status_code == 429


def test_both_doors_spend_the_same_budget(desk: Desk) -> None:
    lock(desk, OWNER)
    fields = {"email": OWNER, "password": PASSWORD, "next": "/orders"}
    page = desk.app.test_client().post(
        "/login", data=fields, headers=OURS, environ_base={"REMOTE_ADDR": ELSEWHERE}
    )
    assert page.status_code == 429
    assert int(page.headers["Retry-After"]) >= 1
    assert "Too many tries" in page.text
    assert f'value="{OWNER}"' in page.text
    assert 'value="/orders"' in page.text
    assert PASSWORD not in page.text


# --- nobody is locked out by others ------------------------------------------------------------------------------


def test_many_addresses_use_up_the_account_for_strangers_but_not_for_its_owner(desk: Desk) -> None:
    assert sign_in(desk.app, OWNER, PASSWORD, HOME).status_code == 201
    attack(desk, OWNER)
    assert sign_in(desk.app, OWNER, PASSWORD, "203.0.113.200").status_code == 429
    assert sign_in(desk.app, OWNER, PASSWORD, HOME).status_code == 201


def test_a_sign_in_of_long_ago_or_without_its_second_factor_makes_no_address_known(desk: Desk) -> None:
    for change in ("created_at = now() - interval '31 days'", "needs_factor = true"):
        budgets_of(desk.app).forget_all()
        assert sign_in(desk.app, OWNER, PASSWORD, HOME).status_code == 201
        with desk.owner() as connection:
            connection.execute(f"update sessions set {change}")
        attack(desk, OWNER)
        assert sign_in(desk.app, OWNER, PASSWORD, HOME).status_code == 429, change


def test_an_address_of_ipv6_is_its_network() -> None:
    assert address_prefix("2001:db8:1:2::5") == address_prefix("2001:db8:1:2:ffff::1") == "2001:db8:1:2::/64"
    assert address_prefix("2001:db8:1:3::5") != address_prefix("2001:db8:1:2::5")
    assert address_prefix("::ffff:192.0.2.1") == address_prefix("192.0.2.1") == "192.0.2.1"
    assert address_prefix("") == ""


def test_one_address_that_tries_many_accounts_is_refused(desk: Desk) -> None:
    with other_app(desk, limits=generous_limits() | {"sign_in.address": "3 per hour"}) as app:
        tried = [sign_in(app, f"person{number}@example.test").status_code for number in range(4)]
        assert tried == [401, 401, 401, 429]
        assert sign_in(app, OWNER, PASSWORD, HOME).status_code == 201


# --- what an attacker learns -------------------------------------------------------------------------------------


def _observed(desk: Desk, email: str, password: str, address: str) -> tuple[Any, ...]:
    """Everything that a caller can see, and what the answer cost: statements and checked passwords."""
    with _counted() as counts:
        answer = sign_in(desk.app, email, password, address)
        seen = answer.data
    wait = int(answer.headers.pop("Retry-After", "0"))
    headers = sorted((name, value) for name, value in answer.headers if name != "Date")
    return answer.status_code, seen, headers, -(-wait // 60), dict(counts)


@contextmanager
def _counted() -> Iterator[dict[str, int]]:
    counts = {"statements": 0, "checks": 0}
    whole = passwords.PasswordHasher.verify

    def verify(self: Any, hashed: Any, password: Any) -> bool:
        counts["checks"] += 1
        return whole(self, hashed, password)

    def count(*_: Any) -> None:
        counts["statements"] += 1

    event.listen(Engine, "before_cursor_execute", count)
    passwords.PasswordHasher.verify = verify  # type: ignore[method-assign]
    try:
        yield counts
    finally:
        passwords.PasswordHasher.verify = whole  # type: ignore[method-assign]
        event.remove(Engine, "before_cursor_execute", count)


@pytest.mark.parametrize("state", ["wrong", "locked", "right with locked", "attacked", "right with attacked"])
def test_known_and_unknown_accounts_look_and_cost_the_same(desk: Desk, state: str) -> None:
    seen = []
    for email in (OWNER, NOBODY):
        budgets_of(desk.app).forget_all()
        if "locked" in state:
            lock(desk, email)
        if "attacked" in state:
            attack(desk, email)
        password = PASSWORD if "right" in state else "fake-wrong"
        seen.append(_observed(desk, email, password, ELSEWHERE))
    assert seen[0] == seen[1]
    assert seen[0][0] == (401 if state == "wrong" else 429)
    assert seen[0][4]["checks"] == (1 if state == "wrong" else 0)


def test_the_first_refusal_costs_the_same_until_the_answer_has_left(desk: Desk) -> None:
    seen = []
    for email in (OWNER, NOBODY):
        for _ in range(3):
            sign_in(desk.app, email)
        seen.append(_observed(desk, email, "fake-wrong", ELSEWHERE))
    assert seen[0] == seen[1]


# --- what the owner learns ---------------------------------------------------------------------------------------


def test_a_lockout_is_told_to_the_owner_once_a_day_and_written_down(desk: Desk) -> None:
    lock(desk, OWNER).close()
    for _ in range(3):
        sign_in(desk.app, OWNER).close()
    with desk.system() as session:
        assert session.scalars(text("select recipient from mails")).all() == [OWNER]
    with desk.session() as session:
        entries = session.execute(text("select action, actor, address, object_kind from audit_entries")).all()
    assert [tuple(entry) for entry in entries] == [
        ("sign_in.locked", "rule:sign_in_limits", ELSEWHERE, "user")
    ]


def test_nobody_is_told_about_an_account_that_does_not_exist(desk: Desk) -> None:
    lock(desk, NOBODY).close()
    with desk.system() as session:
        assert session.scalar(text("select count(*) from mails")) == 0


def test_redis_holds_no_address_and_no_name(desk: Desk) -> None:
    lock(desk, OWNER)
    redis = Redis.from_url(redis_url(), decode_responses=True)
    keys = list(redis.scan_iter("LIMITS*"))
    assert any("sign_in.pair" in key for key in keys)
    assert not [key for key in keys if "example" in key or ELSEWHERE in key]


def test_a_reset_by_mail_opens_an_attacked_account_again(desk: Desk) -> None:
    attack(desk, OWNER)
    assert sign_in(desk.app, OWNER, PASSWORD).status_code == 429
    with desk.app.test_request_context(environ_base={"REMOTE_ADDR": ELSEWHERE}):
        forgive_account(f" {OWNER.upper()}")
    assert sign_in(desk.app, OWNER, PASSWORD).status_code == 201


def test_tries_at_once_get_no_more_than_the_budget(desk: Desk) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: sign_in(desk.app, OWNER).status_code, range(16)))
    assert sorted(answers) == [401] * 3 + [429] * 13
