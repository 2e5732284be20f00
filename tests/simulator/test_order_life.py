"""An order's whole life, by moving the shop clock."""

import pytest

from tests.simulator.conftest import DAY, HOUR, ROYAL_MAIL, SHOP, SHOP_GB, UPS, Stage, purchase

PROVIDERS = {"ups": UPS, "fedex": "7129720299146184490", "ontrac": "7132721393761781550"}
PROVIDERS |= {"uniuni": "7352738314622863120"}


def ship(stage: Stage, placed: dict[str, object], package: dict[str, str]) -> dict[str, object]:
    carrier = next(key for key in PROVIDERS if package["carrier"].lower().startswith(key))
    return stage.call(
        "POST",
        f"/fulfillment/202309/orders/{placed['order_id']}/packages",
        body={"tracking_number": package["tracking_number"], "shipping_provider_id": PROVIDERS[carrier]},
    )


def test_an_order_goes_from_hold_to_settled_when_bought_and_shipped(stage: Stage) -> None:
    placed = stage.place()
    order_id = placed["order_id"]
    assert stage.order(order_id)["status"] == "ON_HOLD"
    stage.advance(HOUR + 1)
    assert stage.order(order_id)["status"] == "AWAITING_SHIPMENT"
    bought = stage.shipped_purchase(placed)
    assert bought["status"] == "shipped"
    shipped = ship(stage, placed, bought["packages"][0])
    assert shipped["code"] == 0, shipped
    assert stage.order(order_id)["status"] == "AWAITING_COLLECTION"
    stage.advance(30 * HOUR)
    assert stage.order(order_id)["status"] == "IN_TRANSIT"
    stage.advance(4 * DAY)
    assert stage.order(order_id)["status"] == "DELIVERED"
    stage.advance(8 * DAY)
    assert stage.order(order_id)["status"] == "COMPLETED"
    truth = stage.books()["orders"][order_id]
    assert truth["packages"][0]["correct"]
    assert truth["settled"]["amount_minor"] > 0
    assert not truth["late"]


def test_two_units_are_two_lines_and_payment_adds_up(stage: Stage) -> None:
    order = stage.order(stage.place(lines=[{"sku_id": "2001", "quantity": 2}])["order_id"])
    assert [line["sku_id"] for line in order["line_items"]] == ["2001", "2001"]
    assert len({line["id"] for line in order["line_items"]}) == 2
    payment = {
        name: round(float(value) * 100) for name, value in order["payment"].items() if name != "currency"
    }
    assert payment["sub_total"] == payment["original_total_product_price"] - payment["seller_discount"]
    assert payment["total_amount"] == payment["sub_total"] + payment["shipping_fee"] + payment["tax"]


def test_the_address_is_empty_on_hold_clear_while_awaiting_and_starred_when_cancelled(stage: Stage) -> None:
    order_id = stage.place()["order_id"]
    assert stage.order(order_id)["recipient_address"]["name"] == ""
    stage.advance(HOUR + 1)
    clear = stage.order(order_id)["recipient_address"]
    assert clear["name"]
    assert "*" not in clear["full_address"]
    stage.sim("/cancel", order_id=order_id)
    starred = stage.order(order_id)["recipient_address"]
    assert "*" in starred["name"]
    assert "*" in starred["postal_code"]
    assert starred["region_code"] == "US"


def test_an_order_nobody_ships_is_cancelled_by_the_system(stage: Stage) -> None:
    order_id = stage.place()["order_id"]
    stage.advance(14 * DAY)
    order = stage.order(order_id)
    assert order["status"] == "CANCELLED"
    assert order["cancellation_initiator"] == "SYSTEM"
    assert order["cancel_reason"] == "system_cancel_order_reason_shipping_timeout"
    assert stage.books()["orders"][order_id]["late"]


def test_a_number_that_no_supplier_issued_never_moves_and_ends_cancelled(stage: Stage) -> None:
    placed = stage.place(status="AWAITING_SHIPMENT")
    foreign = {"carrier": "UPS", "tracking_number": "1Z999AA10123456784"}
    assert ship(stage, placed, foreign)["code"] == 0
    stage.advance(5 * DAY)
    assert stage.order(placed["order_id"])["status"] == "AWAITING_COLLECTION"
    stage.advance(12 * DAY)
    assert stage.order(placed["order_id"])["cancel_reason"] == "system_cancel_order_untracked"
    assert not stage.books()["orders"][placed["order_id"]]["packages"][0]["correct"]


def test_a_late_upload_of_a_moving_parcel_is_noticed_minutes_later(stage: Stage) -> None:
    placed = stage.place(status="AWAITING_SHIPMENT")
    bought = stage.shipped_purchase(placed)
    stage.advance(2 * DAY)
    assert ship(stage, placed, bought["packages"][0])["code"] == 0
    assert stage.order(placed["order_id"])["status"] == "AWAITING_COLLECTION"
    stage.advance(700)
    assert stage.order(placed["order_id"])["status"] in ("IN_TRANSIT", "DELIVERED")


def test_shipping_some_lines_leaves_the_rest_open(stage: Stage) -> None:
    placed = stage.place(status="AWAITING_SHIPMENT")
    first, second = placed["line_ids"]
    path = f"/fulfillment/202309/orders/{placed['order_id']}/packages"
    body = {"tracking_number": "1Z999AA10123456784", "shipping_provider_id": UPS}
    assert stage.call("POST", path, body={**body, "order_line_item_ids": [first]})["code"] == 0
    order = stage.order(placed["order_id"])
    assert order["status"] == "PARTIALLY_SHIPPING"
    assert [line["display_status"] for line in order["line_items"]] == [
        "AWAITING_COLLECTION",
        "AWAITING_SHIPMENT",
    ]
    rest = {**body, "tracking_number": "1Z5R89390357567127"}
    assert stage.call("POST", path, body=rest)["code"] == 21011048
    assert stage.call("POST", path, body={**rest, "order_line_item_ids": [second]})["code"] == 0
    assert stage.order(placed["order_id"])["status"] == "AWAITING_COLLECTION"


def test_deadlines_are_business_days_after_the_release(stage: Stage) -> None:
    stage.sim("/clock", origin="2026-11-20T20:00:00+00:00")
    order_id = stage.place()["order_id"]
    stage.advance(HOUR + 1)
    order = stage.order(order_id)
    # Released Friday 1 PM Pacific: two business days end on Tuesday 11:59:59 PM Pacific.
    assert order["tts_sla_time"] == 1795593599
    assert order["tts_sla_time"] < order["delivery_sla_time"] < order["shipping_due_time"]


@pytest.mark.parametrize("kind", ["fbt", "tiktok_shipping"])
def test_tiktok_ships_its_own_kinds_by_itself_and_keeps_their_address(stage: Stage, kind: str) -> None:
    placed = stage.place(kind=kind)
    stage.advance(HOUR + 1)
    assert "*" in stage.order(placed["order_id"])["recipient_address"]["name"]
    refused = ship(stage, placed, {"carrier": "UPS", "tracking_number": "1Z999AA10123456784"})
    assert refused["code"] in (21008025, 21011004)
    stage.advance(12 * DAY)
    assert stage.order(placed["order_id"])["status"] in ("DELIVERED", "COMPLETED")


def test_a_preorder_stays_on_hold_until_its_release(stage: Stage) -> None:
    order_id = stage.place(kind="preorder")["order_id"]
    stage.advance(DAY)
    assert stage.order(order_id)["status"] == "ON_HOLD"
    stage.advance(4 * DAY)
    assert stage.order(order_id)["status"] == "AWAITING_SHIPMENT"


def test_a_british_order_ships_with_a_british_provider(stage: Stage) -> None:
    placed = stage.place(shop=SHOP_GB, status="AWAITING_SHIPMENT")
    number = stage.sim("/parcels", order_id=placed["order_id"], carrier="royal_mail")["tracking_number"]
    path = f"/fulfillment/202309/orders/{placed['order_id']}/packages"
    body = {"tracking_number": number, "shipping_provider_id": UPS}
    assert stage.call("POST", path, shop=SHOP_GB, body=body)["code"] == 21011022
    body["shipping_provider_id"] = ROYAL_MAIL
    assert stage.call("POST", path, shop=SHOP_GB, body=body)["code"] == 0
    stage.advance(2 * DAY)
    assert stage.order(placed["order_id"], SHOP_GB)["status"] == "IN_TRANSIT"


def test_random_orders_come_over_time_and_all_end(stage: Stage) -> None:
    stage.sim("/faults", preset="harsh")
    stage.sim("/faults", timeout_before=0, timeout_after=0, cut_answer=0, http_429=0, http_500_before=0)
    stage.sim("/faults", http_500_after=0, slow=0, supplier_nonsense=0)
    stage.sim("/orders", count=60, over_shop_hours=24)
    stage.advance(30 * DAY)
    orders = stage.books()["orders"]
    assert len(orders) == 60
    assert {order["status"] for order in orders.values()} <= {"CANCELLED", "COMPLETED"}
    assert purchase({"line_ids": ["1"]})["lines"][0]["line_ref"] == "1"
    assert all(order["shop_id"].startswith(SHOP[:10]) for order in orders.values())
