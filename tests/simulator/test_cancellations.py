"""Cancelling: by the buyer, by the seller, by silence."""

import pytest

from tests.simulator.conftest import DAY, UPS, Stage

SEARCH = "/return_refund/202602/cancellations/search"


def pending(stage: Stage, order_id: str) -> dict[str, object]:
    found = stage.call("POST", SEARCH, body={"order_ids": [order_id]}, page_size="10")["data"][
        "cancellations"
    ]
    return found[0]


def test_a_buyers_request_can_be_approved(stage: Stage) -> None:
    order_id = stage.place(status="AWAITING_SHIPMENT")["order_id"]
    stage.sim("/cancel", order_id=order_id, request=True)
    request = pending(stage, order_id)
    assert request["cancel_status"] == "CANCELLATION_REQUEST_PENDING"
    assert request["seller_next_action_response"][0]["action"] == "SELLER_RESPOND_BUYER_CANCEL"
    assert request["refund_amount"]["refund_total"] == stage.order(order_id)["payment"]["total_amount"]
    path = f"/return_refund/202309/cancellations/{request['cancel_id']}"
    assert stage.call("POST", path + "/approve", body={}, idempotency_key="k1")["code"] == 0
    assert stage.order(order_id)["status"] == "CANCELLED"
    assert stage.call("POST", path + "/reject", body={})["code"] == 25001010


def test_a_rejected_request_leaves_the_order_open(stage: Stage) -> None:
    order_id = stage.place(status="AWAITING_SHIPMENT")["order_id"]
    stage.sim("/cancel", order_id=order_id, request=True)
    assert stage.order(order_id)["is_buyer_request_cancel"]
    path = f"/return_refund/202309/cancellations/{pending(stage, order_id)['cancel_id']}/reject"
    assert stage.call("POST", path, body={})["code"] == 0
    order = stage.order(order_id)
    assert (order["status"], order["is_buyer_request_cancel"]) == ("AWAITING_SHIPMENT", False)


def test_silence_for_48_hours_approves_the_request(stage: Stage) -> None:
    order_id = stage.place(status="AWAITING_SHIPMENT")["order_id"]
    stage.sim("/cancel", order_id=order_id, request=True)
    stage.advance(2 * DAY + 5)
    assert stage.order(order_id)["cancellation_initiator"] == "BUYER"


def test_shipping_rejects_a_pending_request(stage: Stage) -> None:
    order_id = stage.place(status="AWAITING_SHIPMENT")["order_id"]
    stage.sim("/cancel", order_id=order_id, request=True)
    body = {"tracking_number": "1Z999AA10123456784", "shipping_provider_id": UPS}
    assert stage.call("POST", f"/fulfillment/202309/orders/{order_id}/packages", body=body)["code"] == 0
    assert pending(stage, order_id)["cancel_status"] == "CANCELLATION_REQUEST_CANCEL"
    assert not stage.order(order_id)["is_buyer_request_cancel"]


def test_the_seller_cancels_one_line_or_all(stage: Stage) -> None:
    placed = stage.place(status="AWAITING_SHIPMENT")
    path = "/return_refund/202602/cancellations"
    reason = "seller_cancel_reason_out_of_stock"
    one = {
        "order_id": placed["order_id"],
        "cancel_reason": reason,
        "order_line_item_ids": placed["line_ids"][:1],
    }
    assert stage.call("POST", path, body=one)["data"]["cancel_status"] == "CANCELLATION_REQUEST_SUCCESS"
    order = stage.order(placed["order_id"])
    assert order["status"] == "AWAITING_SHIPMENT"
    assert order["line_items"][0]["cancel_user"] == "SELLER"
    rest = {"order_id": placed["order_id"], "cancel_reason": reason}
    assert stage.call("POST", path, body=rest)["code"] == 0
    assert stage.order(placed["order_id"])["status"] == "CANCELLED"
    assert stage.books()["orders"][placed["order_id"]]["cancelled_by"] == "SELLER"


@pytest.mark.parametrize(
    ("status", "reason", "code"),
    [
        ("AWAITING_SHIPMENT", "because", 25001021),
        ("CANCELLED", "seller_cancel_reason_wrong_price", 25001010),
        ("DELIVERED", "seller_cancel_reason_wrong_price", 25001045),
    ],
)
def test_a_seller_cancel_that_cannot_be_has_its_code(
    stage: Stage, status: str, reason: str, code: int
) -> None:
    order_id = stage.place(status=status)["order_id"]
    body = {"order_id": order_id, "cancel_reason": reason}
    assert stage.call("POST", "/return_refund/202602/cancellations", body=body)["code"] == code


def test_returns_are_an_empty_page(stage: Stage) -> None:
    found = stage.call("POST", "/return_refund/202602/returns/search", body={}, page_size="10")["data"]
    assert found == {"return_orders": [], "total_count": 0, "next_page_token": ""}
