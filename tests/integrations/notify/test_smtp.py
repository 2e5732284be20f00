"""Where mails are handed over, and that nothing leaves this machine in the clear."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from agency.integrations.notify import smtp
from agency.integrations.notify.port import OutgoingMail
from agency.integrations.notify.smtp import SmtpPost, SmtpServer, parse_smtp_url
from tests.mail_servers import MailServer, mail_server

MAIL = OutgoingMail("fake-id", "a@example.test", "Fake", "Fake text", datetime(2026, 11, 25, tzinfo=UTC))


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as made:
        yield made


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example.test", SmtpServer("mail.example.test", 587, False)),
        ("smtp://mail.example.test:25", SmtpServer("mail.example.test", 25, False)),
        (
            "smtps://me%40x.test:p%3Aw@mail.example.test",
            SmtpServer("mail.example.test", 465, True, "me@x.test", "p:w"),
        ),
    ],
)
def test_an_address_names_host_port_and_sign_in(url: str, server: SmtpServer) -> None:
    assert parse_smtp_url(url) == server
    assert "p:w" not in repr(parse_smtp_url(url))


@pytest.mark.parametrize("url", ["mail.example.test", "http://mail.example.test", "smtp://", "smtps:///x"])
def test_another_kind_of_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="smtp://"):
        parse_smtp_url(url)


def test_a_server_elsewhere_that_offers_no_tls_gets_nothing(
    server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "_LOOPBACK", ())  # the same server, as if it stood elsewhere
    post = SmtpPost(parse_smtp_url(f"smtp://127.0.0.1:{server.port}"), "mail@example.test", 5.0)
    assert [problem for _mail, problem in post.deliver([MAIL])] == ["no connection: SMTPNotSupportedError"]
    assert server.taken == []


def test_tls_from_the_start_does_not_fall_back(server: MailServer) -> None:
    post = SmtpPost(parse_smtp_url(f"smtps://127.0.0.1:{server.port}"), "mail@example.test", 5.0)
    ((_mail, problem),) = post.deliver([MAIL])
    assert problem.startswith("no connection: SSL")
    assert server.taken == []


def test_a_name_and_password_that_the_server_does_not_take_stop_the_mail(server: MailServer) -> None:
    post = SmtpPost(
        parse_smtp_url(f"smtp://me:fake-password@127.0.0.1:{server.port}"), "mail@example.test", 5.0
    )
    ((_mail, problem),) = post.deliver([MAIL])
    assert problem.startswith("no connection: SMTP")
    assert "fake-password" not in problem
    assert server.taken == []
