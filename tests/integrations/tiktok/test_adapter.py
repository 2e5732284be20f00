"""The TikTok port against the simulator: what is asked, what is answered, what is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from agency.domain.errors import CredentialsRejected, OutcomeUnknown, RefusalReason, Refused, Unavailable
from agency.domain.parcels import ShipRequest
from agency.integrations.http import shared_reads
from agency.integrations.tiktok.adapter import TikTokAdapter
from agency.integrations.tiktok.port import TikTokPort
from tests.integrations.local import LOCAL
from tests.integrations.outside import GB_SHOP, UPS, US_OPTION, Outside, now

WIDE = timedelta(days=400)


def window() -> tuple[datetime, datetime]:
    moment = datetime.now(UTC)
    return moment - WIDE, moment + WIDE


def ship(outside: Outside, order_id: str, line_ids: list[str], number: str = "") -> ShipRequest:
    return ShipRequest(order_id, tuple(line_ids), number or outside.number_for(order_id, line_ids), UPS)


def test_the_adapter_is_the_port(calm: Outside) -> None:
    port: TikTokPort = calm.shop()

    assert port.count_orders(*window()) >= 0


def test_pages_come_oldest_update_first_and_end(calm: Outside) -> None:
    placed = [calm.order()[0] for _ in range(5)]
    seen: list[str] = []
    updates: list[datetime] = []
    token = ""

    while True:
        page = calm.shop().search_orders(*window(), token, page_size=2)
        seen += [order.order_id for order in page.orders]
        updates += [order.updated_at for order in page.orders]
        token = page.next_page_token
        if not token:
            break

    assert set(placed) <= set(seen)
    assert len(seen) == len(set(seen))
    assert updates == sorted(updates)


def test_tiktoks_count_grows_with_each_order(calm: Outside) -> None:
    before = calm.shop().count_orders(*window())
    calm.order()

    assert calm.shop().count_orders(*window()) == before + 1


def test_more_than_fifty_ids_are_asked_in_several_calls_and_strangers_are_absent(calm: Outside) -> None:
    known = [calm.order(quantity=2)[0], calm.order()[0]]
    ids = [known[0], *(str(576000000000000000 + n) for n in range(55)), known[1]]

    found = calm.shop().orders(ids)

    assert [order.order_id for order in found] == known
    assert len(found[0].lines) == 2


def test_an_order_on_hold_comes_masked(calm: Outside) -> None:
    order_id, _ = calm.order(status="ON_HOLD")

    (order,) = calm.shop().orders([order_id])

    assert (order.status, order.address_masked) == ("ON_HOLD", True)


def test_another_shops_order_is_absent(calm: Outside) -> None:
    order_id, _ = calm.order()

    try:
        found = calm.shop(GB_SHOP).orders([order_id])
    except Refused:
        found = []

    assert found == []


def test_providers_belong_to_the_shops_region(calm: Outside) -> None:
    names = {provider.name for provider in calm.shop().providers(US_OPTION)}
    british = {provider.name for provider in calm.shop(GB_SHOP).providers(US_OPTION)}

    assert {"UPS", "FedEx"} <= names
    assert "Royal Mail" in british - names


def test_shipping_gives_a_package_and_moves_the_order_on(calm: Outside) -> None:
    order_id, line_ids = calm.order()

    receipt = calm.shop().prepare_ship(ship(calm, order_id, line_ids)).send(now())

    (order,) = calm.shop().orders([order_id])
    assert order.status == "AWAITING_COLLECTION"
    assert order.lines[0].package_id == receipt.package_id != ""
    assert calm.shop().tracking(order_id)


def test_some_lines_ship_alone(calm: Outside) -> None:
    order_id, line_ids = calm.order(quantity=2)

    calm.shop().prepare_ship(ship(calm, order_id, line_ids[:1])).send(now())

    (order,) = calm.shop().orders([order_id])
    assert order.status == "PARTIALLY_SHIPPING"


@pytest.mark.parametrize(
    ("status", "reason"), [("ON_HOLD", RefusalReason.ON_HOLD), ("IN_TRANSIT", RefusalReason.ALREADY_DONE)]
)
def test_an_order_that_cannot_ship_says_why(calm: Outside, status: str, reason: str) -> None:
    order_id, line_ids = calm.order(status=status)

    with pytest.raises(Refused) as caught:
        calm.shop().prepare_ship(ship(calm, order_id, line_ids, "1Z999AA10123456784")).send(now())

    assert caught.value.reason == reason


def test_a_number_that_no_carrier_knows_is_refused(calm: Outside) -> None:
    order_id, line_ids = calm.order()

    with pytest.raises(Refused) as caught:
        calm.shop().prepare_ship(ship(calm, order_id, line_ids, "no number!")).send(now())

    assert caught.value.reason == RefusalReason.TRACKING_INVALID


def test_a_number_is_corrected_once(calm: Outside) -> None:
    order_id, line_ids = calm.order()
    package = calm.shop().prepare_ship(ship(calm, order_id, line_ids)).send(now()).package_id
    better = calm.number_for(order_id, line_ids)

    receipt = calm.shop().prepare_correct(order_id, package, better, UPS).send(now())

    assert receipt.package_id == package
    assert calm.shop().orders([order_id])[0].lines[0].tracking_number == better
    with pytest.raises(Refused) as caught:
        calm.shop().prepare_correct(order_id, "", calm.number_for(order_id, line_ids), UPS).send(now())
    assert caught.value.reason == RefusalReason.CORRECTION_CLOSED


@pytest.mark.parametrize("dial", ["timeout_after", "http_500_after", "cut_answer"])
def test_a_lost_answer_is_an_unknown_outcome_though_the_order_shipped(calm: Outside, dial: str) -> None:
    order_id, line_ids = calm.order()
    prepared = calm.shop().prepare_ship(ship(calm, order_id, line_ids))
    calm.tell("faults", {dial: {"next": 1, "path": "/fulfillment/"}})

    with pytest.raises(OutcomeUnknown):
        prepared.send(now())

    assert calm.shop().orders([order_id])[0].status == "AWAITING_COLLECTION"


def test_a_rate_limit_on_a_write_is_unavailable_and_nothing_shipped(calm: Outside) -> None:
    order_id, line_ids = calm.order()
    prepared = calm.shop().prepare_ship(ship(calm, order_id, line_ids))
    calm.tell("faults", {"http_429": {"next": 1, "path": "/fulfillment/"}})

    with pytest.raises(Unavailable) as caught:
        prepared.send(now())

    assert caught.value.retry_after == 1.0
    assert calm.shop().orders([order_id])[0].status == "AWAITING_SHIPMENT"


def test_a_read_that_meets_an_internal_error_is_unavailable(calm: Outside) -> None:
    calm.tell("faults", {"http_500_before": {"next": 1, "path": "/order/"}})

    with pytest.raises(Unavailable):
        calm.shop().count_orders(*window())


def test_a_stranger_token_is_rejected_and_may_be_mended_by_a_refresh(calm: Outside) -> None:
    with pytest.raises(CredentialsRejected) as caught:
        calm.shop(token="fake-stranger-token").count_orders(*window())

    assert caught.value.expired
    assert "fake-stranger-token" not in str(caught.value)


def test_a_wrong_secret_is_rejected_for_good(calm: Outside) -> None:
    shop = TikTokAdapter(
        calm.running.url,
        "fake-key",
        "fake-other-secret",
        calm.token,
        calm.ciphers[GB_SHOP],
        2.0,
        shared_reads(2.0, LOCAL),
    )

    with pytest.raises(CredentialsRejected) as caught:
        shop.count_orders(*window())

    assert not caught.value.expired


def test_a_buyers_request_is_listed_with_its_deadline(calm: Outside) -> None:
    order_id, _ = calm.order()
    calm.tell("cancel", {"order_id": order_id, "request": True})

    (request,) = calm.shop().cancellations([order_id])

    assert (request.order_id, request.role, request.status) == (
        order_id,
        "BUYER",
        "CANCELLATION_REQUEST_PENDING",
    )
    assert request.deadline is not None
    recent = calm.shop().cancellations(since=datetime.now(UTC) - timedelta(hours=1))
    assert request in recent


def test_the_seller_cancels_with_tiktoks_reason(calm: Outside) -> None:
    order_id, _ = calm.order()
    reason = "seller_cancel_reason_out_of_stock"

    cancel_id = calm.shop().prepare_cancel_order(order_id, reason).send(now())

    assert cancel_id
    (order,) = calm.shop().orders([order_id])
    assert (order.status, order.cancelled_by, order.cancel_reason) == ("CANCELLED", "SELLER", reason)


def test_a_wrong_reason_is_refused(calm: Outside) -> None:
    order_id, _ = calm.order()

    with pytest.raises(Refused) as caught:
        calm.shop().prepare_cancel_order(order_id, "because").send(now())

    assert caught.value.reason == RefusalReason.WRONG_KIND


def test_a_delivered_order_is_estimated_then_settled_and_every_cent_has_a_reason(calm: Outside) -> None:
    order_id, line_ids = calm.order(quantity=2)
    calm.shop().prepare_ship(ship(calm, order_id, line_ids)).send(now())
    estimate = next(row for row in calm.shop().unsettled() if row.order_id == order_id)
    calm.tell("advance", {"order_id": order_id, "status": "DELIVERED"})
    calm.tell("clock", {"advance_seconds": 9 * 86_400})
    calm.tell("tick")

    statements = calm.shop().statements(datetime.now(UTC) - timedelta(days=1))
    rows = [
        row
        for statement in statements
        for row in calm.shop().statement_rows(statement.statement_id, statement.settlement.currency)
    ]

    mine = [row for row in rows if row.order_id == order_id]
    detail = calm.shop().order_rows(order_id)
    assert sum(row.settlement.amount for row in rows) == sum(one.settlement.amount for one in statements)
    assert sum(row.settlement.amount for row in mine) == estimate.settlement.amount
    assert sum(row.settlement.amount for row in detail) == estimate.settlement.amount
    for row in [*rows, *detail]:
        assert sum(part.amount for part in row.parts.values()) == row.settlement.amount
