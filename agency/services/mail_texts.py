"""What our mails say: plain text, short lines, the link on a line of its own. Pure.

Names that people gave themselves or their agency are put on one line and cut; an unknown address gets no mail that
carries text typed by a stranger.
"""

from __future__ import annotations

import textwrap
from datetime import datetime

from agency.domain.said import said
from agency.services.mails import Letter

_WIDTH = 72
ROLE_WORDS = {
    "owner": said("an owner"),
    "operator": said("an operator"),
    "viewer": said("a viewer"),
    "client_member": said("a client member"),
}
_NOT_YOU = said("If you did not ask for this, do nothing: without the link nothing changes.")


def sign_up_letter(link: str) -> Letter:
    """The link that finishes a sign-up."""
    return letter(
        said("Finish your Shopfleet sign-up"),
        said(
            "Somebody, hopefully you, wants to open an agency on Shopfleet with this address. Choose "
            "your name and password here; the link works once, within 24 hours:"
        ),
        link,
        _NOT_YOU,
    )


def known_address_letter(sign_in: str) -> Letter:
    """The answer to a sign-up with an address that has an account."""
    return letter(
        said("You have a Shopfleet account already"),
        said(
            "Somebody, hopefully you, wanted to sign up with this address, which has an account. Sign "
            "in, then add another agency under your account. Forgot your password? The sign-in page "
            "helps."
        ),
        sign_in,
        said("If it was not you, do nothing: nothing has changed."),
    )


def reset_letter(link: str) -> Letter:
    """The link to a new password."""
    return letter(
        said("Choose a new Shopfleet password"),
        said(
            "Somebody, hopefully you, asked for a new password. Choose it here; the link works once, "
            "within 60 minutes:"
        ),
        link,
        _NOT_YOU,
    )


def password_changed_letter(forgot: str) -> Letter:
    """Tells a person that the password is another one now."""
    return letter(
        said("Your Shopfleet password was changed"),
        said(
            "The password of your account was changed just now, and your other devices were signed "
            "out. Was it not you? Choose a new one at once:"
        ),
        forgot,
    )


def invitation_letter(link: str, agency: str, role: str, inviter: str, until: datetime) -> Letter:
    """An offer of a role."""
    agency, inviter = one_line(agency), one_line(inviter)
    return letter(
        said("{agency} invites you to Shopfleet", agency=agency),
        said(
            "{inviter} invites you to {agency} as {role}. Accept here; the link works once, until {moment}:",
            inviter=inviter,
            agency=agency,
            role=ROLE_WORDS[role],
            moment=_moment(until),
        ),
        link,
        said("The link is for you alone. If you do not know the sender, do nothing."),
    )


def new_address_letter(link: str) -> Letter:
    """Asks the new address to confirm."""
    return letter(
        said("Confirm your new address for Shopfleet"),
        said(
            "Somebody, hopefully you, wants to use this address for an account. Confirm it here "
            "within 24 hours; the former address is asked too:"
        ),
        link,
        _NOT_YOU,
    )


def taken_address_letter(sign_in: str) -> Letter:
    """The answer to a new address that belongs to an account already."""
    return letter(
        said("This address has a Shopfleet account"),
        said(
            "Somebody, hopefully you, wanted to use this address for another account. It has one "
            "already, so nothing was changed. You can sign in with it:"
        ),
        sign_in,
    )


def old_address_letter(link: str, new_email: str) -> Letter:
    """Asks the former address for its yes, or for a no."""
    return letter(
        said("Your Shopfleet address is about to change"),
        said(
            "Somebody, hopefully you, asked to change the address of your account to {email}. That "
            "happens only with your yes. Say yes or no here within 7 days:",
            email=new_email,
        ),
        link,
        said("If it was not you, open the link, keep your address, and choose a new password."),
    )


def address_changed_letter(new_email: str) -> Letter:
    """Tells both addresses that the change is done."""
    return letter(
        said("Your Shopfleet address was changed"),
        said(
            "Your account's address is {email} now; other devices were signed out. If you did not "
            "want this, tell an owner of your agency today.",
            email=new_email,
        ),
    )


def one_line(name: str) -> str:
    """A name on one line, at most 80 characters, without anything invisible."""
    return " ".join("".join(c if c.isprintable() else " " for c in name).split())[:80]


def letter(subject: str, *parts: str) -> Letter:
    """A mail of these paragraphs, folded; a link is a paragraph of its own."""
    folded = [
        part
        if part.startswith(("http://", "https://"))
        else textwrap.fill(part, _WIDTH, break_long_words=False)
        for part in parts
    ]
    return Letter(subject, "\n\n".join([*folded, "Shopfleet"]) + "\n")


def _moment(at: datetime) -> str:
    return f"{at.day} {at:%B %Y, %H:%M} UTC"
