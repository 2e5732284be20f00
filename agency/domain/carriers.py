"""Carriers: suppliers' spellings to one word of ours, and our word to the provider in TikTok's own list."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Carrier:
    """One carrier: our word, TikTok's possible names for it (best first), and a pattern for suppliers' texts."""

    key: str
    provider_names: tuple[str, ...]
    pattern: re.Pattern[str]
    cross_border: bool = False

    @property
    def name(self) -> str:
        """How the carrier is called towards people."""
        return self.provider_names[0]


def _carrier(key: str, names: str, pattern: str, *, cross_border: bool = False) -> Carrier:
    return Carrier(key, tuple(names.split(" | ")), re.compile(pattern), cross_border)


# The order matters: the first pattern that is found in the tidied text wins ("cjpacket usps" travels as CJPacket).
# OnTrac and LaserShip are one company today and TikTok lists both, so each also looks for the other's name.
CARRIERS: tuple[Carrier, ...] = (
    _carrier("cjpacket", "CJPacket | CJ Packet", r"\bcj ?packet", cross_border=True),
    _carrier("yunexpress", "YunExpress | Yun Express", r"\byun ?(?:express|tu)", cross_border=True),
    _carrier("yanwen", "Yanwen", r"\byan ?wen", cross_border=True),
    _carrier("4px", "4PX", r"\b4 ?px\b", cross_border=True),
    _carrier("cainiao", "Cainiao | Cainiao US", r"\bcainiao", cross_border=True),
    _carrier("china_post", "China Post | China EMS | EMS", r"\bchina (?:post|ems)|\be ?packet\b|\beub\b",
             cross_border=True),
    _carrier("dhl_ecommerce", "DHL eCommerce | DHL eCommerce UK | DHL Parcel UK",
             r"\bdhl ?(?:e ?commerce|global ?mail|parcel|packet|smart ?mail)"),
    _carrier("dhl_express", "DHL Express | DHL", r"\bdhl\b"),
    _carrier("usps", "USPS", r"\busps\b|\bus postal|\bunited states postal"),
    _carrier("ups", "UPS", r"\bups\b|\bunited parcel"),
    _carrier("fedex", "FedEx | Federal Express", r"\bfed ?ex|\bfederal express"),
    _carrier("lasership", "LaserShip | OnTrac", r"\blaser ?ship"),
    _carrier("ontrac", "OnTrac | LaserShip", r"\bon ?trac"),
    _carrier("amazon", "Amazon Logistics | Amazon Shipping | Amazon", r"\bamazon|\bamzl|\bswiship"),
    _carrier("gofo", "GOFO | GOFO Express", r"\bgofo"),
    _carrier("uniuni", "UniUni | Uni Uni", r"\buni ?uni|\buni express"),
    _carrier("speedx", "SpeedX", r"\bspeed ?x\b"),
    _carrier("veho", "Veho", r"\bveho\b"),
    _carrier("parcelforce", "Parcelforce | Parcelforce Worldwide", r"\bparcel ?force"),
    _carrier("royal_mail", "Royal Mail", r"\broyal ?mail|\btracked (?:24|48)\b"),
    _carrier("evri", "Evri | Hermes | Hermes UK", r"\bevri\b|\bhermes\b|\bmyhermes"),
    _carrier("yodel", "Yodel", r"\byodel"),
    _carrier("dpd", "DPD UK | DPD | DPD Local", r"\bdpd"),
)  # fmt: skip
_BY_KEY = {carrier.key: carrier for carrier in CARRIERS}
CROSS_BORDER = frozenset(carrier.key for carrier in CARRIERS if carrier.cross_border)


def _tidy(text: str) -> str:
    """Lower case words with single spaces: "USPS+" -> "usps", "DHLPacket_UK" -> "dhlpacket uk"."""
    return " ".join(re.sub(r"[^a-z0-9]+", " ", text.casefold()).split())


def normalise_carrier(text: str) -> str | None:
    """Our word for a supplier's carrier text ("USPS+", "Royal Mail 48", "DHLPacket UK"); None if it is not known.

    A bare "DHL" is read as DHL Express, the company's service of that name; the number may say otherwise.
    """
    tidy = _tidy(text)
    return next((carrier.key for carrier in CARRIERS if carrier.pattern.search(tidy)), None)


def carrier_name(key: str) -> str:
    """The carrier's name for people; an unknown key comes back as it is."""
    found = _BY_KEY.get(key)
    return found.name if found else key


def tiktok_provider_names(carrier: str) -> tuple[str, ...]:
    """The names under which TikTok may list a carrier, best first; empty for an unknown carrier."""
    found = _BY_KEY.get(carrier)
    return found.provider_names if found else ()


@dataclass(frozen=True)
class ProviderMatch:
    """TikTok's provider for a carrier. `exact` by its main name, `alias` by another, else none or several fit.

    `provider_id` is empty for none and ambiguous; `rivals` then names those that fit.
    """

    outcome: Literal["exact", "alias", "none", "ambiguous"]
    provider_id: str = ""
    name: str = ""
    rivals: tuple[str, ...] = ()

    @property
    def found(self) -> bool:
        """True when exactly one provider can be sent."""
        return bool(self.provider_id)


def match_provider(carrier: str, providers: Sequence[tuple[str, str]]) -> ProviderMatch:
    """The provider in TikTok's list (id, name) of an order's delivery option that stands for our carrier.

    The main name wins, then the other names in their order, then any name that reads as this carrier. Two providers
    under one name are never chosen between: a person sets an override for that supplier.
    """
    for place, wanted in enumerate(tiktok_provider_names(carrier)):
        fitting = [row for row in providers if _tidy(row[1]) == _tidy(wanted)]
        if fitting:
            return _one_of(fitting, "alias" if place else "exact")
    return _one_of([row for row in providers if normalise_carrier(row[1]) == carrier], "alias")


def _one_of(fitting: Sequence[tuple[str, str]], outcome: Literal["exact", "alias"]) -> ProviderMatch:
    if not fitting:
        return ProviderMatch("none")
    if len(fitting) > 1:
        return ProviderMatch(
            "ambiguous", rivals=tuple(f"{name} ({provider_id})" for provider_id, name in fitting)
        )
    provider_id, name = fitting[0]
    return ProviderMatch(outcome, provider_id, name)
