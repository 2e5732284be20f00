"""The local outbox: while no mail server is configured, each mail is a file that only this user may read."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import default
from pathlib import Path

from agency.integrations.notify.message import BadMail, build_message
from agency.integrations.notify.port import OutgoingMail

KEPT = 200  # files; older ones are taken away
_LINK = re.compile(r"^https?://\S+", re.MULTILINE)


@dataclass(frozen=True)
class OutboxMail:
    """What a person needs of a mail in the outbox; `link` is empty when it carries none."""

    recipient: str
    subject: str
    link: str


class Outbox:
    """Delivers into a folder, one .eml file per mail."""

    def __init__(self, folder: Path, sender: str) -> None:
        self._folder, self._sender = folder, sender

    def deliver(self, mails: Sequence[OutgoingMail]) -> Iterator[tuple[OutgoingMail, str]]:
        """Writes one file after the other; a mail that is delivered twice has the same name and is there once."""
        for mail in mails:
            try:
                self._write(mail)
            except (OSError, BadMail) as error:
                yield mail, f"outbox: {type(error).__name__}"
            else:
                yield mail, ""
        self._tidy()

    def _write(self, mail: OutgoingMail) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder.chmod(0o700)
        path = self._folder / f"{mail.written_at:%Y%m%d-%H%M%S-%f}-{mail.mail_id}.eml"
        written = path.with_suffix(".new")
        descriptor = os.open(written, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(build_message(mail, self._sender).as_bytes())
        written.replace(path)

    def _tidy(self) -> None:
        for path in sorted(self._folder.glob("*.eml"))[:-KEPT]:
            path.unlink(missing_ok=True)


def list_outbox(folder: Path, count: int) -> list[OutboxMail]:
    """The newest mails of the outbox, newest last; an empty list when there is none yet."""
    return [_read(path) for path in sorted(folder.glob("*.eml"))[-count:]] if count else []


def _read(path: Path) -> OutboxMail:
    message = message_from_bytes(path.read_bytes(), policy=default)
    body = message.get_body(("plain",))
    found = _LINK.search(body.get_content() if body else "")
    return OutboxMail(str(message["To"]), str(message["Subject"]), found.group() if found else "")
