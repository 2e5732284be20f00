"""A new agency: by an address that is proven first, or by somebody who is signed in.

Whoever asks types an address and nothing else, so that no stranger's text reaches another person's mailbox; name,
agency and password are chosen behind the link.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.domain.emails import normal_email
from agency.domain.errors import Invalid
from agency.services.audit import Act, record_act_of
from agency.services.callers import SignedIn
from agency.services.clients import list_time_zones
from agency.services.mail_links import find_link, issue_link, use_link
from agency.services.mail_texts import known_address_letter, sign_up_letter
from agency.services.mails import MailDesk
from agency.services.memberships import Person, create_agency_with_owner
from agency.services.passwords import verify_password
from agency.services.people import find_person

OWN_ZONES = ("UTC",)


@dataclass(frozen=True)
class NewAgency:
    """What is chosen behind the link. Somebody with an account gives the password of that account."""

    agency_name: str
    name: str
    password: str = field(repr=False)
    time_zone: str = "UTC"


@dataclass(frozen=True)
class SignUp:
    """What the link is about. `has_account`: the address has an account, whose password is asked for."""

    email: str
    has_account: bool


def request_sign_up(desk: MailDesk, email: str) -> None:
    """Sends a mail in any case: a link, or the word that there is an account. The caller cannot tell which.

    Somebody whose every role has ended cannot sign in and gets the link. Raises Invalid for text that is no address.
    """
    email = normal_email(email)
    person = find_person(desk.session, email)
    secret = issue_link(desk.session, "sign_up", email)
    letter = sign_up_letter(desk.link(f"/signup/{secret}"))
    known = known_address_letter(desk.link("/login"))
    desk.send(email, known if person is not None and person.has_workspace else letter)


def read_sign_up(session: Session, secret: str) -> SignUp:
    """What the link is about. Raises LinkGone."""
    email = find_link(session, "sign_up", secret).email
    return SignUp(email, find_person(session, email) is not None)


def finish_sign_up(session: Session, secret: str, new: NewAgency, address: str = "") -> SignUp:
    """Makes the agency with its owner; the caller then signs in with the same password.

    Raises LinkGone, and Invalid naming the field.
    """
    email = use_link(session, "sign_up", secret).email
    person = find_person(session, email)
    if person is not None and not verify_password(person.password_hash, new.password):
        raise Invalid("password", "This is not the password of your account.")
    check_time_zone(new.time_zone)
    owner = Person(email, new.name, new.password, new.time_zone)
    _create(session, new.agency_name, owner, address)
    return SignUp(email, person is not None)


def add_agency(session: Session, caller: SignedIn, agency_name: str) -> str:
    """Makes another agency of somebody who is signed in; returns the new membership's id. Raises Invalid."""
    owner = Person(caller.email, caller.user_name, "", caller.time_zone)
    return _create(session, agency_name, owner, caller.scope.address)


def check_time_zone(time_zone: str) -> None:
    """Raises Invalid for a name that is not a zone of the list."""
    if time_zone not in (*OWN_ZONES, *list_time_zones()):
        raise Invalid("time_zone", "Choose a time zone from the list, for example America/New_York.")


def _create(session: Session, agency_name: str, owner: Person, address: str) -> str:
    made = create_agency_with_owner(session, agency_name, owner)
    query = text("select public_id from memberships where agency_id = :agency_id")
    membership_id = str(session.execute(query, {"agency_id": made.agency_id}).scalar_one())
    act = Act("agency.created", "membership", membership_id)
    record_act_of(session, made.agency_id, f"user:{made.user_id}", act, address)
    return membership_id
