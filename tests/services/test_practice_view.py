"""The practice shop's first order as its owner watches it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from agency.models.clients import Client
from agency.services.practice_view import find_practice
from tests.desk import Desk, open_desk
from tests.desk_rows import add_order, add_purchase


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with open_desk() as made:
        yield made


@pytest.mark.parametrize(
    ("state", "cost"), [("closed", 640), ("paid", 640), ("planned", None), ("refused", None)]
)
def test_the_cost_is_that_of_what_was_bought(desk: Desk, state: str, cost: int | None) -> None:
    desk.clear()
    with desk.session() as session:
        session.get_one(Client, desk.ours.clients["Luma"]).practice = "ordered"
        add_purchase(session, desk.ours, add_order(session, desk.ours, stage="settled"), state=state)
    with desk.session() as session:
        found = find_practice(desk.ours.scope(), session)
        session.get_one(Client, desk.ours.clients["Luma"]).practice = ""
    assert found is not None
    assert found.order is not None
    assert found.done
    assert (found.order.cost.amount if found.order.cost else None) == cost
