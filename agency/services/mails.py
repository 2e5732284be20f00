"""The queue of mails: written with whatever caused them, sent later by the mailer; the text is sealed meanwhile."""

from __future__ import annotations

import uuid

from sqlalchemy import insert
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.models.mails import Mail
from agency.services.sealing import Keyring


def body_place(mail_id: uuid.UUID) -> str:
    """What the seal of a mail's text is bound to."""
    return f"mails.sealed_body:{mail_id}"


def queue_mail(session: Session, keyring: Keyring, recipient: str, subject: str, body: str) -> None:
    """Queues a plain-text mail (system login). `body` may hold a single-use link and is sealed."""
    public_id = uuid.uuid4()
    sealed = keyring.seal_system(body_place(public_id), body.encode())
    values = {
        "public_id": public_id,
        "recipient": recipient,
        "subject": subject,
        "sealed_body": sealed,
        "due_at": machine_now(),
    }
    session.execute(insert(Mail).values(values))
