"""Carriers: how their tracking numbers look, how to make one, and what TikTok calls them."""

from __future__ import annotations

import random
import re
import string

US_PROVIDERS = {
    "usps": ("7117858858072016686", "USPS"),
    "ups": ("7117859084333745966", "UPS"),
    "fedex": ("7129720299146184490", "FedEx"),
    "dhl_express": ("7213986298535610158", "DHL Express"),
    "dhl_ecommerce": ("7220301902846625579", "DHL eCommerce"),
    "amazon": ("7248600717110282027", "Amazon Logistics"),
    "uniuni": ("7352738314622863120", "UniUni"),
    "gofo": ("7352739623900022544", "GOFO"),
    "lasership": ("7132708441138677550", "LaserShip"),
    "ontrac": ("7132721393761781550", "OnTrac"),
    "veho": ("7212612330725574442", "Veho"),
    "speedx": ("7325327335803406082", "SpeedX"),
    "asendia": ("7049196166784747269", "Asendia US"),
}
GB_PROVIDERS = {
    "royal_mail": ("7390000000000000101", "Royal Mail"),
    "evri": ("7390000000000000102", "Evri"),
    "dpd": ("7390000000000000103", "DPD UK"),
    "yodel": ("7390000000000000104", "Yodel"),
    "dhl_ecommerce": ("7390000000000000105", "DHL eCommerce UK"),
    "ups": ("7390000000000000106", "UPS"),
    "fedex": ("7390000000000000107", "FedEx"),
    "dhl_express": ("7390000000000000108", "DHL Express"),
}
# Carriers that our suppliers really use. USPS is left out in the US: TikTok refuses its numbers there since 2026-01.
SUPPLIER_CARRIERS = {"US": ("ups", "fedex", "ontrac", "uniuni"), "GB": ("royal_mail", "evri", "dpd")}
SPELLINGS = {
    "ups": ("UPS", "UPS Ground", "ups"),
    "fedex": ("FedEx", "FedEx Ground", "FEDEX"),
    "ontrac": ("OnTrac", "ONTRAC"),
    "uniuni": ("UniUni", "Uniuni"),
    "usps": ("USPS", "USPS Ground Advantage"),
    "royal_mail": ("Royal Mail", "Royal Mail 48"),
    "evri": ("Evri", "EVRI"),
    "dpd": ("DPD UK", "DPD"),
}
# A region without a list of its own gets the international carriers.
_WORLD = ("ups", "fedex", "dhl_express")


def providers(region: str) -> dict[str, tuple[str, str]]:
    """TikTok's shipping providers of a region: carrier key -> (id, name)."""
    if region == "US":
        return US_PROVIDERS
    if region == "GB":
        return GB_PROVIDERS
    return {key: US_PROVIDERS[key] for key in _WORLD}


def supplier_carriers(region: str) -> tuple[str, ...]:
    """The carriers that suppliers use for a destination."""
    return SUPPLIER_CARRIERS.get(region, ("ups", "fedex"))


def recognise(number: str) -> dict[str, str]:
    """Which carriers a number fits: carrier key -> "strong" (prefix and form) or "weak" (form only)."""
    return {key: strength for key, strength, fits in _RULES if fits(number)}


def make_number(carrier: str, rng: random.Random) -> str:
    """A well-formed number of a carrier with the right check digit."""
    makers = {
        "ups": _ups, "fedex": _fedex, "ontrac": _ontrac, "uniuni": _uniuni, "usps": _usps,
        "royal_mail": _royal_mail, "evri": _evri, "dpd": _dpd, "dhl_express": _dhl_express,
    }  # fmt: skip
    return makers[carrier](rng)


def _digits(rng: random.Random, count: int) -> str:
    return "".join(rng.choice(string.digits) for _ in range(count))


def _mod10_letters(text: str) -> str:
    """UPS and OnTrac: letters become digits, every second counts double."""
    values = [int(char) if char.isdigit() else (ord(char) - 63) % 10 for char in text]
    total = sum(values[0::2]) + 2 * sum(values[1::2])
    return str(-total % 10)


def _ups(rng: random.Random) -> str:
    shipper = "".join(rng.choice(string.digits + "ABCDEFGHJKLMNPRSTUVWXYZ") for _ in range(6))
    body = shipper + "03" + _digits(rng, 7)
    return "1Z" + body + _mod10_letters(body)


def _fedex_check(body: str) -> str:
    weights = (3, 1, 7)
    return str(sum(int(char) * weights[at % 3] for at, char in enumerate(body)) % 11 % 10)


def _fedex(rng: random.Random) -> str:
    body = rng.choice("123456789") + _digits(rng, 10)
    return body + _fedex_check(body)


def _ontrac(rng: random.Random) -> str:
    body = rng.choice("CD") + _digits(rng, 13)
    return body + _mod10_letters(body)


def _uniuni(rng: random.Random) -> str:
    return "UUS" + _digits(rng, 16)


def _mod10_31(body: str) -> str:
    total = sum(int(char) * (3 if at % 2 == 0 else 1) for at, char in enumerate(reversed(body)))
    return str(-total % 10)


def _usps(rng: random.Random) -> str:
    body = "9400" + _digits(rng, 17)
    return body + _mod10_31(body)


def _s10_check(body: str) -> str:
    rest = (
        11 - sum(int(char) * weight for char, weight in zip(body, (8, 6, 4, 2, 3, 5, 9, 7), strict=True)) % 11
    )
    return str({10: 0, 11: 5}.get(rest, rest))


def _royal_mail(rng: random.Random) -> str:
    body = _digits(rng, 8)
    return rng.choice("RVT") + rng.choice("ABCDEFGHX") + body + _s10_check(body) + "GB"


def _evri(rng: random.Random) -> str:
    return "H" + _digits(rng, 15)


def _dpd(rng: random.Random) -> str:
    return "155" + _digits(rng, 11)


def _dhl_express(rng: random.Random) -> str:
    body = rng.choice("123456789") + _digits(rng, 8)
    return body + str(int(body) % 7)


def _form(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


_UPS = _form(r"1Z[0-9A-Z]{16}")
_ONTRAC = _form(r"[CD]\d{14}")
_S10_GB = _form(r"[A-Z]{2}\d{9}GB")
_USPS = _form(r"(420\d{5})?9[1-5]\d{20}")

_RULES = (
    ("ups", "strong", lambda n: bool(_UPS.fullmatch(n)) and _mod10_letters(n[2:-1]) == n[-1]),
    ("ontrac", "strong", lambda n: bool(_ONTRAC.fullmatch(n)) and _mod10_letters(n[:-1]) == n[-1]),
    ("royal_mail", "strong", lambda n: bool(_S10_GB.fullmatch(n)) and _s10_check(n[2:10]) == n[10]),
    ("usps", "strong", lambda n: bool(_USPS.fullmatch(n)) and _mod10_31(n[-22:-1]) == n[-1]),
    ("uniuni", "strong", lambda n: bool(re.fullmatch(r"UUS[0-9A-Z]{10,20}", n))),
    ("amazon", "strong", lambda n: bool(re.fullmatch(r"TBA\d{12}", n))),
    ("gofo", "strong", lambda n: bool(re.fullmatch(r"GFUS\d{14}", n))),
    ("speedx", "strong", lambda n: bool(re.fullmatch(r"SPX[0-9A-Z]{8,20}", n))),
    ("yodel", "strong", lambda n: bool(re.fullmatch(r"JD\d{16}", n))),
    ("lasership", "strong", lambda n: bool(re.fullmatch(r"1LS\d{12}|LX\d{8}", n))),
    ("evri", "strong", lambda n: bool(re.fullmatch(r"[HT]\d{15}", n))),
    ("dhl_ecommerce", "strong", lambda n: bool(re.fullmatch(r"GM\d{16,18}", n))),
    ("fedex", "weak", lambda n: bool(re.fullmatch(r"\d{12}", n)) and _fedex_check(n[:-1]) == n[-1]),
    ("dhl_express", "weak", lambda n: bool(re.fullmatch(r"\d{10}", n)) and int(n[:9]) % 7 == int(n[9])),
    ("dpd", "weak", lambda n: bool(re.fullmatch(r"\d{14}[0-9A-Z]?", n))),
    ("dhl_ecommerce", "weak", lambda n: bool(re.fullmatch(r"\d{14}", n))),
    ("fedex", "weak", lambda n: bool(re.fullmatch(r"\d{15}|\d{20}", n))),
)
