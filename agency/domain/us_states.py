"""The 62 two-letter codes of US postal addresses with their names and the ZIP prefixes that belong to them.

Prefixes are the first three digits of a ZIP code, as ranges. A few ZIP codes on a state border serve both sides, so a
disagreement is a reason to look, never a reason to correct (TikTok compares the parcel's ZIP with the buyer's).
"""

from __future__ import annotations

_ROWS: tuple[tuple[str, str, str], ...] = (
    ("AL", "Alabama", "350-369"),
    ("AK", "Alaska", "995-999"),
    ("AZ", "Arizona", "850-865"),
    ("AR", "Arkansas", "716-729"),
    ("CA", "California", "900-961"),
    ("CO", "Colorado", "800-816"),
    ("CT", "Connecticut", "060-069"),
    ("DE", "Delaware", "197-199"),
    ("DC", "District of Columbia", "200 202-205 569"),
    ("FL", "Florida", "320-339 341-349"),
    ("GA", "Georgia", "300-319 398-399"),
    ("HI", "Hawaii", "967-968"),
    ("ID", "Idaho", "832-838"),
    ("IL", "Illinois", "600-629"),
    ("IN", "Indiana", "460-479"),
    ("IA", "Iowa", "500-528"),
    ("KS", "Kansas", "660-679"),
    ("KY", "Kentucky", "400-427"),
    ("LA", "Louisiana", "700-714"),
    ("ME", "Maine", "039-049"),
    ("MD", "Maryland", "206-219"),
    ("MA", "Massachusetts", "010-027 055"),
    ("MI", "Michigan", "480-499"),
    ("MN", "Minnesota", "550-567"),
    ("MS", "Mississippi", "386-397"),
    ("MO", "Missouri", "630-658"),
    ("MT", "Montana", "590-599"),
    ("NE", "Nebraska", "680-693"),
    ("NV", "Nevada", "889-898"),
    ("NH", "New Hampshire", "030-038"),
    ("NJ", "New Jersey", "070-089"),
    ("NM", "New Mexico", "870-884"),
    ("NY", "New York", "005 063 100-149"),
    ("NC", "North Carolina", "270-289"),
    ("ND", "North Dakota", "580-588"),
    ("OH", "Ohio", "430-459"),
    ("OK", "Oklahoma", "730-732 734-749"),
    ("OR", "Oregon", "970-979"),
    ("PA", "Pennsylvania", "150-196"),
    ("RI", "Rhode Island", "028-029"),
    ("SC", "South Carolina", "290-299"),
    ("SD", "South Dakota", "570-577"),
    ("TN", "Tennessee", "370-385"),
    ("TX", "Texas", "733 750-799 885"),
    ("UT", "Utah", "840-847"),
    ("VT", "Vermont", "050-054 056-059"),
    ("VA", "Virginia", "201 220-246"),
    ("WA", "Washington", "980-994"),
    ("WV", "West Virginia", "247-268"),
    ("WI", "Wisconsin", "530-549"),
    ("WY", "Wyoming", "820-831 834"),
    ("AS", "American Samoa", "967"),
    ("FM", "Federated States of Micronesia", "969"),
    ("GU", "Guam", "969"),
    ("MH", "Marshall Islands", "969"),
    ("MP", "Northern Mariana Islands", "969"),
    ("PR", "Puerto Rico", "006-007 009"),
    ("PW", "Palau", "969"),
    ("VI", "US Virgin Islands", "008"),
    ("AA", "Armed Forces Americas", "340"),
    ("AE", "Armed Forces Europe", "090-098"),
    ("AP", "Armed Forces Pacific", "962-966"),
)


def _spread(ranges: str) -> frozenset[str]:
    prefixes: set[str] = set()
    for part in ranges.split():
        low, _, high = part.partition("-")
        prefixes.update(f"{number:03d}" for number in range(int(low), int(high or low) + 1))
    return frozenset(prefixes)


STATE_NAMES: dict[str, str] = {code: name for code, name, _ in _ROWS}
ZIP_PREFIXES: dict[str, frozenset[str]] = {code: _spread(ranges) for code, _, ranges in _ROWS}
MILITARY = frozenset({"AA", "AE", "AP"})
TERRITORIES = frozenset({"AS", "FM", "GU", "MH", "MP", "PR", "PW", "VI"})

_CODES = {name.casefold(): code for code, name, _ in _ROWS} | {
    "washington dc": "DC",
    "washington d.c.": "DC",
    "virgin islands": "VI",
    "u.s. virgin islands": "VI",
}


def find_state_code(text: str) -> str | None:
    """The two-letter code of a US state written as code or name in any case; None if it is neither."""
    word = " ".join(text.split())
    if word.upper() in STATE_NAMES:
        return word.upper()
    return _CODES.get(word.casefold())


def state_name(code: str) -> str:
    """The full name that CJ and some 3PLs want ("OR" -> "Oregon"); a text that is no US state comes back as it is."""
    found = find_state_code(code)
    return STATE_NAMES[found] if found else code
