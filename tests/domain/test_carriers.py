"""Suppliers' spellings become one word, and that word one provider of TikTok's list."""

import pytest

from agency.domain.carrier_rules import RULES
from agency.domain.carriers import (
    CARRIERS,
    CROSS_BORDER,
    carrier_name,
    match_provider,
    normalise_carrier,
    tiktok_provider_names,
)

US_LIST = [
    ("p-usps", "USPS"),
    ("p-ups", "UPS"),
    ("p-fedex", "FedEx"),
    ("p-ls", "LaserShip"),
    ("p-uni", "UniUni"),
]


@pytest.mark.parametrize(
    ("text", "carrier"),
    [
        ("USPS+", "usps"),
        ("usps ground", "usps"),
        ("USPS Ground Advantage", "usps"),
        ("UPS Ground", "ups"),
        ("UPS® Next Day Air", "ups"),
        ("DHLPacket UK", "dhl_ecommerce"),
        ("DHL Parcel UK", "dhl_ecommerce"),
        ("DHL eCommerce", "dhl_ecommerce"),
        ("DHL Express Worldwide", "dhl_express"),
        ("DHL", "dhl_express"),
        ("Royal Mail 48", "royal_mail"),
        ("RoyalMail Tracked 24", "royal_mail"),
        ("Tracked 48", "royal_mail"),
        ("Hermes UK", "evri"),
        ("EVRI", "evri"),
        ("DPD UK", "dpd"),
        ("Yodel Direct", "yodel"),
        ("FEDEX_GROUND", "fedex"),
        ("Fed Ex SmartPost", "fedex"),
        ("ONTRAC", "ontrac"),
        ("LaserShip", "lasership"),
        ("Uniuni", "uniuni"),
        ("GOFO Express", "gofo"),
        ("SpeedX", "speedx"),
        ("AMZL_US", "amazon"),
        ("Amazon Logistics", "amazon"),
        ("CJPacket Ordinary", "cjpacket"),
        ("CJPacket Fast Line (USPS)", "cjpacket"),
        ("YunExpress", "yunexpress"),
        ("Yanwen", "yanwen"),
        ("4PX", "4px"),
        ("Cainiao US", "cainiao"),
        ("China EMS", "china_post"),
        ("ePacket", "china_post"),
        ("Veho", "veho"),
        ("Parcelforce 24", "parcelforce"),
    ],
)
def test_a_suppliers_spelling_is_understood(text, carrier):
    assert normalise_carrier(text) == carrier


@pytest.mark.parametrize(
    "text", ["", "   ", "Pigeon Post", "upstream", "groups", "express", "\N{PARTY POPPER}"]
)
def test_an_unknown_carrier_is_not_guessed(text):
    assert normalise_carrier(text) is None


def test_every_carrier_reads_its_own_names_as_itself_or_its_sister():
    for carrier in CARRIERS:
        assert normalise_carrier(carrier.name) == carrier.key


def test_every_carrier_with_a_number_format_has_a_name_at_tiktok():
    named = {rule.carrier for rule in RULES} - {"other_post"}
    assert all(tiktok_provider_names(carrier) for carrier in named)
    assert tiktok_provider_names("pigeon") == ()
    assert carrier_name("pigeon") == "pigeon"


def test_chinese_lines_are_the_cross_border_ones():
    assert {"cjpacket", "yunexpress", "yanwen", "4px", "cainiao", "china_post"} == CROSS_BORDER


def test_a_provider_is_found_by_its_main_name():
    match = match_provider("ups", US_LIST)
    assert (match.outcome, match.provider_id, match.found) == ("exact", "p-ups", True)


@pytest.mark.parametrize(
    ("carrier", "providers", "outcome", "provider_id"),
    [
        ("ontrac", US_LIST, "alias", "p-ls"),
        ("ontrac", [*US_LIST, ("p-ot", "OnTrac")], "exact", "p-ot"),
        ("lasership", US_LIST, "exact", "p-ls"),
        ("dhl_ecommerce", [("p-1", "DHL eCommerce UK")], "alias", "p-1"),
        ("dhl_express", [("p-1", "DHL eCommerce"), ("p-2", "DHL Express")], "exact", "p-2"),
        ("ups", [("p-1", "UPS Ground (US)")], "alias", "p-1"),
        ("dpd", US_LIST, "none", ""),
        ("usps", [], "none", ""),
        ("ups", [("p-1", "UPS"), ("p-2", "ups")], "ambiguous", ""),
        ("fedex", [("p-1", "FedEx Ground"), ("p-2", "FedEx Air")], "ambiguous", ""),
    ],
)
def test_the_best_name_in_tiktoks_list_decides(carrier, providers, outcome, provider_id):
    match = match_provider(carrier, providers)
    assert (match.outcome, match.provider_id) == (outcome, provider_id)


def test_several_fitting_providers_are_named_for_the_person_who_chooses():
    assert match_provider("ups", [("p-1", "UPS"), ("p-2", "ups")]).rivals == ("UPS (p-1)", "ups (p-2)")
