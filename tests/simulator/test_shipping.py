"""What TikTok takes as a tracking number, what it warns about, and how it lets a number be corrected."""

import pytest

from tests.simulator.conftest import DAY, UPS, Stage

FEDEX, USPS = "7129720299146184490", "7117858858072016686"
GOOD = "1Z999AA10123456784"


def ship(stage: Stage, order_id: str, number: str, provider: str = UPS, **more: object) -> dict[str, object]:
    body = {"tracking_number": number, "shipping_provider_id": provider, **more}
    return stage.call("POST", f"/fulfillment/202309/orders/{order_id}/packages", body=body)


@pytest.mark.parametrize(
    ("number", "provider", "code"),
    [
        ("1Z 999!AA1", UPS, 21004012),
        (GOOD, FEDEX, 21004015),
        (GOOD, "1", 21011022),
        ("ABCDEFGH", UPS, 11028006),
        ("9400111202555842332669", USPS, 21004016),
    ],
)
def test_a_bad_number_is_refused_with_its_code(stage: Stage, number: str, provider: str, code: int) -> None:
    order_id = stage.place(status="AWAITING_SHIPMENT")["order_id"]
    assert ship(stage, order_id, number, provider)["code"] == code
    assert stage.order(order_id)["status"] == "AWAITING_SHIPMENT"


def test_spaces_in_a_number_do_not_matter_and_no_package_exists_before(stage: Stage) -> None:
    order_id = stage.place(status="AWAITING_SHIPMENT")["order_id"]
    assert stage.order(order_id)["packages"] == []
    done = ship(stage, order_id, "1Z 999 AA1 0123456784")
    assert done["code"] == 0
    order = stage.order(order_id)
    assert order["packages"] == [{"id": done["data"]["package_id"]}]
    assert order["line_items"][0]["tracking_number"] == GOOD


def test_a_number_that_looks_like_another_carriers_passes_with_a_warning(stage: Stage) -> None:
    order_id = stage.place(status="AWAITING_SHIPMENT")["order_id"]
    done = ship(stage, order_id, "986578788855", "7213986298535610158")
    assert done["code"] == 0
    assert done["data"]["warning"]["message"]


def test_the_newer_version_of_the_call_works_too(stage: Stage) -> None:
    placed = stage.place(status="AWAITING_SHIPMENT")
    body = {
        "order_line_list": [{"order_line_id": line_id} for line_id in placed["line_ids"]],
        "shipping_info_list": [{"tracking_number": GOOD, "shipping_provider_id": UPS}],
    }
    done = stage.call("POST", f"/fulfillment/202610/orders/{placed['order_id']}/packages", body=body)
    assert done["data"]["order_line_item_ids"] == placed["line_ids"]


@pytest.mark.parametrize(
    ("status", "code"), [("ON_HOLD", 21011044), ("CANCELLED", 21011041), ("DELIVERED", 21011027)]
)
def test_a_closed_order_cannot_be_shipped(stage: Stage, status: str, code: int) -> None:
    order_id = stage.place(status=status)["order_id"]
    assert ship(stage, order_id, GOOD)["code"] == code


def test_an_order_ships_once(stage: Stage) -> None:
    order_id = stage.place(status="AWAITING_SHIPMENT")["order_id"]
    assert ship(stage, order_id, GOOD)["code"] == 0
    assert ship(stage, order_id, "1Z5R89390357567127")["code"] == 21011020


def test_a_number_serves_two_orders_only_of_the_same_recipient(stage: Stage) -> None:
    home = {
        "name": "Dana Sample",
        "address_line1": "1 Alder Ln",
        "address_line2": "",
        "postal_code": "98402",
    }
    together = [
        stage.place(status="AWAITING_SHIPMENT", overrides={"recipient_address": home})["order_id"]
        for _ in range(2)
    ]
    assert [ship(stage, order_id, GOOD)["code"] for order_id in together] == [0, 0]
    stranger = stage.place(
        status="AWAITING_SHIPMENT", overrides={"recipient_address": {**home, "name": "Al Birch"}}
    )
    assert ship(stage, stranger["order_id"], GOOD)["code"] == 21034012


def test_a_number_can_be_corrected_once_within_72_hours(stage: Stage) -> None:
    order_id = stage.place(status="AWAITING_SHIPMENT")["order_id"]
    path = f"/fulfillment/202309/orders/{order_id}/shipping_info/update"
    right = {"tracking_number": "1Z5R89390357567127", "shipping_provider_id": UPS}
    assert stage.call("POST", path, body=right)["code"] == 21011043
    package_id = ship(stage, order_id, GOOD)["data"]["package_id"]
    assert stage.call("POST", path, body=right)["code"] == 0
    assert stage.call("POST", path, body={**right, "tracking_number": GOOD})["code"] == 21011051
    shown = stage.call("GET", f"/fulfillment/202309/packages/{package_id}")["data"]
    assert shown["tracking_number"] == right["tracking_number"]
    late = stage.place(status="AWAITING_SHIPMENT")["order_id"]
    number = stage.sim("/parcels", order_id=late, carrier="ups")["tracking_number"]
    late_package = ship(stage, late, number)["data"]["package_id"]
    stage.sim("/clock", advance_seconds=3 * DAY + 60)
    late_path = f"/fulfillment/202309/packages/{late_package}/shipping_info/update"
    answer = stage.call("POST", late_path, body={**right, "tracking_number": "1Z84G7YV0376317067"})
    assert answer["code"] in (21011049, 21011030)


def test_correcting_to_the_real_number_lets_the_order_move(stage: Stage) -> None:
    order_id = stage.place(status="AWAITING_SHIPMENT")["order_id"]
    number = stage.sim("/parcels", order_id=order_id, carrier="ups")["tracking_number"]
    assert ship(stage, order_id, GOOD)["code"] == 0
    stage.advance(2 * DAY)
    assert stage.order(order_id)["status"] == "AWAITING_COLLECTION"
    path = f"/fulfillment/202309/orders/{order_id}/shipping_info/update"
    assert (
        stage.call("POST", path, body={"tracking_number": number, "shipping_provider_id": UPS})["code"] == 0
    )
    stage.advance(3600)
    assert stage.order(order_id)["status"] in ("IN_TRANSIT", "DELIVERED")
    told = stage.call("GET", f"/fulfillment/202309/orders/{order_id}/tracking")["data"]["tracking"]
    assert told[0]["update_time_millis"] > 1_000_000_000_000
    found = stage.call("POST", "/fulfillment/202309/packages/search", body={}, page_size="10")["data"]
    assert found["packages"][0]["tracking_number"] == number
