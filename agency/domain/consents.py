"""A client's consent that buyers' addresses go to a supplier: who needs one, and the words that are agreed to.

A change of the words gets a new version; what was agreed to before stays as it was shown.
"""

from __future__ import annotations

from agency.domain.said import said

TEXT_VERSION = "2026-11"
# Kinds of suppliers that send the parcel themselves and so must be told where it goes; own stock tells nobody.
RECEIVES_ADDRESSES = ("rest", "cj", "manual")
MISSING = "consent_missing"  # the blocker's code

_TEXT = said(
    "{client} agrees that the agency passes what {supplier} needs to send a parcel to "
    "{supplier}: the buyer's name, phone number and address, with the items of that order. "
    "Nothing else of the buyer is passed on. The consent holds for orders that are bought "
    "from now on, and {client} may withdraw it at any time; from then on nothing new is "
    "bought there."
)


def needs_consent(kind: str) -> bool:
    """True for a kind of supplier that is told buyers' addresses."""
    return kind in RECEIVES_ADDRESSES


def consent_text(client: str, supplier: str) -> str:
    """What the client agrees to, in the version `TEXT_VERSION`."""
    return _TEXT.format(client=client, supplier=supplier)


def missing_sentence(client: str, supplier: str) -> str:
    """Why nothing is bought there, with the remedy."""
    return said(
        "{client} has not agreed that {supplier} gets buyers' addresses. Record the consent at the supplier.",
        client=client,
        supplier=supplier,
    )
