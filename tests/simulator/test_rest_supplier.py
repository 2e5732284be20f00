"""The generic REST supplier: idempotency in three flavours, refusals, parcels, cancelling."""

import pytest

from tests.simulator.conftest import DAY, HOUR, Stage, purchase


@pytest.fixture
def placed(stage: Stage) -> dict[str, object]:
    return stage.place(status="AWAITING_SHIPMENT")


def bought(stage: Stage) -> list[dict[str, object]]:
    return stage.books()["supplier_orders"]


def test_the_same_key_and_body_buy_once(stage: Stage, placed: dict[str, object]) -> None:
    first = stage.rest("POST", "/orders", body=purchase(placed), key="TS-1")
    again = stage.rest("POST", "/orders", body=purchase(placed), key="TS-1")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.get_json()["id"] == again.get_json()["id"]
    assert first.get_json()["total"] == "13.11"
    assert [(row["reference"], row["paid_count"], row["total_minor"]) for row in bought(stage)] == [
        ("TS-1", 1, 1311)
    ]


def test_the_same_key_with_another_body_conflicts(stage: Stage, placed: dict[str, object]) -> None:
    stage.rest("POST", "/orders", body=purchase(placed), key="TS-1")
    other = stage.rest("POST", "/orders", body=purchase(placed, quantity=1), key="TS-1")
    assert (other.status_code, other.get_json()["error"]["code"]) == (409, "reference_conflict")


def test_an_account_without_idempotency_buys_twice_but_can_be_searched(
    stage: Stage, placed: dict[str, object]
) -> None:
    for _ in range(2):
        assert (
            stage.rest("POST", "/orders", account="b", body=purchase(placed), key="TS-1").status_code == 201
        )
    found = stage.rest("GET", "/orders?reference=TS-1", account="b").get_json()["orders"]
    assert len(found) == 2
    assert len(bought(stage)) == 2
    assert stage.rest("GET", "/orders?reference=TS-2", account="b").get_json()["orders"] == []


def test_an_account_with_neither_cannot_be_searched(stage: Stage, placed: dict[str, object]) -> None:
    stage.rest("POST", "/orders", account="c", body=purchase(placed))
    assert stage.rest("GET", "/orders?reference=TS-1", account="c").status_code == 404


def test_accounts_do_not_see_each_others_orders(stage: Stage, placed: dict[str, object]) -> None:
    mine = stage.buy(placed)["id"]
    assert stage.rest("GET", f"/orders/{mine}").status_code == 200
    assert stage.rest("GET", f"/orders/{mine}", account="b").status_code == 404
    assert stage.rest("GET", "/orders?reference=TS-1", account="b").get_json()["orders"] == []
    assert stage.rest("GET", "/items/MUG", account="zzz").status_code == 401


def refused(stage: Stage, body: dict[str, object]) -> tuple[int, str]:
    answer = stage.rest("POST", "/orders", body=body, key="TS-9")
    return answer.status_code, answer.get_json()["error"]["code"]


def test_each_refusal_has_its_code_and_buys_nothing(stage: Stage, placed: dict[str, object]) -> None:
    good = purchase(placed)
    line = good["lines"][0]
    assert refused(stage, {**good, "lines": [{**line, "sku": "NONE"}]}) == (422, "sku_unknown")
    assert refused(stage, {**good, "lines": [{**line, "sku": "RUG", "quantity": 3}]}) == (422, "out_of_stock")
    assert refused(stage, {**good, "max_total": "13.10"}) == (422, "price_changed")
    assert refused(stage, {**good, "ship_to": {**good["ship_to"], "name": "D*** S***"}}) == (
        422,
        "address_invalid",
    )
    assert refused(stage, {**good, "ship_to": {**good["ship_to"], "address1": "PO Box 9"}}) == (
        422,
        "shipping_unavailable",
    )
    assert refused(stage, {**good, "lines": [{**line, "quantity": 0}]}) == (400, "invalid_request")
    assert refused(stage, {**good, "reference": ""}) == (400, "invalid_request")
    assert refused(stage, {**good, "currency": "EUR"}) == (400, "invalid_request")
    assert bought(stage) == []
    assert stage.rest("POST", "/orders", body=good, key="TS-9").status_code == 201


def test_an_order_can_be_cancelled_until_it_ships(stage: Stage, placed: dict[str, object]) -> None:
    early = stage.buy(placed, "TS-1")["id"]
    assert stage.rest("POST", f"/orders/{early}/cancel").get_json()["status"] == "cancelled"
    late = stage.buy(placed, "TS-2")["id"]
    stage.advance(21 * HOUR)
    answer = stage.rest("POST", f"/orders/{late}/cancel")
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (409, "too_late")
    assert [row["cancelled"] for row in bought(stage)] == [True, False]
    assert stage.rest("GET", f"/orders/{early}").get_json()["packages"] == []


def test_stock_counts_down_and_comes_back_with_a_cancel(stage: Stage, placed: dict[str, object]) -> None:
    assert stage.rest("GET", "/items/MUG").get_json()["available"] == 50
    order_id = stage.buy(placed)["id"]
    assert stage.rest("GET", "/items/MUG").get_json()["available"] == 48
    stage.rest("POST", f"/orders/{order_id}/cancel")
    assert stage.rest("GET", "/items/MUG").get_json()["available"] == 50
    assert stage.rest("GET", "/items/NONE").status_code == 404


def test_a_parcel_tells_its_way_to_the_door(stage: Stage, placed: dict[str, object]) -> None:
    package = stage.shipped_purchase(placed)["packages"][0]
    assert package["lines"] == [{"line_ref": placed["line_ids"][0], "quantity": 2}]
    stage.advance(6 * DAY)
    done = stage.rest("GET", "/orders?reference=TS-1").get_json()["orders"][0]
    assert done["status"] == "delivered"
    assert [event["status"] for event in done["packages"][0]["events"]] == [
        "label_created",
        "in_transit",
        "delivered",
    ]


def test_a_joined_line_reference_covers_each_named_line(stage: Stage) -> None:
    placed = stage.place(lines=[{"sku_id": "2001", "quantity": 1}, {"sku_id": "2002", "quantity": 1}])
    body = purchase(placed, quantity=2)
    body["lines"][0]["line_ref"] = ",".join(placed["line_ids"])
    assert stage.rest("POST", "/orders", body=body, key="TS-1").status_code == 201
    assert bought(stage)[0]["order_ids"] == [placed["order_id"]]


def test_a_price_change_lasts_for_some_hours_only(stage: Stage, placed: dict[str, object]) -> None:
    stage.sim("/faults", price_change={"next": 1})
    body = purchase(placed, max_total="13.11")
    assert stage.rest("POST", "/orders", body=body, key="TS-1").get_json()["error"]["code"] == "price_changed"
    assert stage.rest("GET", "/items/MUG").get_json()["unit_price"] != "4.20"
    stage.advance(25 * HOUR)
    assert stage.rest("POST", "/orders", body=body, key="TS-1").status_code == 201


def test_a_bad_number_comes_first_and_the_right_one_later(stage: Stage, placed: dict[str, object]) -> None:
    stage.sim("/faults", bad_tracking={"next": 1})
    order_id = stage.buy(placed)["id"]
    packages: list[dict[str, str]] = []
    while not packages:
        stage.advance(HOUR / 4)
        packages = stage.rest("GET", f"/orders/{order_id}").get_json()["packages"]
    assert "?" in packages[0]["tracking_number"]
    stage.advance(6 * HOUR)
    later = stage.rest("GET", "/orders?reference=TS-1").get_json()["orders"][0]["packages"][0][
        "tracking_number"
    ]
    assert later in bought(stage)[0]["tracking_numbers"]


def test_a_sold_out_item_comes_back(stage: Stage, placed: dict[str, object]) -> None:
    stage.sim("/faults", out_of_stock={"next": 1})
    assert (
        stage.rest("POST", "/orders", body=purchase(placed), key="TS-1").get_json()["error"]["code"]
        == "out_of_stock"
    )
    stage.advance(25 * HOUR)
    assert stage.rest("POST", "/orders", body=purchase(placed), key="TS-1").status_code == 201
