"""Fictitious buyers and addresses, clear and masked, in TikTok's form."""

from __future__ import annotations

import random

from agency.simulator.book import Doc

_FIRST = (
    "Avery",
    "Blake",
    "Casey",
    "Dana",
    "Elliot",
    "Frankie",
    "Harper",
    "Jamie",
    "Logan",
    "Morgan",
    "Quinn",
    "Riley",
)
_LAST = (
    "Alder",
    "Birch",
    "Carver",
    "Dale",
    "Ember",
    "Fielding",
    "Grove",
    "Hollis",
    "Lark",
    "Marlow",
    "Pell",
    "Sample",
)
_STREETS = (
    "Alder Grove Ln",
    "Birch St",
    "Cedar Ave",
    "Dogwood Dr",
    "Elm Ct",
    "Foxglove Rd",
    "Garnet Way",
    "Hazel Pl",
)
_GB_STREETS = ("Alder Road", "Bramble Lane", "Church Walk", "Dene Street", "Elm Grove", "Fern Close")
# city, county, state, state code, ZIP prefix of four digits
_US_CITIES = (
    ("Springfield", "Lane", "Oregon", "OR", "9747"),
    ("Tacoma", "Pierce", "Washington", "WA", "9840"),
    ("Austin", "Travis", "Texas", "TX", "7870"),
    ("Columbus", "Franklin", "Ohio", "OH", "4321"),
    ("Denver", "Denver", "Colorado", "CO", "8020"),
    ("Nashville", "Davidson", "Tennessee", "TN", "3720"),
    ("Raleigh", "Wake", "North Carolina", "NC", "2760"),
    ("Phoenix", "Maricopa", "Arizona", "AZ", "8500"),
    ("Albany", "Albany", "New York", "NY", "1220"),
    ("Madison", "Dane", "Wisconsin", "WI", "5370"),
)
_GB_CITIES = (
    ("Leeds", "West Yorkshire", "England", "LS1"),
    ("Bristol", "Bristol", "England", "BS1"),
    ("Norwich", "Norfolk", "England", "NR2"),
    ("Cardiff", "Cardiff", "Wales", "CF10"),
    ("Glasgow", "Glasgow City", "Scotland", "G1"),
)


def make_address(region: str, rng: random.Random, kind: str = "street") -> Doc:
    """A clear address; `kind` is "street", "po_box" or "military" (the last two in the US only)."""
    first, last = rng.choice(_FIRST), rng.choice(_LAST)
    if region == "GB":
        return _gb_address(first, last, rng)
    city, county, state, code, zip_head = rng.choice(_US_CITIES)
    line1, line2 = f"{rng.randint(100, 9899)} {rng.choice(_STREETS)}", ""
    if rng.random() < 0.3:
        line2 = f"Apt {rng.randint(1, 40)}"
    zip_code = f"{zip_head}{rng.randint(1, 9)}"
    if kind == "po_box":
        line1, line2 = f"PO Box {rng.randint(100, 9999)}", ""
    if kind == "military":
        city, county, state, code, zip_code = (
            "APO",
            "",
            "Armed Forces Europe",
            "AE",
            f"09{rng.randint(100, 899)}",
        )
        line1, line2 = f"PSC {rng.randint(1, 99)} Box {rng.randint(100, 9999)}", ""
    levels = [("L0", "Country", "United States", "US"), ("L1", "State", state, code)]
    levels += [("L2", "County", county, ""), ("L3", "City", city, "")]
    phone = f"(+1)555010{rng.randint(1000, 9999)}"
    return _address("US", (first, last, phone, zip_code), (line1, line2), levels)


def _gb_address(first: str, last: str, rng: random.Random) -> Doc:
    city, county, country, outward = rng.choice(_GB_CITIES)
    line1 = f"{rng.randint(1, 240)} {rng.choice(_GB_STREETS)}"
    postcode = f"{outward} {rng.randint(1, 9)}{rng.choice('ABDEFG')}{rng.choice('HJLNPQ')}"
    phone = f"(+44)770090{rng.randint(1000, 9999)}"
    levels = [("L0", "Country", "United Kingdom", "GB"), ("L1", "Country part", country, "")]
    levels += [("L2", "County", county, ""), ("L3", "City", city, "")]
    address = _address("GB", (first, last, phone, postcode), (line1, ""), levels)
    address["post_town"] = city.upper()
    return address


def _address(
    region: str,
    who: tuple[str, str, str, str],
    lines: tuple[str, str],
    levels: list[tuple[str, str, str, str]],
) -> Doc:
    first, last, phone, postcode = who
    detail = " ".join(line for line in lines if line)
    districts: list[Doc] = []
    for level, level_name, name, code in levels:
        row = {"address_level": level, "address_level_name": level_name, "address_name": name}
        districts.append({**row, "iso_code": code} if code else row)
    return {
        "full_address": ", ".join(
            [row["address_name"] for row in districts if row["address_name"]] + [detail]
        ),
        "name": f"{first} {last}",
        "first_name": first,
        "last_name": last,
        "phone_number": phone,
        "region_code": region,
        "postal_code": postcode,
        "address_line1": lines[0],
        "address_line2": lines[1],
        "address_line3": "",
        "address_line4": "",
        "address_detail": detail,
        "delivery_preferences": {"drop_off_location": "Front Door"},
        "district_info": districts,
    }


def empty_address(region: str) -> Doc:
    """What an order shows before the hold is over."""
    names = (
        "full_address",
        "name",
        "first_name",
        "last_name",
        "phone_number",
        "postal_code",
        "address_line1",
    )
    blank: Doc = dict.fromkeys((*names, "address_line2", "address_detail"), "")
    return {**blank, "region_code": region, "district_info": []}


def starred_address(clear: Doc) -> Doc:
    """What an order shows once the buyer's data is closed: names, street, phone and code are starred."""
    phone = clear["phone_number"]
    shown = ("L0", "L1", "L2")
    rows = clear["district_info"]
    districts = [row if row["address_level"] in shown else {**row, "address_name": "***"} for row in rows]
    open_names = [row["address_name"] for row in rows if row["address_level"] in shown]
    return {
        **clear,
        "full_address": ", ".join([*open_names, "***"]),
        "name": f"{clear['first_name'][:1]}**** {clear['last_name'][:1]}*****",
        "first_name": clear["first_name"][:1] + "****",
        "last_name": clear["last_name"][:1] + "*****",
        "phone_number": phone[:7] + "****" + phone[-2:],
        "postal_code": clear["postal_code"][:2] + "***",
        "address_line1": clear["address_line1"][:2] + "* ****",
        "address_line2": "***",
        "address_detail": clear["address_line1"][:2] + "* ****",
        "delivery_preferences": {},
        "district_info": districts,
    }
