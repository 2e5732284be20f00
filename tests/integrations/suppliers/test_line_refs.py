"""Which TikTok lines travel in which package of a supplier."""

from __future__ import annotations

import pytest

from agency.integrations.suppliers.line_refs import allot, join_refs, split_refs


def test_references_survive_the_way_there_and_back() -> None:
    assert split_refs(join_refs(["71", "72"])) == ["71", "72"]
    assert split_refs("71, 72,") == ["71", "72"]
    assert split_refs("") == []


@pytest.mark.parametrize(
    ("ordered", "packages", "shares"),
    [
        pytest.param({"a": 1}, [{"a": 1}], [{"a": 1}], id="one-unit"),
        pytest.param({"a,b": 2}, [{"a,b": 2}], [{"a": 1, "b": 1}], id="two-units-together"),
        pytest.param({"a,b": 2}, [{"a,b": 1}, {"a,b": 1}], [{"a": 1}, {"b": 1}], id="two-units-apart"),
        pytest.param({"a,b": 6}, [{"a,b": 6}], [{"a": 3, "b": 3}], id="three-pieces-a-unit"),
        pytest.param({"a": 3}, [{"a": 3}], [{"a": 3}], id="a-bundle"),
        pytest.param({}, [{"a,b": 2}], [{"a": 1, "b": 1}], id="order-lines-not-told"),
        pytest.param({"a": 1, "b": 1}, [{"b": 1}, {"a": 1}], [{"b": 1}, {"a": 1}], id="two-items-apart"),
        pytest.param({"a": 1}, [{}], [{}], id="package-without-lines"),
        pytest.param({"a": 1}, [{"a": 0, "": 2}], [{}], id="nothing-meant"),
        pytest.param({"a": 1}, [{"a": 2}], [{"a": 2}], id="more-than-ordered"),
    ],
)
def test_pieces_are_given_to_lines_in_turn(
    ordered: dict[str, int], packages: list[dict[str, int]], shares: list[dict[str, int]]
) -> None:
    assert allot(ordered, packages) == shares
