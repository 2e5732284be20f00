"""A proof that the caller is the person of the session: a second factor, or the password of somebody without one."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from agency.domain.said import said
from agency.models.accounts import User
from agency.services.factor_mails import tell_of_recovery_code
from agency.services.factors import Holder, has_factor
from agency.services.passkeys import Site, take_assertion
from agency.services.passwords import verify_password
from agency.services.recovery_codes import codes_left, take_recovery_code
from agency.services.sealing import Keyring
from agency.services.totp import clean_code, take_app_code

# One sentence for a wrong, a used and an expired code.
WRONG_CODE = said(
    "This code does not work. Type the one that your app shows now, or an unused recovery code."
)
WRONG_PASSWORD = said("The password is not right. Type it again.")
WRONG_KEY = said("This passkey was not accepted. Try again, or type a code.")
_APP_CODE = 6


@dataclass(frozen=True)
class Proof:
    """What the caller gave, one of the three: a code (of an app, or a recovery code), a passkey's answer, a password.

    `site` is whom a passkey's answer must be for.
    """

    code: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    credential: str = field(default="", repr=False)
    site: Site | None = None

    @property
    def given(self) -> str:
        """The name of the field that was filled in."""
        if self.credential:
            return "credential"
        return "password" if self.password and not self.code else "code"

    @property
    def wrong(self) -> str:
        """What to say when it does not hold."""
        return {"credential": WRONG_KEY, "password": WRONG_PASSWORD}.get(self.given, WRONG_CODE)


def holds(session: Session, keyring: Keyring, holder: Holder, proof: Proof, challenge: bytes) -> bool:
    """True when the proof is right; codes and challenges are used up by it. A password proves only who has no factor.

    A recovery code that was used is told to the person by mail.
    """
    if proof.credential:
        return proof.site is not None and take_assertion(
            session, holder.user_id, proof.site, challenge, proof.credential
        )
    if proof.given == "password":
        return not has_factor(session, holder.user_id) and _is_password(session, holder, proof.password)
    code = clean_code(proof.code)
    if len(code) == _APP_CODE and code.isdigit():
        return take_app_code(session, keyring, holder.user_id, code)
    if take_recovery_code(session, holder.user_id, code):
        tell_of_recovery_code(session, keyring, holder, codes_left(session, holder.user_id))
        return True
    return False


def _is_password(session: Session, holder: Holder, password: str) -> bool:
    known = session.scalar(select(User.password_hash).where(User.id == holder.user_id))
    return verify_password(known, password)
