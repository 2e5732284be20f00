"""E-mail addresses: one form for all of them, without anything that a mail's header could be broken with."""

from __future__ import annotations

import re

from agency.domain.errors import Invalid

# The HTML standard's "valid e-mail address" (section 4.10.5.1.5), with lengths after RFC 5321, 4.5.3.1. ASCII only:
# look-alike letters cannot make two addresses read the same.
_EMAIL = re.compile(
    r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@"
    r"(?=.{1,190}\Z)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*"
)


def normal_email(text: str, field: str = "email") -> str:
    """The address in lower case without spaces around it. Raises Invalid, naming the field."""
    email = text.strip().lower()
    if not _EMAIL.fullmatch(email):
        raise Invalid(field, "Write an e-mail address such as maya@example.test.")
    return email
