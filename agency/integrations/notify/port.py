"""What the mailer needs of a way to deliver mails."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class OutgoingMail:
    """A mail to deliver. `mail_id` stays the same when it is sent twice, so that a mailbox can know it again."""

    mail_id: str
    recipient: str = field(repr=False)
    subject: str = field(repr=False)
    body: str = field(repr=False)
    written_at: datetime


class Post(Protocol):
    """One way to deliver. Never raises for a mail that cannot be delivered."""

    def deliver(self, mails: Sequence[OutgoingMail]) -> Iterator[tuple[OutgoingMail, str]]:
        """Delivers one after the other; yields each with its problem, empty when it is out.

        A problem names no recipient and no server's free text: it goes into logs.
        """
        ...
