"""A forgotten password: a link by mail, then a new one. It proves the mailbox, never the second factor.

Asking does the same work for an address with an account and for one without: the same statements, one seal, one row.
"""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.domain.emails import normal_email
from agency.services.audit import Act
from agency.services.mail_links import LinkGone, end_links, find_link, issue_link, use_link
from agency.services.mail_texts import password_changed_letter, reset_letter
from agency.services.mails import MailDesk
from agency.services.passwords import hash_password
from agency.services.people import PersonRow, end_sessions, find_person, lock_person, record_in_agencies

_SET = text("update users set password_hash = :hash, password_changed_at = :now where id = :id")


def request_reset(desk: MailDesk, email: str) -> None:
    """Sends a link if there is an account; the caller cannot tell. Raises Invalid for text that is no address."""
    email = normal_email(email)
    person = find_person(desk.session, email)
    secret = issue_link(desk.session, "reset_password", email, person.id if person else None)
    desk.send(email, reset_letter(desk.link(f"/reset/{secret}")), really=person is not None)


def check_reset(session: Session, secret: str) -> None:
    """Raises LinkGone unless the link still works."""
    find_link(session, "reset_password", secret)


def finish_reset(desk: MailDesk, secret: str, password: str, address: str = "") -> str:
    """Sets the new password, signs the person out everywhere, ends other links, and tells them by mail.

    Returns the e-mail address, whose mail the person has just proved to read.

    Raises LinkGone, and Invalid for a password that is refused.
    """
    link = use_link(desk.session, "reset_password", secret)
    person = lock_person(desk.session, link.user_id)
    if person is None:
        raise LinkGone
    set_password(desk, person, password)
    end_sessions(desk.session, person.id)
    record_in_agencies(desk.session, person, Act("member.password_reset"), address)
    return person.email


def set_password(desk: MailDesk, person: PersonRow, password: str) -> None:
    """Stores a new password and tells the person by mail; links that an intruder may have asked for end.

    Raises Invalid.
    """
    hashed = hash_password(password, person.known)
    desk.session.execute(_SET, {"hash": hashed, "now": machine_now(), "id": person.id})
    end_links(desk.session, person.id, ("reset_password", "change_email", "keep_email"))
    desk.send(person.email, password_changed_letter(desk.link("/forgot")))
