"""E-mail addresses: one form, and nothing in them that a header could be broken with."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agency.domain.emails import normal_email
from agency.domain.errors import Invalid


def test_an_address_is_kept_in_lower_case_without_spaces_around_it() -> None:
    assert normal_email(" Maya.Kerr+shop@Example.TEST\n") == "maya.kerr+shop@example.test"


@pytest.mark.parametrize(
    "text",
    [
        "", "maya", "maya@", "@example.test", "a@b@c", "a b@example.test", "a@exa mple.test", "a,b@example.test",
        "<a@example.test>", "a@example.test,b@example.test", "a@example.test\r\nBcc: b@example.test", "a@-b.test",
        "a@b..test", f"{'a' * 65}@b.test", f"a@{'b' * 64}.test", f"a@{'b.' * 130}test", "may\u0131a@example.test",
        "a@example.test\0", '"a b"@example.test',
    ],
)  # fmt: skip
def test_other_text_is_refused_by_the_field(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        normal_email(text, "address")
    assert refusal.value.field == "address"


@given(st.text(max_size=80))
def test_whatever_passes_is_one_line_of_plain_characters(text: str) -> None:
    try:
        email = normal_email(text)
    except Invalid:
        return
    assert email.isascii()
    assert email.isprintable()
    assert " " not in email
    assert email.count("@") == 1
