"""A masked address is never bought for, a wrong one is named, and a clear one is never lost."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agency.domain.addresses import (
    Address,
    address_problems,
    fingerprint,
    is_masked,
    mask,
    merge_contact,
    postcode_key,
    state_name,
)
from agency.domain.us_states import MILITARY, STATE_NAMES, TERRITORIES, ZIP_PREFIXES, find_state_code

US = Address(
    "Jordan Sample", "(+1)5550100123", "742 Example Ter", "Apt 5", "Springfield", "Oregon", "97477", "US"
)
GB = Address("Ana Sample", "(+44)2079460000", "1 Example Row", "", "London", "", "SW1A 1AA", "GB")
MASKED = replace(US, name="J**** S*****", line1="74* ****", postal_code="97***")
EMPTY = Address(country="US")


def codes(address: Address, region: str = "US") -> set[str]:
    return {problem.code for problem in address_problems(address, region)}


@pytest.mark.parametrize(("address", "region"), [(US, "US"), (replace(US, state="or"), "US"), (GB, "GB")])
def test_a_complete_address_has_no_problem(address, region):
    assert address_problems(address, region) == []


@pytest.mark.parametrize("part", ["name", "phone", "line1", "line2", "city", "state", "postal_code"])
def test_a_star_in_any_field_means_masked(part):
    assert is_masked(replace(US, **{part: "ab*"}), "AWAITING_SHIPMENT")


@pytest.mark.parametrize("part", ["name", "line1", "postal_code"])
def test_an_empty_main_field_means_masked(part):
    assert is_masked(replace(US, **{part: " "}), "AWAITING_SHIPMENT")


@pytest.mark.parametrize("status", ["UNPAID", "ON_HOLD", "CANCELLED"])
def test_in_a_hiding_status_nothing_counts_as_clear(status):
    assert is_masked(US, status)


def test_a_clear_address_is_clear_and_none_is_masked():
    assert not is_masked(US, "AWAITING_SHIPMENT")
    assert is_masked(None)


@pytest.mark.parametrize("incoming", [MASKED, EMPTY, None])
def test_a_masked_address_never_overwrites_a_clear_one(incoming):
    assert merge_contact(US, incoming, "IN_TRANSIT") == US


def test_a_text_that_only_looks_clear_does_not_overwrite_in_a_hiding_status():
    assert merge_contact(US, replace(US, name="Buyer"), "CANCELLED") == US


def test_a_clear_address_replaces_masked_missing_and_older_ones():
    moved = replace(US, line1="1 New Street")
    assert merge_contact(MASKED, US, "AWAITING_SHIPMENT") == US
    assert merge_contact(None, US, "AWAITING_SHIPMENT") == US
    assert merge_contact(US, moved, "AWAITING_SHIPMENT") == moved
    assert merge_contact(MASKED, EMPTY, "ON_HOLD") == EMPTY
    assert merge_contact(None, None) is None


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"name": ""}, "name_missing", "name"),
        ({"line1": ""}, "line_missing", "line1"),
        ({"city": ""}, "city_missing", "city"),
        ({"state": ""}, "state_missing", "state"),
        ({"postal_code": ""}, "postcode_missing", "postal_code"),
        ({"postal_code": "9747"}, "postcode_invalid", "postal_code"),
        ({"postal_code": "97477-12"}, "postcode_invalid", "postal_code"),
        ({"state": "Cascadia"}, "state_unknown", "state"),
        ({"postal_code": "10001"}, "zip_state_differ", "postal_code"),
        ({"country": "CA"}, "country_differs", "country"),
        ({"name": "J***"}, "masked", "address"),
    ],
)
def test_what_is_wrong_is_named_with_its_field(change, code, field):
    (problem,) = address_problems(replace(US, **change), "US")
    assert (problem.code, problem.field, problem.blocking) == (code, field, True)
    assert problem.sentence.endswith(".")


def test_all_problems_come_at_once():
    assert codes(EMPTY) == {
        "name_missing", "line_missing", "city_missing", "state_missing", "postcode_missing", "phone_missing",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"line1": "PO Box 12"}, "po_box"),
        ({"line2": "P.O. Box 12"}, "po_box"),
        ({"line1": "post office box 7"}, "po_box"),
        ({"line1": "POBOX 7"}, "po_box"),
        ({"line1": "P.O.Box 7"}, "po_box"),
        ({"line1": "PO. Box A"}, "po_box"),
        ({"line1": "P O Box 7"}, "po_box"),
        ({"city": "APO", "state": "AE", "postal_code": "09012"}, "military"),
        ({"city": "FPO", "state": "AP", "postal_code": "96601"}, "military"),
        ({"line1": "PSC 12 Box 34", "city": "APO", "state": "AA", "postal_code": "34002"}, "military"),
        ({"line2": "APO AE"}, "military"),
        ({"state": "PR", "city": "San Juan", "postal_code": "00901"}, "territory"),
        ({"state": "Guam", "postal_code": "96910", "country": "GU"}, "territory"),
        ({"phone": ""}, "phone_missing"),
    ],
)
def test_places_not_every_carrier_serves_are_flagged_and_do_not_block(change, code):
    (flag,) = address_problems(replace(US, **change), "US")
    assert (flag.code, flag.blocking) == (code, False)


@pytest.mark.parametrize("line", ["12 Boxwood Lane", "4 Pobox Street", "1 Apollo Way", "3 Fpota Road"])
def test_streets_that_only_sound_like_a_box_are_not_flagged(line):
    assert codes(replace(US, line1=line)) == set()


@pytest.mark.parametrize("postcode", ["SW1A 1AA", "sw1a1aa", "M1 1AE", "B33 8TH", "CR2 6XH", "DN55 1PT"])
def test_uk_postcodes_in_any_spelling_pass(postcode):
    assert codes(replace(GB, postal_code=postcode), "GB") == set()


@pytest.mark.parametrize("postcode", ["97477", "SW1A", "SW1A 1A", "1AA SW1A"])
def test_other_postcodes_are_not_uk_ones(postcode):
    assert codes(replace(GB, postal_code=postcode), "GB") == {"postcode_invalid"}


def test_uk_islands_and_forces_are_flagged():
    assert codes(replace(GB, postal_code="JE2 3AB"), "GB") == {"territory"}
    assert codes(replace(GB, city="BFPO", postal_code="BF1 2AT"), "GB") == {"military"}


def test_a_region_without_rules_of_its_own_still_needs_the_parts():
    germany = replace(GB, country="DE", postal_code="10115", city="")
    assert codes(germany, "DE") == {"city_missing"}


def test_the_table_holds_the_62_codes_of_us_mail():
    assert len(STATE_NAMES) == 62
    assert len(STATE_NAMES) - len(MILITARY) - len(TERRITORIES) == 51


@pytest.mark.parametrize(
    ("zip_code", "state"),
    [
        ("10001", "NY"), ("90210", "CA"), ("60601", "IL"), ("33101", "FL"), ("02108", "MA"), ("05501", "MA"),
        ("20500", "DC"), ("20101", "VA"), ("73301", "TX"), ("88510", "TX"), ("39901", "GA"), ("06390", "NY"),
        ("83414", "WY"), ("99501", "AK"), ("96801", "HI"), ("96799", "AS"), ("00501", "NY"), ("00802", "VI"),
        ("96960", "MH"), ("09012", "AE"), ("34002", "AA"), ("96201", "AP"), ("97477", "OR"), ("98402", "WA"),
        ("73949", "OK"), ("68001", "NE"), ("19702", "DE"), ("89101", "NV"), ("87501", "NM"), ("59718", "MT"),
    ],
)  # fmt: skip
def test_known_zip_codes_lie_in_their_state(zip_code, state):
    assert zip_code[:3] in ZIP_PREFIXES[state]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("OR", "OR"),
        ("or", "OR"),
        ("Oregon", "OR"),
        (" new   york ", "NY"),
        ("Washington DC", "DC"),
        ("Bavaria", None),
    ],
)
def test_a_state_is_known_by_code_and_name(text, code):
    assert find_state_code(text) == code


def test_a_state_has_a_full_name_and_other_texts_stay():
    assert state_name("OR") == "Oregon"
    assert state_name("oregon") == "Oregon"
    assert state_name("Bavaria") == "Bavaria"


@pytest.mark.parametrize(
    "same",
    [
        replace(US, state="OR"),
        replace(US, name="JORDAN  sample"),
        replace(US, line1="742 Example Ter."),
        replace(US, postal_code="97477-1234"),
        replace(US, phone="5550100123"),
        replace(US, city="Spríngfield"),
    ],
)
def test_two_spellings_of_one_address_have_one_fingerprint(same):
    assert fingerprint(same) == fingerprint(US)


@pytest.mark.parametrize(
    "change",
    [{"name": "Ana"}, {"line1": "743 Example Ter"}, {"line2": ""}, {"postal_code": "97478"}, {"state": "WA"}],
)
def test_another_person_or_place_has_another_fingerprint(change):
    assert fingerprint(replace(US, **change)) != fingerprint(US)


def test_parts_do_not_run_into_each_other_in_a_fingerprint():
    assert fingerprint(replace(US, line1="1 A", line2="B")) != fingerprint(
        replace(US, line1="1", line2="A B")
    )


def test_a_masked_view_hides_person_and_street():
    shown = mask(US)
    assert shown == Address("J*** S***", "***23", "***", "***", "Springfield", "Oregon", "97***", "US")
    assert is_masked(shown)
    assert mask(EMPTY) == EMPTY


def test_an_address_never_prints_its_contents():
    assert "Jordan" not in repr(US)
    assert "742" not in repr(US)


@pytest.mark.parametrize(
    ("postcode", "region", "key"),
    [("97477-1234", "US", "97477"), ("sw1a 1aa", "GB", "SW1A1AA"), ("", "US", "")],
)
def test_a_postcode_is_compared_by_its_key(postcode, region, key):
    assert postcode_key(postcode, region) == key


texts = st.text(max_size=30)


@given(
    st.builds(
        Address, texts, texts, texts, texts, texts, texts, texts, st.sampled_from(["US", "GB", "PR", ""])
    )
)
def test_any_address_is_judged_without_failing(address):
    for region in ("US", "GB", "DE"):
        address_problems(address, region)
    fingerprint(address)
    mask(address)
