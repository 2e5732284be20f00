"""A mail in the form that travels (RFC 5322), safe against text that would make a header of its own."""

from __future__ import annotations

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from agency.domain.emails import normal_email
from agency.domain.errors import Invalid
from agency.integrations.notify.port import OutgoingMail

# Long lines stay whole, so that a link is not cut; RFC 5322, 2.1.1 allows 998 characters.
_POLICY = SMTP.clone(max_line_length=900)


class BadMail(ValueError):
    """The mail cannot be put into a form that travels."""


def build_message(mail: OutgoingMail, sender: str) -> EmailMessage:
    """The message. `sender` is an address, or a name with one in brackets. Raises BadMail."""
    message = EmailMessage(policy=_POLICY)
    try:
        message["From"] = _address(sender)
        message["To"] = Address(addr_spec=normal_email(mail.recipient))
        message["Subject"] = _one_line(mail.subject)
    except (Invalid, ValueError) as error:
        raise BadMail("the recipient or the sender is not an address") from error
    message["Date"] = format_datetime(mail.written_at)
    message["Message-ID"] = f"<{mail.mail_id}@{sender_address(sender).partition('@')[2]}>"
    # RFC 3834: an answering machine stays silent.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.body)
    return message


def sender_address(sender: str) -> str:
    """The bare address of a sender. Raises Invalid."""
    return normal_email(parseaddr(sender)[1])


def _address(sender: str) -> Address:
    return Address(display_name=_one_line(parseaddr(sender)[0]), addr_spec=sender_address(sender))


def _one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:200]
