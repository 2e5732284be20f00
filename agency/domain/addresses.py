"""A recipient's address: is it masked, what is wrong with it, and is it the same one as before."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass, fields

from agency.domain.said import said
from agency.domain.us_states import MILITARY, TERRITORIES, ZIP_PREFIXES, find_state_code, state_name

__all__ = [
    "Address", "AddressProblem", "address_problems", "fingerprint", "is_masked", "mask", "merge_contact",
    "postcode_key", "state_name",
]  # fmt: skip

# TikTok hides the recipient in these states (US notice of 2025-07-21; ON_HOLD since 2023-12-13).
_HIDDEN_STATUSES = frozenset({"UNPAID", "ON_HOLD", "CANCELLED"})
_STATED_REGIONS = frozenset({"US"})

_US_ZIP = re.compile(r"\d{5}(-?\d{4})?")
_GB_POSTCODE = re.compile(r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}")
_PO_BOX = re.compile(
    r"\bP(?:\. ?| )O\.? ?BOX\b|\bPO\.? BOX\b|\bPO\.?BOX ?#?\d|\bPOST OFFICE BOX\b|\bPOB \d", re.IGNORECASE
)
_MILITARY_POST = re.compile(r"\b[AFD]PO\b,? +A[AEP]\b|\bPSC \d+,? BOX\b|\bBFPO\b", re.IGNORECASE)
_CROWN_DEPENDENCIES = ("JE", "GY", "IM")  # own customs areas; many GB carriers charge extra or refuse


@dataclass(frozen=True)
class Address:
    """Where a parcel goes. `country` is an ISO code ("US"), `state` a code or a name; absent parts are empty texts."""

    name: str = ""
    phone: str = ""
    line1: str = ""
    line2: str = ""
    city: str = ""
    state: str = ""
    postal_code: str = ""
    country: str = ""

    def __repr__(self) -> str:
        # An address must not reach a log by way of an error text.
        return f"Address({self.country or '??'}, {len(self.postal_code)}-character postcode)"


@dataclass(frozen=True)
class AddressProblem:
    """What is wrong (`code`), where (`field`) and the remedy (`sentence`, which goes into lists and quotes nobody).

    `blocking` False marks an address that is complete but that not every carrier serves (PO box, military, territory).
    """

    code: str
    field: str
    sentence: str
    blocking: bool = True


def _looks_masked(address: Address) -> bool:
    if any("*" in getattr(address, part.name) for part in fields(address)):
        return True
    return not (address.name.strip() and address.line1.strip() and address.postal_code.strip())


def is_masked(address: Address | None, status: str = "") -> bool:
    """True when TikTok does not show the recipient: a star in any field, a main field empty, or a hiding status.

    The star pattern is not specified by TikTok, hence "anywhere". Source: recipient address masking notice, 2025-07-21.
    """
    return address is None or status in _HIDDEN_STATUSES or _looks_masked(address)


def merge_contact(stored: Address | None, incoming: Address | None, status: str = "") -> Address | None:
    """The address to keep: a masked one never overwrites a clear one; otherwise the newer one wins."""
    if stored is None or incoming is None:
        return incoming or stored
    if is_masked(incoming, status) and not _looks_masked(stored):
        return stored
    return incoming


def address_problems(address: Address, region: str) -> list[AddressProblem]:
    """Every problem of an address for a shop of `region`, all at once; an empty list means ready to buy for."""
    if any("*" in getattr(address, part.name) for part in fields(address)):
        return [
            AddressProblem(
                "masked",
                "address",
                said("The address is masked. Wait until TikTok shows it, or read it again."),
            )
        ]
    problems = _missing_parts(address, region)
    country = address.country.upper()
    if country and country != region and country not in TERRITORIES:
        problems.append(
            AddressProblem(
                "country_differs",
                "country",
                said("The country is {country}, the shop sells in {region}.", country=country, region=region),
            )
        )
    if region == "US":
        problems += _us_problems(address)
    elif region == "GB":
        problems += _gb_problems(address)
    return problems + _delivery_flags(address, region)


_REQUIRED = (
    ("name", "name_missing", said("The recipient's name is missing. Ask the buyer for it in TikTok's chat.")),
    ("line1", "line_missing", said("The street line is missing. Ask the buyer for it in TikTok's chat.")),
    ("city", "city_missing", said("The city is missing. Ask the buyer for it in TikTok's chat.")),
    (
        "postal_code",
        "postcode_missing",
        said("The postcode is missing. Ask the buyer for it in TikTok's chat."),
    ),
    ("state", "state_missing", said("The state is missing. Ask the buyer for it in TikTok's chat.")),
)


def _missing_parts(address: Address, region: str) -> list[AddressProblem]:
    problems = [
        AddressProblem(code, part, sentence)
        for part, code, sentence in _REQUIRED
        if not getattr(address, part).strip() and (part != "state" or region in _STATED_REGIONS)
    ]
    if not address.phone.strip():
        sentence = said(
            "The phone number is missing. Set the shop's fall-back number if the supplier wants one."
        )
        problems.append(AddressProblem("phone_missing", "phone", sentence, blocking=False))
    return problems


def _us_problems(address: Address) -> list[AddressProblem]:
    problems: list[AddressProblem] = []
    zip_code = address.postal_code.strip()
    zip_ok = bool(_US_ZIP.fullmatch(zip_code))
    if zip_code and not zip_ok:
        sentence = "The ZIP code needs 5 digits, or 5 and 4 (97477 or 97477-1234). Open the order to see it."
        problems.append(AddressProblem("postcode_invalid", "postal_code", sentence))
    code = find_state_code(address.state)
    if address.state.strip() and code is None:
        sentence = "The state is not a US state. It needs its two letters or full name."
        problems.append(AddressProblem("state_unknown", "state", sentence))
    if code and zip_ok and zip_code[:3] not in ZIP_PREFIXES[code]:
        sentence = said("The ZIP code does not lie in the state. Ask the buyer which is right before buying.")
        problems.append(AddressProblem("zip_state_differ", "postal_code", sentence))
    return problems


def _gb_problems(address: Address) -> list[AddressProblem]:
    postcode = " ".join(address.postal_code.upper().split())
    if not postcode or _GB_POSTCODE.fullmatch(postcode):
        return []
    sentence = said(
        "Postcode {postcode} is not a UK postcode (like SW1A 1AA). Ask the buyer for the right one.",
        postcode=repr(postcode[:12]),
    )
    return [AddressProblem("postcode_invalid", "postal_code", sentence)]


def _delivery_flags(address: Address, region: str) -> list[AddressProblem]:
    lines = f"{address.line1} {address.line2} {address.city} {address.state}"
    flags: list[AddressProblem] = []
    if _PO_BOX.search(lines):
        flags.append(
            _flag("po_box", "line1", said("A PO box: UPS, FedEx and most couriers do not deliver there."))
        )
    code = find_state_code(address.state) if region == "US" else None
    if code in MILITARY or _MILITARY_POST.search(lines):
        flags.append(
            _flag("military", "state", said("A military address: only the national post delivers there."))
        )
    postcode_area = address.postal_code.strip().upper()[:2]
    if (
        code in TERRITORIES
        or (region == "US" and address.country.upper() in TERRITORIES)
        or (region == "GB" and postcode_area in _CROWN_DEPENDENCIES)
    ):
        flags.append(
            _flag("territory", "state", said("An overseas territory: check that the supplier ships there."))
        )
    return flags


def _flag(code: str, part: str, sentence: str) -> AddressProblem:
    return AddressProblem(code, part, sentence, blocking=False)


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text).casefold()
    return " ".join(
        "".join(c if c.isalnum() else " " for c in folded if not unicodedata.combining(c)).split()
    )


def postcode_key(postcode: str, region: str) -> str:
    """A postcode reduced to what must agree between parcel and buyer: five digits in the US, no spaces elsewhere."""
    compact = re.sub(r"[^A-Z0-9]", "", postcode.upper())
    return compact[:5] if region == "US" else compact


def fingerprint(address: Address) -> str:
    """SHA-256 of the recipient and place, equal for two spellings of one address; the phone number does not count."""
    country = address.country.upper()
    state = (find_state_code(address.state) if country == "US" else None) or _plain(address.state)
    place = (address.name, address.line1, address.line2, address.city)
    parts = [_plain(part) for part in place] + [
        state.casefold(),
        postcode_key(address.postal_code, country),
        country,
    ]
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def mask(address: Address) -> Address:
    """The same address for people who need not know it: initials, first two characters of the postcode, the place."""
    name = " ".join(f"{word[0]}***" for word in address.name.split())
    return Address(
        name=name,
        phone=f"***{address.phone[-2:]}" if address.phone else "",
        line1="***" if address.line1 else "",
        line2="***" if address.line2 else "",
        city=address.city,
        state=address.state,
        postal_code=f"{address.postal_code[:2]}***" if address.postal_code else "",
        country=address.country,
    )
