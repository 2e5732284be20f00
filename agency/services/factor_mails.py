"""Mails to a person about their own second factors, so that a change by somebody else does not stay unseen."""

from __future__ import annotations

from sqlalchemy.orm import Session

from agency.services.factors import Holder
from agency.services.mails import queue_mail
from agency.services.recovery_codes import CodesLeft
from agency.services.sealing import Keyring

_NOT_YOU = (
    "If this was not you, sign in now, change your password, and look at your second factors under Account. "
    "Tell the owner of your agency too."
)


def tell_of_change(session: Session, keyring: Keyring, holder: Holder, what: str) -> None:
    """`what` is a whole sentence, such as "The passkey “Laptop” was added."."""
    _queue(session, keyring, holder, "Your second factors have changed", what)


def tell_of_recovery_code(session: Session, keyring: Keyring, holder: Holder, codes: CodesLeft) -> None:
    """A recovery code was used; says how many are left, and what to do when they are few."""
    said = f"One of your recovery codes was used. {codes.left} of {codes.made} still work."
    if codes.few:
        said += " Make new ones under Account, Second factors, before you need them."
    subject = "Few recovery codes are left" if codes.few else "A recovery code was used"
    _queue(session, keyring, holder, subject, said)


def tell_of_wrong_codes(session: Session, keyring: Keyring, holder: Holder) -> None:
    """A session was ended after too many wrong proofs."""
    _queue(
        session,
        keyring,
        holder,
        "Too many wrong codes at sign-in",
        "Somebody who is signed in as you, or knows your password, gave too many wrong codes or passwords. That "
        "session was ended.",
    )


def _queue(session: Session, keyring: Keyring, holder: Holder, subject: str, said: str) -> None:
    queue_mail(session, keyring, holder.email, subject, f"Hello,\n\n{said}\n\n{_NOT_YOU}\n")
