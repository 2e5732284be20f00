"""The adapter for our own REST contract, against the simulator."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from agency.domain.errors import (
    CredentialsRejected,
    Invalid,
    OutcomeUnknown,
    RefusalReason,
    Refused,
)
from agency.integrations.suppliers.port import SupplierConnection
from agency.integrations.suppliers.registry import HAS_ADAPTER, open_supplier
from tests.integrations.local import HERE
from tests.integrations.outside import BUYER, Outside, now
from tests.integrations.suppliers.purchases import request_for, usd


def bought(outside: Outside, reference: str) -> int:
    return sum(order["reference"] == reference for order in outside.books()["supplier_orders"])


def test_kinds_without_an_adapter_are_named() -> None:
    assert frozenset({"rest", "cj"}) == HAS_ADAPTER
    with pytest.raises(Invalid, match="Choose one of: cj, rest"):
        open_supplier(SupplierConnection("manual", "http://x", "USD"))


def test_a_connection_does_not_print_its_secrets() -> None:
    connection = SupplierConnection("rest", "http://x", "USD", {}, {"api_key": "fake-hidden-key"})

    assert "fake-hidden-key" not in repr(connection)


def test_stock_and_price_are_read_and_an_unknown_item_is_absent(calm: Outside) -> None:
    quotes = calm.rest().quote(["MUG-BLK", "NO-SUCH", "MUG-BLK"], BUYER)

    assert set(quotes) == {"MUG-BLK"}
    assert (quotes["MUG-BLK"].unit_cost, quotes["MUG-BLK"].shipping) == (usd(420), usd(471))
    assert quotes["MUG-BLK"].available is not None


def test_an_order_is_placed_once_and_found_by_our_reference(calm: Outside) -> None:
    request = request_for("MUG-BLK")

    placed = calm.rest().prepare_place(request).send(now())
    again = calm.rest().prepare_place(request).send(now())

    assert (placed.status, placed.paid, placed.total) == ("paid", True, usd(1311))
    assert again.supplier_order_id == placed.supplier_order_id
    assert calm.rest().find(request.reference) == again
    assert bought(calm, request.reference) == 1


def test_a_reference_that_the_supplier_does_not_have_is_none(calm: Outside) -> None:
    assert calm.rest().find("TS-FAKE1-NEVER") is None


def test_a_search_that_the_supplier_does_not_offer_is_not_an_absence(calm: Outside) -> None:
    with pytest.raises(Refused):
        calm.rest("none").find("TS-FAKE1-NEVER")


def test_a_second_order_under_one_reference_is_shown(calm: Outside) -> None:
    request = request_for("MUG-BLK")
    supplier = calm.rest("reference_only")
    supplier.prepare_place(request).send(now())
    supplier.prepare_place(request).send(now())

    found = supplier.find(request.reference)

    assert found is not None
    assert "2 orders carry the reference" in found.needs_attention


@pytest.mark.parametrize("dial", ["timeout_after", "http_500_after", "cut_answer"])
def test_a_lost_answer_is_unknown_and_the_order_is_found_afterwards(calm: Outside, dial: str) -> None:
    request = request_for("MUG-BLK")
    prepared = calm.rest().prepare_place(request)
    calm.tell("faults", {dial: {"next": 1, "path": "/suppliers/rest"}})

    with pytest.raises(OutcomeUnknown) as caught:
        prepared.send(now())

    assert caught.value.reference == request.reference
    assert calm.rest().find(request.reference) is not None
    assert bought(calm, request.reference) == 1


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        pytest.param(request_for("NO-SUCH"), RefusalReason.SKU_GONE, id="unknown-item"),
        pytest.param(request_for("MUG-BLK", most=100), RefusalReason.PRICE_CHANGED, id="above-our-ceiling"),
        pytest.param(
            request_for("MUG-BLK", to=replace(BUYER, name="D****")),
            RefusalReason.ADDRESS_INVALID,
            id="masked",
        ),
        pytest.param(
            request_for("MUG-BLK", to=replace(BUYER, line1="PO Box 7")),
            RefusalReason.NO_SHIPPING,
            id="po-box",
        ),
        pytest.param(
            request_for("MUG-BLK", tuple(str(n) for n in range(950))),
            RefusalReason.OUT_OF_STOCK,
            id="too-many",
        ),
    ],
)
def test_a_clear_no_has_our_word_and_buys_nothing(calm: Outside, request_: Any, reason: str) -> None:
    with pytest.raises(Refused) as caught:
        calm.rest().prepare_place(request_).send(now())

    assert caught.value.reason == reason
    assert bought(calm, request_.reference) == 0


def test_the_same_reference_with_another_body_is_a_conflict(calm: Outside) -> None:
    request = request_for("MUG-BLK")
    calm.rest().prepare_place(request).send(now())

    with pytest.raises(Refused) as caught:
        calm.rest().prepare_place(replace(request, note="another")).send(now())

    assert caught.value.reason == RefusalReason.REFERENCE_CONFLICT


def test_an_order_is_cancelled_until_it_ships(calm: Outside) -> None:
    request = request_for("MUG-BLK")
    placed = calm.rest().prepare_place(request).send(now())

    gone = calm.rest().prepare_cancel(placed.supplier_order_id, request.reference).send(now())

    assert (gone.status, gone.paid) == ("cancelled", False)


def test_a_shipped_order_names_its_parcel_and_its_lines_and_cannot_be_cancelled(calm: Outside) -> None:
    _, line_ids = calm.order(quantity=2)
    request = request_for("MUG-BLK", tuple(line_ids))
    placed = calm.rest().prepare_place(request).send(now())
    calm.tell("clock", {"advance_seconds": 30 * 3600})
    calm.tell("tick")

    found = calm.rest().statuses([placed.supplier_order_id, "SO-0"])

    assert set(found) == {placed.supplier_order_id}
    order = found[placed.supplier_order_id]
    assert order.status in ("shipped", "delivered")
    assert {line for package in order.packages for line in package.line_refs} == set(line_ids)
    assert all(
        package.tracking_number and package.carrier and package.shipped_at for package in order.packages
    )
    with pytest.raises(Refused) as caught:
        calm.rest().prepare_cancel(placed.supplier_order_id, request.reference).send(now())
    assert caught.value.reason == RefusalReason.TOO_LATE


def test_a_refused_key_is_rejected_credentials(calm: Outside) -> None:
    url = f"{calm.running.url}/suppliers/rest"
    stranger = open_supplier(
        SupplierConnection("rest", url, "USD", {}, {"api_key": "fake-stranger"}, 2.0, HERE)
    )

    with pytest.raises(CredentialsRejected):
        stranger.find("X")
    with pytest.raises(CredentialsRejected):
        stranger.prepare_place(request_for("MUG-BLK")).send(now())


def test_paying_apart_is_not_part_of_the_contract(calm: Outside) -> None:
    assert not calm.rest().pays_separately
    with pytest.raises(Refused):
        calm.rest().payable("SO-1")
