"""Mails to a person about their own second factors, so that a change by somebody else does not stay unseen."""

from __future__ import annotations

from sqlalchemy.orm import Session

from agency.domain.said import said
from agency.services.factors import Holder
from agency.services.mails import Letter, queue_mail
from agency.services.recovery_codes import CodesLeft
from agency.services.sealing import Keyring

_HELLO = said("Hello,")
_NOT_YOU = said(
    "If this was not you, sign in now, change your password, and look at your second factors "
    "under Account. Tell the owner of your agency too."
)


def tell_of_change(session: Session, keyring: Keyring, holder: Holder, what: str) -> None:
    """`what` is a whole sentence, such as "The passkey “Laptop” was added."."""
    _queue(session, keyring, holder, said("Your second factors have changed"), what)


def tell_of_recovery_code(session: Session, keyring: Keyring, holder: Holder, codes: CodesLeft) -> None:
    """A recovery code was used; says how many are left, and what to do when they are few."""
    words = said(
        "One of your recovery codes was used. {left} of {made} still work.", left=codes.left, made=codes.made
    )
    if codes.few:
        words += " " + said("Make new ones under Account, Second factors, before you need them.")
    subject = said("Few recovery codes are left") if codes.few else said("A recovery code was used")
    _queue(session, keyring, holder, subject, words)


def tell_of_wrong_codes(session: Session, keyring: Keyring, holder: Holder) -> None:
    """A session was ended after too many wrong proofs."""
    _queue(
        session,
        keyring,
        holder,
        said("Too many wrong codes at sign-in"),
        said(
            "Somebody who is signed in as you, or knows your password, gave too many wrong codes or "
            "passwords. That session was ended."
        ),
    )


def letter(subject: str, words: str) -> Letter:
    """What such a mail says: what happened, and what to do when it was somebody else."""
    return Letter(subject, "\n\n".join((_HELLO, words, _NOT_YOU)) + "\n")


def _queue(session: Session, keyring: Keyring, holder: Holder, subject: str, words: str) -> None:
    mail = letter(subject, words)
    queue_mail(session, keyring, holder.email, mail.subject, mail.body)
