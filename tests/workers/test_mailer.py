"""The mailer against real SMTP servers: sent once, refused, down, cut off in the middle, given up."""

from __future__ import annotations

import logging
import socketserver
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest
from sqlalchemy import text

from agency.clock import machine_now
from agency.integrations.notify.smtp import SmtpPost, parse_smtp_url
from agency.services.mails import (
    LEASE,
    LONGEST_WAIT,
    Letter,
    MailDesk,
    claim_mails,
    read_queue,
    record_failed,
    wait_after,
)
from agency.services.sealing import Keyring
from agency.transaction import system_transaction
from tests.databases import MASTER_KEY, TestDatabase
from tests.mail_servers import MailServer, free_port, mail_server
from workers.mailer import Mailer

SENDER = "Shopfleet <mail@shopfleet.example.test>"
SECRET = "fake-secret-of-a-link"
KEYS = Keyring(MASTER_KEY)


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as made:
        yield made


@pytest.fixture(autouse=True)
def _empty_queue(own_database: TestDatabase) -> Iterator[None]:
    yield
    with system_transaction(own_database.database) as session:
        session.execute(text("delete from mails"))


@contextmanager
def _cutting_server() -> Iterator[int]:
    """Speaks SMTP until the text has begun to arrive, then closes the connection."""

    class Talk(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            """Answers yes to everything before DATA, reads one line of the text, and is gone."""
            self.wfile.write(b"220 fake ready\r\n")
            while line := self.rfile.readline():
                if line.upper().startswith(b"DATA"):
                    self.wfile.write(b"354 go on\r\n")
                    self.rfile.readline()
                    return
                self.wfile.write(b"250 fake\r\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Talk) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def _post(port: int) -> SmtpPost:
    return SmtpPost(parse_smtp_url(f"smtp://127.0.0.1:{port}"), SENDER, 5.0)


def _mailer(made: TestDatabase, post: Any) -> Mailer:
    return Mailer(made.database, KEYS, post)


def _queue(made: TestDatabase, *recipients: str, subject: str = "Fake subject") -> None:
    with system_transaction(made.database) as session:
        desk = MailDesk(session, KEYS, "http://127.0.0.1:8000")
        for recipient in recipients:
            desk.send(recipient, Letter(subject, f"Open this:\n\n{desk.link(f'/reset/{SECRET}')}\n"))


def _rows(made: TestDatabase) -> dict[str, Any]:
    with system_transaction(made.database) as session:
        return {row.recipient: row for row in session.execute(text("select * from mails order by id"))}


def _soon() -> datetime:
    return machine_now() + timedelta(seconds=1)


def test_mails_go_out_over_one_connection_and_their_text_is_forgotten(
    own_database: TestDatabase, server: MailServer
) -> None:
    _queue(own_database, "a@example.test", "b@example.test")
    mailer = _mailer(own_database, _post(server.port))
    assert mailer.round(_soon()) == 2
    assert [envelope.rcpt_tos for envelope in server.taken] == [["a@example.test"], ["b@example.test"]]
    assert len(server.peers) == 1
    message = message_from_bytes(server.taken[0].content, policy=default)  # type: ignore[arg-type]
    assert message["From"] == SENDER
    assert message["To"] == "a@example.test"
    assert message["Auto-Submitted"] == "auto-generated"
    assert SECRET in message.get_content()
    for row in _rows(own_database).values():
        assert row.sealed_body is None
        assert row.sent_at is not None
    assert mailer.round(_soon()) == 0


def test_a_refused_recipient_waits_and_does_not_hold_up_the_others(
    own_database: TestDatabase, server: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.refused = {"a@example.test"}
    _queue(own_database, "a@example.test", "b@example.test")
    with caplog.at_level(logging.DEBUG):
        _mailer(own_database, _post(server.port)).round(_soon())
    rows = _rows(own_database)
    assert rows["b@example.test"].sent_at is not None
    refused = rows["a@example.test"]
    assert refused.sent_at is None
    assert refused.problem == "SMTPRecipientsRefused 550"
    assert refused.due_at > machine_now() + timedelta(seconds=20)
    for hidden in ("a@example.test", SECRET, "Fake subject"):
        # The fake server has a log of its own, "mail.log".
        ours = [str(vars(record)) for record in caplog.records if record.name != "mail.log"]
        assert hidden not in "".join(ours)
        assert ours


def test_a_server_that_is_down_loses_nothing(own_database: TestDatabase, server: MailServer) -> None:
    _queue(own_database, "a@example.test", "b@example.test")
    _mailer(own_database, _post(free_port())).round(_soon())
    with system_transaction(own_database.database) as session:
        assert (read_queue(session).waiting, read_queue(session).given_up) == (2, 0)
    rows = _rows(own_database)
    assert {row.problem for row in rows.values()} == {"no connection: ConnectionRefusedError"}
    later = machine_now() + wait_after(1) + timedelta(seconds=2)
    _mailer(own_database, _post(server.port)).round(later)
    assert len(server.taken) == 2


def test_a_server_that_cuts_off_in_the_middle_gets_each_mail_again_later(
    own_database: TestDatabase, server: MailServer
) -> None:
    _queue(own_database, "a@example.test", "b@example.test")
    with _cutting_server() as port:
        _mailer(own_database, _post(port)).round(_soon())
    rows = _rows(own_database)
    assert [row.attempts for row in rows.values()] == [1, 1]
    assert all(row.problem.startswith("connection lost") for row in rows.values())
    later = machine_now() + wait_after(1) + timedelta(seconds=2)
    _mailer(own_database, _post(server.port)).round(later)
    assert len(server.taken) == 2


def test_a_mailer_that_falls_before_recording_sends_again_with_the_same_message_id(
    own_database: TestDatabase, server: MailServer
) -> None:
    _queue(own_database, "a@example.test")
    now = _soon()
    with system_transaction(own_database.database) as session:
        assert len(claim_mails(session, KEYS, now, 5)) == 1  # and the mailer is gone
    mailer = _mailer(own_database, _post(server.port))
    assert mailer.round(now + LEASE / 2) == 0
    assert mailer.round(now + LEASE) == 1
    message = message_from_bytes(server.taken[0].content, policy=default)  # type: ignore[arg-type]
    assert str(_rows(own_database)["a@example.test"].public_id) in message["Message-ID"]


def test_two_mailers_at_once_send_each_mail_once(own_database: TestDatabase, server: MailServer) -> None:
    recipients = [f"p{number}@example.test" for number in range(60)]
    _queue(own_database, *recipients)
    now = _soon()

    def work(_number: int) -> None:
        mailer = _mailer(own_database, _post(server.port))
        while mailer.round(now):
            pass

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(work, range(3)))
    assert sorted(envelope.rcpt_tos[0] for envelope in server.taken) == sorted(recipients)


def test_a_mail_is_given_up_after_three_days_and_its_text_is_forgotten(
    own_database: TestDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    _queue(own_database, "a@example.test")
    mailer, port = _mailer(own_database, _post(free_port())), machine_now()
    mailer.round(port + timedelta(days=2, hours=23))
    assert _rows(own_database)["a@example.test"].given_up_at is None
    mailer.round(port + timedelta(days=4))
    row = _rows(own_database)["a@example.test"]
    assert row.given_up_at is not None
    assert row.sealed_body is None
    assert "given up" in caplog.text
    with system_transaction(own_database.database) as session:
        assert (read_queue(session).waiting, read_queue(session).given_up) == (0, 1)
    assert mailer.round(port + timedelta(days=9)) == 0
    mailer.tidy(port + timedelta(days=40))
    assert _rows(own_database) == {}


def test_waits_grow_to_four_hours() -> None:
    assert [wait_after(n).total_seconds() for n in (1, 2, 3)] == [30, 60, 120]
    assert wait_after(50) == LONGEST_WAIT


def test_a_late_record_of_an_older_attempt_changes_nothing(own_database: TestDatabase) -> None:
    _queue(own_database, "a@example.test")
    now = _soon()
    with system_transaction(own_database.database) as session:
        (old,) = claim_mails(session, KEYS, now, 5)
    with system_transaction(own_database.database) as session:
        claim_mails(session, KEYS, now + LEASE, 5)
        assert not record_failed(session, old, "late", now + LEASE)
    assert _rows(own_database)["a@example.test"].problem == ""


def test_a_text_that_does_not_open_is_named_and_stops_no_other(
    own_database: TestDatabase, server: MailServer
) -> None:
    _queue(own_database, "a@example.test", "b@example.test")
    with system_transaction(own_database.database) as session:
        session.execute(text("update mails set sealed_body = '\\x02' where recipient = 'a@example.test'"))
    _mailer(own_database, _post(server.port)).round(_soon())
    assert "does not open" in _rows(own_database)["a@example.test"].problem
    assert len(server.taken) == 1


@pytest.mark.parametrize("subject", ["Hello\r\nBcc: evil@example.test", "Hello\nX: y", "Hello\x00\x1b[31m"])
def test_a_subject_cannot_become_a_header(
    own_database: TestDatabase, server: MailServer, subject: str
) -> None:
    _queue(own_database, "a@example.test", subject=subject.replace("\x00", ""))
    _mailer(own_database, _post(server.port)).round(_soon())
    message = message_from_bytes(server.taken[0].content, policy=default)  # type: ignore[arg-type]
    assert message["Bcc"] is None
    assert message["X"] is None
    assert str(message["Subject"]).startswith("Hello ")
    assert server.taken[0].rcpt_tos == ["a@example.test"]


@pytest.mark.parametrize(
    "recipient", ["a@b.test\r\nBcc: c@d.test", "a@b.test, c@d.test", "<a@b.test>", "a b@c.test"]
)
def test_a_recipient_that_is_no_single_address_reaches_nobody(
    own_database: TestDatabase, server: MailServer, recipient: str
) -> None:
    _queue(own_database, recipient)
    _mailer(own_database, _post(server.port)).round(_soon())
    assert server.taken == []
    assert "not an address" in _rows(own_database)[recipient].problem
