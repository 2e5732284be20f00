"""Single-use links in mails: 256 random bits in the mail, their SHA-256 here, used once and in time.

Opening a link changes nothing, since mail scanners open links too; the page behind it has a form, and sending that
uses the link. All on the system login: a link belongs to a person or an address, never to an agency.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.errors import NotFound, ShopfleetError
from agency.domain.said import said
from agency.services.one_time import new_secret, secret_hash

LIFE = {
    "reset_password": timedelta(minutes=60),
    "sign_up": timedelta(hours=24),
    "change_email": timedelta(hours=24),
    "keep_email": timedelta(days=7),
}
_KEPT = timedelta(days=7)

# The links of a person, or of an address that belongs to nobody yet.
_END_OLDER = text(
    """
    delete from mail_links where purpose = :purpose and user_id is not distinct from cast(:user_id as bigint)
      and (user_id is not null or email = :email)
    """
)
_ADD = text(
    """
    insert into mail_links (purpose, token_hash, user_id, email, expires_at)
    values (:purpose, :token_hash, :user_id, :email, :expires_at)
    """
)
_FIND = text(
    """
    select user_id, email, expires_at from mail_links
    where purpose = :purpose and token_hash = :token_hash and used_at is null and expires_at > :now
    """
)
_USE = text(
    """
    update mail_links set used_at = :now
    where purpose = :purpose and token_hash = :token_hash and used_at is null and expires_at > :now
    returning user_id, email, expires_at
    """
)


class LinkGone(NotFound):
    """The link is unknown, used, withdrawn or too old; all four read the same."""

    def __init__(self) -> None:
        ShopfleetError.__init__(
            self,
            said(
                "This link does not work any more: it was used, withdrawn, or is too old. Ask for a new one."
            ),
        )
        self.what = "Link"


@dataclass(frozen=True)
class Link:
    """What a link is about; `user_id` is empty while somebody signs up."""

    user_id: int | None
    email: str
    expires_at: datetime


def issue_link(session: Session, purpose: str, email: str, user_id: int | None = None) -> str:
    """Makes a link and returns its secret; older ones of the same purpose and person end."""
    who = {"purpose": purpose, "user_id": user_id, "email": email}
    session.execute(_END_OLDER, who)
    secret = new_secret()
    values = who | {"token_hash": secret_hash(secret), "expires_at": machine_now() + LIFE[purpose]}
    session.execute(_ADD, values)
    return secret


def find_link(session: Session, purpose: str, secret: str) -> Link:
    """What the link is about, without using it. Raises LinkGone."""
    return _link(session, _FIND, purpose, secret)


def use_link(session: Session, purpose: str, secret: str) -> Link:
    """Uses the link: of two at the same moment one wins. Raises LinkGone."""
    return _link(session, _USE, purpose, secret)


def end_links(session: Session, user_id: int, purposes: Sequence[str]) -> None:
    """Ends a person's links of these purposes, used ones included."""
    session.execute(
        text("delete from mail_links where user_id = :user_id and purpose = any(:purposes)"),
        {"user_id": user_id, "purposes": list(purposes)},
    )


def forget_old_links(session: Session, now: datetime) -> None:
    """Takes away links that ended a week ago."""
    session.execute(text("delete from mail_links where expires_at < :before"), {"before": now - _KEPT})


def _link(session: Session, statement: TextClause, purpose: str, secret: str) -> Link:
    values = {"purpose": purpose, "token_hash": secret_hash(secret), "now": machine_now()}
    row = session.execute(statement, values).one_or_none()
    if row is None:
        raise LinkGone
    return Link(row.user_id, row.email, row.expires_at)
