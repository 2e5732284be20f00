"""E-mail addresses: one form for all of them, without anything that a mail's header could be broken with."""

from __future__ import annotations

import re

from agency.domain.errors import Invalid

LONGEST_EMAIL = 254  # RFC 5321, 4.5.3.1.3, without the angle brackets
# The HTML standard's "valid e-mail address" (section 4.10.5.1.5), its local part at most 64 characters (RFC 5321).
# ASCII only: look-alike letters cannot make two addresses read the same.
_LABEL = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
EMAIL_PATTERN = rf"^[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@{_LABEL}(\.{_LABEL})*$"
_EMAIL = re.compile(EMAIL_PATTERN)


def normal_email(text: str, field: str = "email") -> str:
    """The address in lower case without spaces around it. Raises Invalid, naming the field."""
    email = text.strip()
    if len(email) > LONGEST_EMAIL or not _EMAIL.fullmatch(email):
        raise Invalid(field, "Write an e-mail address such as maya@example.test.")
    return email.lower()
