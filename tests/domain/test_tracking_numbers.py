"""A number's form names candidates with a strength, never one certain carrier."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agency.domain.carrier_rules import RULES, s10_check_digit
from agency.domain.tracking_numbers import (
    broken_check_digit,
    detect,
    format_problem,
    looks_like_placeholder,
    normalise,
)

# Public samples of the carriers' formats; UniUni, SpeedX, Veho, Evri, Yodel and DPD numbers are made up by shape.
SAMPLES = [
    ("1Z5R89390357567127", "ups", "strong"),
    ("1Z999AA10123456784", "ups", "strong"),
    ("1Z 999 AA1 01 2345 6784", "ups", "strong"),
    ("K2479825491", "ups", "medium"),
    ("9400111202555842332669", "usps", "strong"),
    ("9261290306529427911297", "usps", "strong"),
    ("0307 1790 0005 2348 3741", "usps", "medium"),
    ("9102969010383081813033", "usps", "strong"),
    ("420941149261290306529427911297", "usps", "strong"),
    ("986578788855", "fedex", "medium"),
    ("041441760228964", "fedex", "medium"),
    ("61299998820821171811", "fedex", "medium"),
    ("9611020987654312345672", "fedex", "medium"),
    ("9622001900000000000000776632517510", "fedex", "strong"),
    ("1001921334250001000300779017972697", "fedex", "strong"),
    ("3318810025", "dhl_express", "medium"),
    ("GM60511234500000001", "dhl_ecommerce", "strong"),
    ("C11031500001879", "ontrac", "strong"),
    ("D10011354453707", "ontrac", "strong"),
    ("LX17631202", "lasership", "medium"),
    ("1LS717793482164", "lasership", "strong"),
    ("TBA487064622000", "amazon", "strong"),
    ("YT2229421272038866", "yunexpress", "strong"),
    ("GFUS01017355620481", "gofo", "strong"),
    ("UUS1234567890123456", "uniuni", "strong"),
    ("SPXSFO1234567890", "speedx", "strong"),
    ("RB123456785CN", "china_post", "strong"),
    ("UD123456785YP", "yanwen", "strong"),
    ("RB123456785GB", "royal_mail", "strong"),
    ("RB123456785US", "usps", "strong"),
    ("RB123456785DE", "other_post", "medium"),
    ("4PX3001163264402CN", "4px", "strong"),
    ("LP00123456789012", "cainiao", "medium"),
    ("CJPKY2000123456", "cjpacket", "strong"),
    ("VEHO12AB34CD", "veho", "medium"),
    ("H123456789012345", "evri", "strong"),
    ("T123456789012345", "evri", "medium"),
    ("1234567890120000", "evri", "weak"),
    ("JD0002212345678901", "yodel", "medium"),
    ("15501234567890", "dpd", "weak"),
]


@pytest.mark.parametrize(("number", "carrier", "strength"), SAMPLES)
def test_a_sample_is_recognised_with_the_strength_it_deserves(number, carrier, strength):
    assert (carrier, strength) in [(candidate.carrier, candidate.strength) for candidate in detect(number)]


@pytest.mark.parametrize(("number", "carrier", "strength"), [row for row in SAMPLES if row[2] == "strong"])
def test_a_strong_sample_names_exactly_one_carrier_first(number, carrier, strength):
    found = detect(number)
    assert found[0].carrier == carrier
    assert [candidate.strength for candidate in found].count("strong") == 1


@pytest.mark.parametrize("number", ["12345", "N/A", "", "PENDING", "1Z", "*" * 18])
def test_texts_that_are_no_numbers_have_no_candidate(number):
    assert detect(number) == []


def test_a_15_digit_number_may_be_fedex_or_dpd():
    assert {candidate.carrier for candidate in detect("041441760228964")} >= {"fedex", "dpd"}


def test_a_label_that_usps_carries_for_others_may_bear_their_names():
    assert {candidate.carrier for candidate in detect("9261290306529427911297")} >= {
        "usps",
        "dhl_ecommerce",
        "fedex",
    }


@pytest.mark.parametrize(
    ("number", "carrier"),
    [
        ("1Z5R89390357567128", "ups"),
        ("9400111202555842332668", "usps"),
        ("RB123456784GB", "royal_mail"),
        ("C11031500001889", "ontrac"),
        ("1001921334250001000300779017972698", "fedex"),
    ],
)
def test_a_wrong_check_digit_in_an_unmistakable_form_is_a_typing_error(number, carrier):
    assert detect(number) == []
    assert broken_check_digit(number) == carrier


@pytest.mark.parametrize("number", ["1Z5R89390357567127", "986578788855", "12345", ""])
def test_numbers_without_such_an_error_are_left_alone(number):
    assert broken_check_digit(number) is None


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        (" 1z999aa10123456784 ", "1Z999AA10123456784"),
        ("1Z-999-AA1-0123456784", "1Z999AA10123456784"),
        ("420941149261290306529427911297", "9261290306529427911297"),
        ("4209411412349261290306529427911297", "9261290306529427911297"),
        ("AB-12-XYZ", "AB-12-XYZ"),
        ("0414 4176 0228 964", "041441760228964"),
    ],
)
def test_a_number_is_stored_in_one_form(written, stored):
    assert normalise(written) == stored


@given(st.text(alphabet="0123456789ABCXYZ- ", max_size=40))
def test_the_stored_form_is_stable(text):
    assert normalise(normalise(text)) == normalise(text)


@pytest.mark.parametrize("number", ["ABC", "X" * 51, "AB#12345", "ÄB12345", "12345\n"])
def test_forms_that_tiktok_refuses_are_named_with_the_remedy(number):
    assert "Ask the supplier" in (format_problem(number) or "")


@pytest.mark.parametrize("number", ["1Z999AA10123456784", "AB-12_3.4/5", "1234"])
def test_forms_that_tiktok_takes_pass(number):
    assert format_problem(number) is None


@pytest.mark.parametrize("number", ["N/A", "PENDING", "12345", "0000000000", "987654321"])
def test_stand_ins_are_seen(number):
    assert looks_like_placeholder(number)


@pytest.mark.parametrize(("number", "carrier", "strength"), SAMPLES)
def test_samples_are_no_stand_ins(number, carrier, strength):
    assert not looks_like_placeholder(normalise(number))


@given(st.text(max_size=24))
def test_any_text_is_judged_without_failing(text):
    detect(text)
    broken_check_digit(text)
    looks_like_placeholder(text)


@given(st.from_regex(r"[0-9]{8}", fullmatch=True), st.integers(0, 7), st.integers(1, 9))
def test_a_changed_digit_breaks_a_postal_number(serial, place, step):
    # S10 lets two remainders share the digits 0 and 5, so those serials are left out.
    digit = s10_check_digit(serial)
    changed = serial[:place] + str((int(serial[place]) + step) % 10) + serial[place + 1 :]
    if digit not in "05" and s10_check_digit(changed) not in "05":
        assert s10_check_digit(changed) != digit


def test_every_carrier_of_the_table_has_a_sample():
    assert {rule.carrier for rule in RULES} == {carrier for _, carrier, _ in SAMPLES}
