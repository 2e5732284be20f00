"""A new e-mail address, with confirmation on both sides: it changes once both addresses have said yes.

    request -> link to the new address (24 hours) ---- yes --\\
            -> link to the old address (7 days)  ----- yes ---+-> changed, other devices signed out
                                                  \\--- no ----> both links end, nothing changes

Whoever has taken over a session, and even knows the password, still needs the old mailbox. Somebody who has lost the
old mailbox asks an owner of the agency for a new invitation.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.domain.emails import normal_email
from agency.domain.errors import Conflict, Invalid
from agency.services.audit import Act
from agency.services.callers import SignedIn
from agency.services.mail_links import LinkGone, end_links, find_link, issue_link, use_link
from agency.services.mail_texts import (
    address_changed_letter,
    new_address_letter,
    old_address_letter,
    taken_address_letter,
)
from agency.services.mails import MailDesk
from agency.services.own_account import get_own
from agency.services.people import PersonRow, end_sessions, find_person, lock_person, record_in_agencies

BOTH = ("change_email", "keep_email")
_YESES = text(
    """
    select email from mail_links where user_id = :user_id and purpose = 'change_email' and used_at is not null
      and exists (select from mail_links k where k.user_id = :user_id and k.purpose = 'keep_email'
        and k.used_at is not null)
    """
)
_WANTED = text(
    "select email from mail_links where user_id = :user_id and purpose = 'change_email' order by id desc limit 1"
)
_SET = text(
    "update users set email = :email where id = :id and not exists (select from users where email = :email)"
)


@dataclass(frozen=True)
class EmailChange:
    """A change that waits for a yes."""

    email: str


def request_email_change(desk: MailDesk, caller: SignedIn, email: str, password: str) -> None:
    """Asks both addresses. An address that has an account gets another mail, and the caller cannot tell.

    Raises Invalid for a wrong password, for text that is no address, and for the address as it is.
    """
    email = normal_email(email)
    person = get_own(desk.session, caller, password, "password")
    if email == person.email:
        raise Invalid("email", "This is your address already. Write the new one.")
    taken = find_person(desk.session, email)
    new_link = issue_link(desk.session, "change_email", email, person.id)
    old_link = issue_link(desk.session, "keep_email", person.email, person.id)
    ask = new_address_letter(desk.link(f"/email/new/{new_link}"))
    known = taken_address_letter(desk.link("/login"))
    desk.send(email, ask if taken is None else known)
    desk.send(person.email, old_address_letter(desk.link(f"/email/old/{old_link}"), email))
    record_in_agencies(desk.session, person, Act("member.email_change_asked"), caller.scope.address)


def read_email_change(session: Session, purpose: str, secret: str) -> EmailChange:
    """The change behind a link. Raises LinkGone."""
    link = find_link(session, purpose, secret)
    return EmailChange(_wanted(session, link.user_id))


def confirm_email_change(
    desk: MailDesk, purpose: str, secret: str, session_id: int | None = None, address: str = ""
) -> bool:
    """One side's yes; True when it was the second one and the address is changed now.

    `session_id` is the session that stays open. Raises LinkGone, and Conflict when the address was taken meanwhile.
    """
    link = use_link(desk.session, purpose, secret)
    # Held: of two yeses at the same moment the later one sees the other.
    person = lock_person(desk.session, link.user_id)
    if person is None:
        raise LinkGone
    email = desk.session.scalar(_YESES, {"user_id": person.id})
    if email is None:
        return False
    _change(desk, person, email, session_id)
    record_in_agencies(desk.session, person, Act("member.email_changed"), address)
    return True


def refuse_email_change(session: Session, secret: str, address: str = "") -> None:
    """The old address says no: both links end. Raises LinkGone."""
    link = use_link(session, "keep_email", secret)
    person = lock_person(session, link.user_id)
    if person is None:
        raise LinkGone
    end_links(session, person.id, BOTH)
    record_in_agencies(session, person, Act("member.email_kept"), address)


def _change(desk: MailDesk, person: PersonRow, email: str, session_id: int | None) -> None:
    done = desk.session.execute(_SET, {"email": email, "id": person.id})
    if not done.rowcount:  # type: ignore[attr-defined]
        raise Conflict("This address cannot be used any more. Ask for another change under your account.")
    end_links(desk.session, person.id, (*BOTH, "reset_password"))
    end_sessions(desk.session, person.id, but=session_id)
    for recipient in (person.email, email):
        desk.send(recipient, address_changed_letter(email))


def _wanted(session: Session, user_id: int | None) -> str:
    email = session.scalar(_WANTED, {"user_id": user_id})
    if email is None:
        raise LinkGone
    return str(email)
