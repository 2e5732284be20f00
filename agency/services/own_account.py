"""What people change about themselves: name, time zone, language, password. On the system login, own rows only."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.domain.errors import Invalid, SignInRequired
from agency.domain.said import LANGUAGES
from agency.services.audit import Act
from agency.services.callers import SignedIn
from agency.services.mails import MailDesk
from agency.services.memberships import check_name
from agency.services.passwords import verify_password
from agency.services.people import PersonRow, end_sessions, lock_person, record_in_agencies
from agency.services.resets import set_password
from agency.services.sign_up import check_time_zone

_SET = text("update users set name = :name, time_zone = :time_zone, language = :language where id = :id")


@dataclass(frozen=True)
class Profile:
    """How a person is called, and in which zone and language they read; no language follows their browser."""

    name: str
    time_zone: str
    language: str = ""


def change_profile(session: Session, caller: SignedIn, profile: Profile) -> None:
    """Sets the caller's name, time zone and language. Raises Invalid naming the field."""
    name = check_name(profile.name)
    check_time_zone(profile.time_zone)
    if profile.language not in ("", *LANGUAGES):
        raise Invalid("language", "Choose a language from the list.")
    values = {"name": name, "time_zone": profile.time_zone, "language": profile.language}
    session.execute(_SET, {**values, "id": caller.scope.user_id})


def change_password(desk: MailDesk, caller: SignedIn, current: str, new: str) -> None:
    """Sets a new password; other devices are signed out and a mail tells the person.

    Raises Invalid when `current` is not right or the new one is refused.
    """
    person = get_own(desk.session, caller, current, "current_password")
    set_password(desk, person, new)
    end_sessions(desk.session, person.id, but=caller.session_id)
    record_in_agencies(desk.session, person, Act("member.password_changed"), caller.scope.address)


def get_own(session: Session, caller: SignedIn, password: str, field: str) -> PersonRow:
    """The caller's own row, locked, once the password is right. Raises Invalid for `field`, and SignInRequired."""
    person = lock_person(session, caller.scope.user_id)
    if person is None:
        raise SignInRequired
    if not verify_password(person.password_hash, password):
        raise Invalid(field, "This is not your password.")
    return person
