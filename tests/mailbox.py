"""What waits in the queue of mails, opened, so that a test can follow a link as its reader would."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy import text

from agency.services.mails import body_place
from agency.services.sealing import Keyring
from tests.databases import MASTER_KEY
from tests.desk import Desk

_LINK = re.compile(r"^https?://\S+$", re.MULTILINE)


@dataclass(frozen=True)
class Received:
    """One mail of the queue."""

    recipient: str
    subject: str
    body: str

    @property
    def path(self) -> str:
        """The path of its link."""
        found = _LINK.search(self.body)
        assert found is not None, self.body
        return urlsplit(found.group()).path


def read_mails(desk: Desk, recipient: str) -> list[Received]:
    """Every mail to this address, oldest first."""
    keyring = Keyring(MASTER_KEY)
    query = text(
        "select public_id, recipient, subject, sealed_body from mails where recipient = :to order by id"
    )
    with desk.system() as session:
        return [
            Received(
                row.recipient,
                row.subject,
                keyring.open_system(body_place(row.public_id), bytes(row.sealed_body)).decode(),
            )
            for row in session.execute(query, {"to": recipient})
        ]


def last_mail(desk: Desk, recipient: str) -> Received:
    """The newest mail to this address."""
    return read_mails(desk, recipient)[-1]
