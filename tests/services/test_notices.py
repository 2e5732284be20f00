"""Mails about new decisions: to whom, about what, folded, and never more than the reader may see."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from agency.clock import machine_now
from agency.domain.errors import Invalid
from agency.domain.notices import EVERYTHING, Choice
from agency.integrations.notify.outbox import Outbox
from agency.services import notices
from agency.services.notices import get_choice, set_choice
from agency.services.sealing import Keyring
from tests.databases import MASTER_KEY
from tests.desk import Desk
from tests.desk_rows import add_attention
from tests.mailbox import read_mails
from workers.mailer import Mailer

AT_ONCE = Choice("at_once", ("money",), 8)


@pytest.fixture
def mailer(desk: Desk, tmp_path: object) -> Mailer:
    return Mailer(
        desk.database, Keyring(MASTER_KEY), Outbox(tmp_path, "x@example.test"), "https://desk.example.test"
    )  # type: ignore[arg-type]


def _choose(desk: Desk, person: str, choice: Choice) -> None:
    with desk.system() as session:
        set_choice(session, desk.membership(person), choice)


def _later(minutes: int = 1) -> object:
    return machine_now() + timedelta(minutes=minutes)


def test_new_decisions_are_folded_into_one_mail_with_a_link_and_nothing_of_an_order(
    desk: Desk, mailer: Mailer
) -> None:
    _choose(desk, "owner", AT_ONCE)
    with desk.session() as session:
        for _ in range(2):
            add_attention(
                session, desk.ours, kind="approval", why="Buyer Secret, order 577", action="approve"
            )
        add_attention(session, desk.ours, "Kite", kind="money_mismatch", why="Secret", action="look")
        add_attention(session, desk.ours, kind="tracking_late", why="Secret", action="look")
    assert mailer.tell(_later()) == 1  # type: ignore[arg-type]
    (mail,) = read_mails(desk, "owner@example.test")
    assert mail.subject == "3 new decisions at Harbor"
    assert "- Luma: Needs approval (2)" in mail.body
    assert "- Kite: Money does not match (1)" in mail.body
    assert mail.path == "/today"
    assert "Secret" not in mail.body
    assert "577" not in mail.body
    assert "Tracking late" not in mail.body


def test_within_a_quarter_of_an_hour_there_is_no_second_mail_and_nothing_is_told_twice(
    desk: Desk, mailer: Mailer
) -> None:
    _choose(desk, "owner", AT_ONCE)
    with desk.session() as session:
        add_attention(session, desk.ours, kind="approval", action="approve")
    assert mailer.tell(_later()) == 1  # type: ignore[arg-type]
    with desk.session() as session:
        add_attention(session, desk.ours, kind="approval", action="approve")
    assert mailer.tell(_later(5)) == 0  # type: ignore[arg-type]
    assert mailer.tell(_later(17)) == 1  # type: ignore[arg-type]
    assert mailer.tell(_later(40)) == 0  # type: ignore[arg-type]
    assert [mail.subject for mail in read_mails(desk, "owner@example.test")] == [
        "1 new decision at Harbor"
    ] * 2


def test_an_operator_is_told_of_their_own_clients_only(desk: Desk, mailer: Mailer) -> None:
    _choose(desk, "operator", Choice("at_once", (EVERYTHING,), 8))
    with desk.session() as session:
        add_attention(session, desk.ours, "Kite", kind="reconnect", action="reconnect")
    with desk.session(desk.theirs.scope()) as session:
        add_attention(session, desk.theirs, kind="reconnect", action="reconnect")
    assert mailer.tell(_later()) == 0  # type: ignore[arg-type]
    with desk.session() as session:
        add_attention(session, desk.ours, "Luma", kind="reconnect", action="reconnect")
    assert mailer.tell(_later(2)) == 1  # type: ignore[arg-type]
    (mail,) = read_mails(desk, "operator@example.test")
    assert "Kite" not in mail.body


def test_the_daily_mail_tells_the_day_once(desk: Desk, mailer: Mailer) -> None:
    now = machine_now()
    _choose(desk, "owner", Choice("daily", ("money",), (now.hour + 2) % 24))
    with desk.session() as session:
        add_attention(session, desk.ours, kind="approval", action="approve")
    assert mailer.tell(now + timedelta(minutes=1)) == 0
    at_hour = (now + timedelta(hours=2)).replace(minute=1, second=5)
    with desk.session() as session:
        add_attention(session, desk.ours, kind="approval", action="approve", created_at=at_hour)
    assert [mailer.tell(at_hour), mailer.tell(at_hour + timedelta(minutes=20))] == [1, 0]
    (mail,) = read_mails(desk, "owner@example.test")
    assert mail.subject == "1 new decision at Harbor"


def test_a_decision_of_a_transaction_that_still_runs_is_told_by_the_next_mail(
    desk: Desk, mailer: Mailer
) -> None:
    _choose(desk, "owner", AT_ONCE)
    with desk.session() as session:
        add_attention(session, desk.ours, kind="approval", action="approve")
    with desk.session() as slow:
        slow.execute(text("select now()"))
        begun = machine_now()
        assert mailer.tell(begun + timedelta(seconds=59)) == 0
        add_attention(slow, desk.ours, kind="reconnect", action="reconnect")
        add_attention(slow, desk.ours, kind="approval", action="approve")
    assert mailer.tell(begun + timedelta(minutes=2)) == 1
    (mail,) = read_mails(desk, "owner@example.test")
    assert mail.subject == "2 new decisions at Harbor"


def test_people_without_a_due_mail_keep_nobody_behind_them_waiting(
    desk: Desk, mailer: Mailer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "MOST", 1)
    for person in ("owner", "operator"):
        _choose(desk, person, Choice("at_once", ("connection",), 8))
    _choose(desk, "viewer", AT_ONCE)
    with desk.session() as session:
        add_attention(session, desk.ours, kind="approval", action="approve")
    assert mailer.tell(_later()) == 1  # type: ignore[arg-type]
    assert len(read_mails(desk, "viewer@example.test")) == 1


def test_nobody_gets_mails_before_choosing_or_after_leaving(desk: Desk, mailer: Mailer) -> None:
    with desk.session() as session:
        add_attention(session, desk.ours, kind="approval", action="approve")
    assert mailer.tell(_later()) == 0  # type: ignore[arg-type]
    with desk.system() as session:
        assert get_choice(session, desk.membership("viewer")).rhythm == "never"
    _choose(desk, "viewer", AT_ONCE)
    with desk.session() as session:
        add_attention(session, desk.ours, kind="approval", action="approve")
    with desk.owner() as connection:
        connection.execute(
            "update memberships set ended_at = now() where public_id = %s", (desk.membership("viewer"),)
        )
    try:
        assert mailer.tell(_later()) == 0  # type: ignore[arg-type]
    finally:
        with desk.owner() as connection:
            connection.execute("update memberships set ended_at = null")


@pytest.mark.parametrize(
    ("choice", "field"),
    [
        (Choice("hourly", ("money",), 8), "rhythm"),
        (Choice("daily", (), 8), "groups"),
        (Choice("daily", ("gossip",), 8), "groups"),
        (Choice("daily", ("money",), 24), "hour"),
        (Choice("daily", ("money",), 8, 25, 7), "quiet_from"),
    ],
)
def test_a_wrong_choice_is_named(desk: Desk, choice: Choice, field: str) -> None:
    with desk.system() as session, pytest.raises(Invalid) as refusal:
        set_choice(session, desk.membership("owner"), choice)
    assert refusal.value.field == field
