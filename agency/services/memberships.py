"""New agencies and their people; on the system login, since people belong to no single agency."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from agency.domain.emails import normal_email
from agency.domain.errors import Conflict, Invalid
from agency.domain.said import said
from agency.domain.scope import ROLES
from agency.models.accounts import Agency, Membership, User
from agency.services.passwords import hash_password

LONGEST_NAME = 120


@dataclass(frozen=True)
class Person:
    """Somebody who shall be able to sign in. For an e-mail that is known, name and password stay as they are."""

    email: str
    name: str
    password: str = field(repr=False)
    time_zone: str = "UTC"


@dataclass(frozen=True)
class AgencyMade:
    """Internal keys of a new agency and its owner."""

    agency_id: int
    user_id: int


def create_agency_with_owner(
    session: Session, agency_name: str, owner: Person, brand_colour: str = "#1b1f28"
) -> AgencyMade:
    """Makes an agency and its first owner. Raises Invalid for a bad e-mail, name or password."""
    agency = Agency(name=_agency_name(agency_name), brand_colour=brand_colour)
    session.add(agency)
    session.flush()
    return AgencyMade(agency.id, add_member(session, agency.id, owner, "owner"))


def add_member(
    session: Session, agency_id: int, person: Person, role: str, client_ids: list[int] | None = None
) -> int:
    """Gives a person a role and returns the user's id. `client_ids` narrows; a client member has exactly one.

    Raises Invalid for a bad field, and Conflict when the person has a role in this agency already.
    """
    _check_role(session, agency_id, role, client_ids)
    user = _find_or_add_user(session, person, session.get_one(Agency, agency_id).name)
    has_role = session.scalar(
        select(Membership.id).where(
            Membership.user_id == user.id, Membership.agency_id == agency_id, Membership.ended_at.is_(None)
        )
    )
    if has_role is not None:
        raise Conflict("This person has a role in the agency already. End that one first.")
    session.add(Membership(user_id=user.id, agency_id=agency_id, role=role, client_ids=client_ids))
    session.flush()
    return user.id


def _check_role(session: Session, agency_id: int, role: str, client_ids: list[int] | None) -> None:
    if role not in ROLES:
        raise Invalid("role", said("Choose one of {choices}.", choices=", ".join(ROLES)))
    if role == "client_member" and len(client_ids or []) != 1:
        raise Invalid("client_ids", "A client member belongs to exactly one client.")
    if client_ids:
        known = session.scalar(
            text("select count(*) from clients where agency_id = :agency_id and id = any(:ids)"),
            {"agency_id": agency_id, "ids": client_ids},
        )
        if known != len(set(client_ids)):
            raise Invalid("client_ids", "Choose clients of this agency.")


def check_name(name: str) -> str:
    """A person's name as it is kept. Raises Invalid."""
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise Invalid("name", said("Write a name of 1 to {most} characters.", most=LONGEST_NAME))
    return name


def _agency_name(name: str) -> str:
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise Invalid(
            "agency_name", said("Give the agency a name of 1 to {most} characters.", most=LONGEST_NAME)
        )
    return name


def _find_or_add_user(session: Session, person: Person, agency_name: str) -> User:
    email = normal_email(person.email)
    # Locked, so that two acts which give the same person a role follow one another.
    known = select(User).where(User.email == email).with_for_update()
    user = session.scalars(known).one_or_none()
    if user is not None and user.disabled_at is not None:
        raise Conflict("The account of this address is closed. Use another address.")
    if user is None:
        name = check_name(person.name)
        values = {
            "email": email,
            "name": name,
            "password_hash": hash_password(person.password, (email, name, agency_name)),
            "time_zone": person.time_zone,
        }
        added = insert(User).values(values).on_conflict_do_nothing(index_elements=["email"]).returning(User)
        user = session.scalars(added).one_or_none()
        if user is None:
            raise Conflict("This address got an account a moment ago. Open the link again and sign in.")
    return user
