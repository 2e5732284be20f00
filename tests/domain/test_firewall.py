"""A bad number is stopped before TikTok sees it, with every reason at once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from agency.domain.firewall import (
    NumberUse,
    ParcelClaim,
    ParcelContext,
    carrier_of,
    check_parcel,
    may_push,
    provider_for,
)
from agency.domain.firewall_policies import CARRIER_POLICIES, find_carrier_policy

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ORDERED = NOW - timedelta(days=1)
UPS = "1Z999AA10123456784"
US = ParcelContext(
    region="US",
    order_id="order-1",
    ordered_at=ORDERED,
    recipient="fake-print-a",
    postal_code="97477",
    providers=[
        ("p-usps", "USPS"), ("p-ups", "UPS"), ("p-fedex", "FedEx"), ("p-ot", "OnTrac"), ("p-dhl", "DHL eCommerce"),
        ("p-yw", "Yanwen"), ("p-uni", "UniUni"),
    ],
    now=NOW,
)  # fmt: skip
GB = replace(
    US,
    region="GB",
    postal_code="SW1A 1AA",
    providers=[("g-rm", "Royal Mail"), ("g-ev", "Evri"), ("g-dpd", "DPD UK")],
)


def claim(number: str = UPS, carrier: str = "UPS", **more: object) -> ParcelClaim:
    return ParcelClaim(number, carrier, **more)


def findings_of(severity: str, parcel: ParcelClaim, context: ParcelContext = US) -> set[str]:
    return {finding.code for finding in check_parcel(parcel, context) if finding.severity == severity}


@pytest.mark.parametrize(
    ("number", "carrier", "context"),
    [
        (UPS, "UPS Ground", US),
        ("986578788855", "FedEx Ground", US),
        ("C11031500001879", "ONTRAC", US),
        ("1LS717793482164", "OnTrac", US),
        ("UUS1234567890123456", "Uniuni", US),
        ("RB123456785GB", "Royal Mail 48", GB),
        ("H123456789012345", "EVRI", GB),
        ("15501234567890", "DPD", GB),
        ("1234567890120000", "Hermes", GB),
    ],
)
def test_an_honest_parcel_passes_without_a_word(number, carrier, context):
    found = check_parcel(claim(number, carrier, postal_code=context.postal_code, shipped_at=NOW), context)
    assert {finding.severity for finding in found} == {"ok"}
    assert may_push(found)
    assert provider_for(claim(number, carrier), context).found


@pytest.mark.parametrize(
    ("parcel", "code"),
    [
        (claim("AB#1"), "format"),
        (claim(""), "format"),
        (claim("PENDING"), "placeholder"),
        (claim("00000000"), "placeholder"),
        (claim("1Z999AA10123456785"), "check_digit"),
        (claim(carrier="Pigeon Post"), "carrier_unknown"),
        (claim("H123456789012345", "Evri"), "carrier_not_listed"),
        (claim(UPS, "FedEx"), "carrier_contradicts"),
        (claim("UUS1234567890123456", "UPS"), "carrier_contradicts"),
        (claim("H123456789012345", "UPS"), "carrier_contradicts"),
        (claim("9400111202555842332669", "UPS"), "carrier_contradicts"),
        (claim("9400111202555842332669", "USPS"), "policy_usps"),
        (claim("UD123456785YP", "Yanwen"), "policy_cross_border"),
        (claim("YT2229421272038866", "UPS"), "policy_cross_border"),
        (claim(postal_code="10001"), "postcode_differs"),
        (claim(shipped_at=ORDERED - timedelta(hours=25)), "scan_before_order"),
        (claim(first_scan_at=ORDERED - timedelta(hours=25)), "scan_before_order"),
    ],
)
def test_a_poisoned_parcel_is_stopped(parcel, code):
    assert code in findings_of("block", parcel)
    assert not may_push(check_parcel(parcel, US))


def test_all_reasons_come_at_once_and_the_blocking_ones_first():
    found = check_parcel(claim("1Z999AA10123456785", "USPS", postal_code="10001"), US)
    blocks = [finding.code for finding in found if finding.severity == "block"]
    assert set(blocks) == {"check_digit", "policy_usps", "postcode_differs"}
    assert [finding.code for finding in found[: len(blocks)]] == blocks


def test_every_block_tells_the_remedy():
    parcels = [
        claim("AB#1"),
        claim("PENDING"),
        claim(UPS, "FedEx"),
        claim(carrier="Pigeon"),
        claim(postal_code="1"),
    ]
    for parcel in parcels:
        for finding in check_parcel(parcel, US):
            if finding.severity == "block":
                assert any(word in finding.sentence for word in ("Ask", "Map", "Correct", "Choose"))


@pytest.mark.parametrize(
    ("parcel", "code"),
    [
        (claim("986578788855", "UPS"), "carrier_doubtful"),
        (claim("QQ77", "UPS"), "agreement_unknown"),
        (claim("9261290306529427911297", "DHL eCommerce"), "policy_usps"),
    ],
)
def test_a_weaker_disagreement_only_warns(parcel, code):
    assert code in findings_of("warn", parcel)
    assert may_push(check_parcel(parcel, US))


@pytest.mark.parametrize(
    ("context", "parcel"),
    [
        (replace(US, usps_allowed=True), claim("9400111202555842332669", "USPS")),
        (replace(US, cross_border_allowed=True), claim("UD123456785YP", "Yanwen")),
    ],
)
def test_a_shops_own_exception_lifts_the_dated_rule(context, parcel):
    assert may_push(check_parcel(parcel, context))


def test_the_rules_begin_on_their_day_and_hold_only_in_their_region():
    early = datetime(2025, 12, 31, tzinfo=UTC).date()
    assert find_carrier_policy("US", "usps", early) is None
    assert find_carrier_policy("GB", "usps", NOW.date()) is None
    assert find_carrier_policy("US", "ups", NOW.date()) is None
    severities = {row.valid_from: row.severity for row in CARRIER_POLICIES if row.group == "cross_border"}
    assert list(severities.values()) == ["warn", "block"]
    assert all(row.source for row in CARRIER_POLICIES)


def test_one_number_may_serve_the_same_recipients_orders():
    same = [NumberUse(f"order-{place}", "fake-print-a") for place in range(2, 21)]
    assert may_push(check_parcel(claim(), replace(US, uses=same)))


def test_the_twenty_first_order_in_one_parcel_is_stopped():
    same = [NumberUse(f"order-{place}", "fake-print-a") for place in range(2, 22)]
    assert "reuse_limit" in findings_of("block", claim(), replace(US, uses=same))


def test_a_number_of_another_recipient_is_stopped_without_naming_the_order():
    found = check_parcel(claim(), replace(US, uses=[NumberUse("order-secret", "fake-print-b")]))
    (block,) = [finding for finding in found if finding.severity == "block"]
    assert block.code == "reuse"
    assert "order-secret" not in block.sentence


def test_another_shops_use_never_matches_even_an_unknown_recipient():
    assert "reuse" in findings_of("block", claim(), replace(US, uses=[NumberUse("order-2", "")]))


def test_the_same_order_may_keep_its_number():
    assert may_push(check_parcel(claim(), replace(US, uses=[NumberUse("order-1", "fake-print-b")])))


@pytest.mark.parametrize(
    ("context", "postcode"), [(US, "97477-1234"), (US, ""), (GB, "sw1a1aa"), (GB, "SW1A 1AA")]
)
def test_the_same_place_in_another_spelling_is_the_same_place(context, postcode):
    assert "postcode_differs" not in findings_of("block", claim(postal_code=postcode), context)


def test_a_parcel_of_the_day_before_is_not_too_old():
    assert may_push(check_parcel(claim(shipped_at=ORDERED - timedelta(hours=23)), US))


def test_a_person_can_map_an_unknown_text_to_a_provider_of_the_list():
    context = replace(US, provider_override="p-ups")
    assert provider_for(claim(carrier="Our van"), context).provider_id == "p-ups"
    assert may_push(check_parcel(claim(carrier="Our van"), context))


def test_a_mapping_to_a_provider_that_left_the_list_does_not_count():
    assert not provider_for(claim(carrier="Our van"), replace(US, provider_override="p-gone")).found


def test_two_providers_under_one_name_are_left_to_a_person():
    context = replace(US, providers=[("p-1", "UPS"), ("p-2", "UPS")])
    assert "carrier_ambiguous" in findings_of("block", claim(), context)


def test_without_a_stated_carrier_only_a_sure_number_speaks():
    assert carrier_of(claim(carrier="")) == "ups"
    assert carrier_of(claim("986578788855", "")) is None
    assert carrier_of(claim(carrier="Pigeon Post")) is None


def test_parcelforce_prints_royal_mails_postal_numbers():
    context = replace(GB, providers=[("g-pf", "Parcelforce")])
    assert may_push(check_parcel(claim("RB123456785GB", "Parcelforce 24"), context))
    assert "carrier_contradicts" in findings_of("block", claim(UPS, "Parcelforce 24"), context)
