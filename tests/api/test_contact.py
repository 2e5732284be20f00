"""One buyer's address over JSON: for those who work on orders, one order at a time, kept nowhere on the way."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from agency.models.orders import Order
from tests.desk import Desk, open_desk
from tests.portal.browsing import visit
from tests.portal.scenes import BUYER, add_buyer, add_purchase

NUMBER = "577500000000000001"
PATH = f"/api/v1/orders/{NUMBER}/contact"


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with open_desk() as opened:
        with opened.session() as session:
            purchase = add_purchase(session, opened, NUMBER, "paid")
            add_buyer(session, opened, session.get_one(Order, purchase.order_id))
        yield opened


def test_the_address_comes_once_and_is_kept_nowhere(desk: Desk) -> None:
    answer = desk.web("operator").post(PATH)
    assert answer.status_code == 200
    assert (answer.json["name"], answer.json["line1"]) == (BUYER.name, BUYER.line1)
    assert answer.headers["Cache-Control"] == "no-store"
    assert "ETag" not in answer.headers


@pytest.mark.parametrize(
    ("person", "status"), [("viewer", 403), ("member", 403), ("stranger", 404), ("", 401)]
)
def test_others_get_nothing_of_it(desk: Desk, person: str, status: int) -> None:
    answer = desk.web(person).post(PATH)
    assert answer.status_code == status
    assert BUYER.line1 not in answer.text
    assert desk.web("owner").get(PATH).status_code == 405


@pytest.mark.parametrize(
    "path", ["orders", f"orders?q={NUMBER}", f"orders/{NUMBER}", "worklist", "approvals"]
)
def test_no_list_and_no_order_shows_it(desk: Desk, path: str) -> None:
    answer = desk.web("owner").get(f"/api/v1/{path}")
    assert answer.status_code == 200
    text = answer.text
    assert not any(part in text for part in (BUYER.name, BUYER.line1, BUYER.phone))


@pytest.mark.parametrize(
    "path", ["/today", "/orders", f"/orders?q={NUMBER}", f"/orders/{NUMBER}", "/approvals"]
)
def test_no_page_shows_it_without_a_click(desk: Desk, path: str) -> None:
    page = visit(desk, "owner").page(path)
    assert not any(part in page for part in (BUYER.name, BUYER.line1, BUYER.phone))
