"""The queue of mails: written with whatever caused them, sent later by the mailer; the text is sealed meanwhile.

    queue_mail -> claim_mails (lease) -> send, without a transaction -> record_sent | record_failed -> ... given up

A mail that was sent but not recorded, because the mailer fell in between, is sent again; none is lost.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.services.sealing import CannotOpen, Keyring

LEASE = timedelta(minutes=5)  # a mailer stops its batch in good time before
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=4)
PATIENCE = timedelta(days=3)
KEPT = timedelta(days=30)  # how long a mail's envelope stays after it was sent or given up

_ADD = text(
    """
    insert into mails (public_id, recipient, subject, sealed_body, due_at)
    select cast(:public_id as uuid), cast(:recipient as text), cast(:subject as text), cast(:sealed_body as bytea),
      cast(:due_at as timestamptz)
    where cast(:really as boolean)
    """
)
_CLAIM = text(
    """
    update mails m set due_at = :again_at, attempts = m.attempts + 1
    where m.id in (
      select id from mails where sent_at is null and given_up_at is null and due_at <= :now
        and (select at_home())
      order by due_at limit :room for update skip locked)
    returning m.id, m.public_id, m.recipient, m.subject, m.sealed_body, m.attempts, m.created_at,
      coalesce((select u.language from users u where u.email = m.recipient), '') as language
    """
)
_SENT = text(
    """
    update mails set sent_at = :now, sealed_body = null, problem = '' where public_id = :public_id and sent_at is null
    """
)
_FAILED = text(
    """
    update mails set due_at = :next_at, problem = :problem,
      given_up_at = case when created_at < :too_old then cast(:now as timestamptz) end,
      sealed_body = case when created_at < :too_old then null else sealed_body end
    where public_id = :public_id and attempts = :attempts and sent_at is null
    returning given_up_at
    """
)
_QUEUE = text(
    """
    select count(*) filter (where sent_at is null and given_up_at is null) as waiting,
      count(*) filter (where given_up_at is not null) as given_up,
      coalesce(extract(epoch from now() - min(created_at) filter (where sent_at is null and given_up_at is null)), 0)
        ::float as oldest_seconds
    from mails
    """
)
_FORGET = text("delete from mails where coalesce(sent_at, given_up_at) < :before")


@dataclass(frozen=True)
class Letter:
    """What a mail says."""

    subject: str
    body: str = field(repr=False)


@dataclass(frozen=True)
class ClaimedMail:
    """A mail that this mailer may send until its lease ends; `body` is None when the seal did not open."""

    public_id: uuid.UUID
    recipient: str
    subject: str
    body: str | None = field(repr=False)
    attempts: int
    created_at: datetime
    language: str = ""  # the recipient's own choice; empty for none, and for people without an account


@dataclass(frozen=True)
class Queue:
    """How the queue of mails stands; `given_up` counts the last 30 days."""

    waiting: int
    given_up: int
    oldest_seconds: float


@dataclass(frozen=True)
class MailDesk:
    """Where services write mails: a session of the system login, the keyring, and what the links begin with."""

    session: Session
    keyring: Keyring
    base_url: str

    def link(self, path: str) -> str:
        """The whole address of a page of ours."""
        return self.base_url + path

    def send(self, recipient: str, letter: Letter, *, really: bool = True) -> None:
        """Queues a letter. `really=False` does the same work and leaves nothing, so that the time does not tell."""
        queue_mail(self.session, self.keyring, recipient, letter.subject, letter.body, really=really)


def body_place(mail_id: uuid.UUID) -> str:
    """What the seal of a mail's text is bound to."""
    return f"mails.sealed_body:{mail_id}"


def queue_mail(
    session: Session, keyring: Keyring, recipient: str, subject: str, body: str, *, really: bool = True
) -> None:
    """Queues a plain-text mail (system login). `body` may hold a single-use link and is sealed."""
    public_id = uuid.uuid4()
    sealed = keyring.seal_system(body_place(public_id), body.encode())
    values = {
        "public_id": public_id,
        "recipient": recipient,
        "subject": subject,
        "sealed_body": sealed,
        "due_at": machine_now(),
        "really": really,
    }
    session.execute(_ADD, values)


def claim_mails(session: Session, keyring: Keyring, now: datetime, room: int) -> list[ClaimedMail]:
    """Claims up to `room` due mails for LEASE; two mailers never get the same one. Commit before sending."""
    claimed = session.execute(_CLAIM, {"now": now, "again_at": now + LEASE, "room": room}).all()
    return [
        ClaimedMail(
            row.public_id,
            row.recipient,
            row.subject,
            _open(keyring, row.public_id, row.sealed_body),
            row.attempts,
            row.created_at,
            row.language,
        )
        for row in sorted(claimed, key=lambda one: one.id)
    ]


def record_sent(session: Session, mail: ClaimedMail, now: datetime) -> None:
    """The mail is out; its text is forgotten."""
    session.execute(_SENT, {"public_id": mail.public_id, "now": now})


def record_failed(session: Session, mail: ClaimedMail, problem: str, now: datetime) -> bool:
    """The mail waits, longer each time; after three days it is given up and True is returned."""
    values = {
        "public_id": mail.public_id,
        "attempts": mail.attempts,
        "problem": problem[:200],
        "now": now,
        "next_at": now + wait_after(mail.attempts),
        "too_old": now - PATIENCE,
    }
    return session.execute(_FAILED, values).scalar_one_or_none() is not None


def wait_after(attempts: int) -> timedelta:
    """How long a mail rests after so many attempts: 30 s, doubled each time, 4 hours at most."""
    return min(FIRST_WAIT * (1 << min(max(attempts - 1, 0), 20)), LONGEST_WAIT)


def read_queue(session: Session) -> Queue:
    """How many mails wait, for how long, and how many were given up."""
    row = session.execute(_QUEUE).one()
    return Queue(row.waiting, row.given_up, row.oldest_seconds)


def forget_old_mails(session: Session, now: datetime) -> None:
    """Takes away envelopes of mails that were sent or given up a month ago."""
    session.execute(_FORGET, {"before": now - KEPT})


def _open(keyring: Keyring, public_id: uuid.UUID, sealed: bytes | None) -> str | None:
    try:
        return keyring.open_system(body_place(public_id), bytes(sealed or b"")).decode()
    except CannotOpen:
        return None
