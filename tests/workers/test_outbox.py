"""Without a mail server: each mail a file that only this user may read, shown by the running summary."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from agency.clock import machine_now
from agency.config import Settings
from agency.integrations.notify.outbox import Outbox, list_outbox
from agency.running_summary import describe_mails
from agency.services.mails import Letter, MailDesk
from agency.services.sealing import Keyring
from agency.transaction import system_transaction
from tests.databases import MASTER_KEY, TestDatabase
from workers.mailer import Mailer

SENDER = "Shopfleet <mail@shopfleet.example.test>"
SECRET = "fake-secret-of-a-link"
KEYS = Keyring(MASTER_KEY)


@pytest.fixture(autouse=True)
def _empty_queue(own_database: TestDatabase) -> Iterator[None]:
    yield
    with system_transaction(own_database.database) as session:
        session.execute(text("delete from mails"))


def _mailer(made: TestDatabase, post: Any) -> Mailer:
    return Mailer(made.database, KEYS, post)


def _queue(made: TestDatabase, recipient: str) -> None:
    with system_transaction(made.database) as session:
        desk = MailDesk(session, KEYS, "http://127.0.0.1:8000")
        desk.send(recipient, Letter("Fake subject", f"Open this:\n\n{desk.link(f'/reset/{SECRET}')}\n"))


def _rows(made: TestDatabase) -> dict[str, Any]:
    with system_transaction(made.database) as session:
        return {row.recipient: row for row in session.execute(text("select * from mails order by id"))}


def _soon() -> datetime:
    return machine_now() + timedelta(seconds=1)


def test_without_a_server_mails_are_files_for_this_user_only(
    own_database: TestDatabase, tmp_path: Path
) -> None:
    folder = tmp_path / "outbox"
    for recipient in ("a@example.test", "b@example.test"):
        _queue(own_database, recipient)
    _mailer(own_database, Outbox(folder, SENDER)).round(_soon())
    files = sorted(folder.iterdir())
    assert [path.suffix for path in files] == [".eml", ".eml"]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    shown = list_outbox(folder, 1)
    link = f"http://127.0.0.1:8000/reset/{SECRET}"
    assert [(mail.recipient, mail.subject, mail.link) for mail in shown] == [
        ("b@example.test", "Fake subject", link)
    ]
    assert link in files[0].read_text().splitlines()


def test_the_running_summary_shows_the_newest_mails_and_nothing_with_a_server(
    own_database: TestDatabase, tmp_path: Path
) -> None:
    settings = Settings(data_dir=tmp_path)
    assert describe_mails(settings) == ""
    for recipient in ("a@example.test", "b@example.test", "c@example.test"):
        _queue(own_database, recipient)
    _mailer(own_database, Outbox(settings.outbox_dir, settings.mail_from)).round(_soon())
    lines = describe_mails(settings).splitlines()
    assert lines[1] == "Mail to b@example.test: Fake subject"
    assert lines[-1] == f"http://127.0.0.1:8000/reset/{SECRET}"
    assert describe_mails(Settings(data_dir=tmp_path, smtp_url="smtp://mail.example.test")) == ""


def test_a_folder_that_cannot_be_written_keeps_the_mail(own_database: TestDatabase, tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("in the way")
    _queue(own_database, "a@example.test")
    _mailer(own_database, Outbox(tmp_path / "outbox", SENDER)).round(_soon())
    row = _rows(own_database)["a@example.test"]
    assert row.sent_at is None
    assert row.problem.startswith("outbox: ")
