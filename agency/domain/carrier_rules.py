"""The table of tracking-number formats: shape, check digit and how much a match proves, per carrier."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Strength = Literal["strong", "medium", "weak"]
Check = Callable[[str], bool]


@dataclass(frozen=True)
class Rule:
    """One format of one carrier; `check` gets the whole number once the shape fits."""

    carrier: str
    strength: Strength
    shape: re.Pattern[str]
    check: Check | None = None

    def has_shape(self, number: str) -> bool:
        """True when prefix, characters and length agree, whatever the check digit says."""
        return self.shape.fullmatch(number) is not None

    def fits(self, number: str) -> bool:
        """True when the shape agrees and the check digit, if the format has one, is right."""
        return self.has_shape(number) and (self.check is None or self.check(number))


def _letters_as_digits(text: str) -> list[int]:
    """UPS and OnTrac count letters on from A = 2, by their last digit."""
    return [int(char) if char.isdigit() else (ord(char) - 63) % 10 for char in text]


def _mod10_double_second(body: str, check_digit: str) -> bool:
    values = _letters_as_digits(body)
    weighed = sum(values[0::2]) + 2 * sum(values[1::2])
    return str(-weighed % 10) == check_digit


def _ups(number: str) -> bool:
    return _mod10_double_second(number[2:-1], number[-1])


def _ups_waybill(number: str) -> bool:
    return _mod10_double_second(number[1:-1], number[-1])


def _ontrac(number: str) -> bool:
    return _mod10_double_second(number[:-1], number[-1])


def _mod10_triple(number: str) -> bool:
    """Mod 10 with weights 3, 1, 3 ... from the right (GS1): USPS and FedEx Ground."""
    body = number[:-1]
    weighed = sum(int(char) * (1 if place % 2 else 3) for place, char in enumerate(reversed(body)))
    return str(-weighed % 10) == number[-1]


def _fedex_smartpost(number: str) -> bool:
    return _mod10_triple("92" + number)


def _fedex_ground_96(number: str) -> bool:
    return _mod10_triple(number[7:])


def _fedex_mod11(number: str) -> bool:
    """Weights 1, 3, 7 from the right, modulo 11, a 10 written as 0; the body is at most 13 digits."""
    body = number[-14:-1]
    weighed = sum(int(char) * (1, 3, 7)[place % 3] for place, char in enumerate(reversed(body)))
    return str(weighed % 11 % 10) == number[-1]


def _mod7(number: str) -> bool:
    return str(int(number[:-1]) % 7) == number[-1]


_S10_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)


def s10_check_digit(serial: str) -> str:
    """The check digit of an eight-digit postal serial number (UPU standard S10)."""
    rest = 11 - sum(int(char) * weight for char, weight in zip(serial, _S10_WEIGHTS, strict=True)) % 11
    return str({10: 0, 11: 5}.get(rest, rest))


def _s10(number: str) -> bool:
    return s10_check_digit(number[2:10]) == number[10]


def _rule(carrier: str, strength: Strength, shape: str, check: Check | None = None) -> Rule:
    return Rule(carrier, strength, re.compile(shape, re.ASCII), check)


_POSTS = "US|GB|CN|YP"  # the issuers that have a carrier of their own below

RULES: tuple[Rule, ...] = (
    _rule("ups", "strong", r"1Z[A-Z0-9]{15}\d", _ups),
    _rule("ups", "medium", r"[A-Z]\d{10}", _ups_waybill),
    _rule("usps", "strong", r"9[1-5]\d{20}", _mod10_triple),
    _rule("usps", "medium", r"\d{20}", _mod10_triple),
    _rule("usps", "strong", r"[A-Z]{2}\d{9}US", _s10),
    # Hybrid services hand over to USPS under a 92 label of their own, so their names may stand beside such a number.
    _rule("fedex", "weak", r"92\d{20}", _mod10_triple),
    _rule("dhl_ecommerce", "weak", r"92\d{20}", _mod10_triple),
    _rule("ups", "weak", r"92\d{20}", _mod10_triple),
    _rule("fedex", "medium", r"\d{12}", _fedex_mod11),
    _rule("fedex", "medium", r"\d{15}", _mod10_triple),
    _rule("fedex", "medium", r"[67]\d{19}", _fedex_smartpost),
    _rule("fedex", "medium", r"96\d{20}", _fedex_ground_96),
    _rule("fedex", "strong", r"(?:100\d|96[23]2)\d{30}", _fedex_mod11),
    _rule("dhl_express", "medium", r"\d{10}", _mod7),
    _rule("dhl_express", "medium", r"J(?:JD|VGL)\d{10,18}"),
    _rule("dhl_ecommerce", "strong", r"GM\d{14,20}"),
    _rule("dhl_ecommerce", "medium", r"JJD01\d{15,17}"),
    _rule("dhl_ecommerce", "weak", r"\d{14}"),
    _rule("ontrac", "strong", r"[CD]\d{14}", _ontrac),
    _rule("lasership", "strong", r"1LS[A-Z0-9]{9,15}"),
    _rule("lasership", "medium", r"L[ABENWX]\d{8}"),
    _rule("amazon", "strong", r"TB[ACM]\d{12}"),
    _rule("yunexpress", "strong", r"YT\d{16}"),
    _rule("gofo", "strong", r"GFUS\d{14}"),
    _rule("uniuni", "strong", r"UUS[A-Z0-9]{10,20}"),
    _rule("speedx", "strong", r"SPX[A-Z0-9]{8,20}"),
    _rule("royal_mail", "strong", r"[A-Z]{2}\d{9}GB", _s10),
    _rule("evri", "strong", r"H\d{15}"),
    _rule("evri", "medium", r"T\d{15}"),
    _rule("evri", "weak", r"\d{16}"),
    # DHL's UK parcels also begin with JD, so the prefix alone is no proof.
    _rule("yodel", "medium", r"JD\d{16}"),
    _rule("dpd", "weak", r"\d{14}[A-Z0-9]?"),
    _rule("china_post", "strong", r"[A-Z]{2}\d{9}CN", _s10),
    _rule("yanwen", "strong", r"[A-Z]{2}\d{9}YP", _s10),
    _rule("4px", "strong", r"4PX\d{13}(?:CN)?"),
    _rule("cainiao", "medium", r"LP\d{14,17}"),
    _rule("cjpacket", "strong", r"CJP[A-Z0-9]{8,20}"),
    _rule("veho", "medium", r"VEHO[A-Z0-9]{6,20}"),
    _rule("other_post", "medium", rf"[A-Z]{{2}}\d{{9}}(?!{_POSTS})[A-Z]{{2}}", _s10),
)
