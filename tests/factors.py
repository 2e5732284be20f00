"""Second factors for people of the desk, as if they had been enrolled long ago."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.clock import machine_now
from agency.services.factors import Holder
from agency.services.recovery_codes import make_codes
from agency.services.sealing import Keyring
from agency.services.totp import STEP, begin_app, confirm_app
from tests.databases import MASTER_KEY
from tests.desk import Desk
from tests.moving import move_clock

KEYRING = Keyring(MASTER_KEY)


@dataclass(frozen=True)
class Phone:
    """A phone with an authenticator app, and the recovery codes on paper."""

    factor_id: str
    secret: str
    codes: list[str]

    def code(self, steps: int = 0) -> str:
        """The code that the app shows now, or some steps later."""
        return pyotp.TOTP(self.secret).at(machine_now() + timedelta(seconds=STEP * steps))


def holder(session: Session, person: str, session_id: int = 0) -> Holder:
    """A person of the desk as the owner of factors."""
    email = f"{person}@example.test"
    return Holder(
        session.scalars(text("select id from users where email = :e"), {"e": email}).one(), session_id, email
    )


def enrol(desk: Desk, person: str, label: str = "Phone") -> Phone:
    """Gives the person an app (its first code was that of an hour ago) and recovery codes."""
    with desk.system() as session, pytest.MonkeyPatch.context() as patch:
        move_clock(patch, hours=-1)
        owner = holder(session, person)
        new = begin_app(session, KEYRING, owner, label)
        confirm_app(session, KEYRING, owner, new.factor_id, pyotp.TOTP(new.secret).at(machine_now()))
        return Phone(new.factor_id, new.secret, make_codes(session, owner.user_id))


def take_away(desk: Desk) -> None:
    """Nobody has a factor, nobody needs one, nobody is signed in, no mail waits."""
    with desk.owner() as connection:
        for table in ("challenges", "second_factors", "recovery_codes", "sessions", "mails"):
            connection.execute(f"delete from {table}")
        connection.execute("update agencies set requires_second_factor = false")


def mails(desk: Desk) -> list[tuple[str, str, str]]:
    """Recipient, subject and text of the queued mails, oldest first."""
    with desk.system() as session:
        rows = session.execute(
            text("select public_id, recipient, subject, sealed_body from mails order by id")
        ).all()
    return [
        (
            row.recipient,
            row.subject,
            KEYRING.open_system(f"mails.sealed_body:{row.public_id}", row.sealed_body).decode(),
        )
        for row in rows
    ]
