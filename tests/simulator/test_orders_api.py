"""Order search and details: filters, pages, other shops."""

import pytest

from tests.simulator.conftest import HOUR, SHOP, Stage

SEARCH = "/order/202309/orders/search"


def test_pages_hold_every_order_once_in_ascending_update_time(stage: Stage) -> None:
    placed = [stage.place()["order_id"] for _ in range(7)]
    seen: list[str] = []
    token = ""
    while True:
        page = stage.call(
            "POST",
            SEARCH,
            body={},
            page_size="3",
            sort_field="update_time",
            sort_order="ASC",
            page_token=token,
        )["data"]
        assert page["total_count"] == 7
        seen += [order["id"] for order in page["orders"]]
        token = page["next_page_token"]
        if not token:
            break
        assert "+" in token
        assert "/" in token
        assert "=" in token
    assert sorted(seen) == sorted(placed)
    assert len(set(seen)) == 7


def test_a_page_token_with_other_filters_is_refused(stage: Stage) -> None:
    for _ in range(3):
        stage.place()
    token = stage.call("POST", SEARCH, body={}, page_size="2")["data"]["next_page_token"]
    assert (
        stage.call("POST", SEARCH, body={"order_status": "ON_HOLD"}, page_size="2", page_token=token)["http"]
        == 400
    )


def test_filters_narrow_the_search(stage: Stage) -> None:
    old = stage.place()["order_id"]
    stage.advance(2 * HOUR)
    young = stage.place()["order_id"]
    fbt = stage.place(kind="fbt")["order_id"]

    def found(**body: object) -> set[str]:
        return {
            order["id"] for order in stage.call("POST", SEARCH, body=body, page_size="50")["data"]["orders"]
        }

    cut = stage.order(young)["create_time"]
    assert found(order_status="AWAITING_SHIPMENT") == {old}
    assert found(create_time_lt=cut) == {old}
    assert found(create_time_ge=cut, shipping_type="SELLER") == {young}
    assert found(shipping_type="TIKTOK") == {fbt}
    stage.sim("/cancel", order_id=old, request=True)
    assert found(is_buyer_request_cancel=True) == {old}
    assert found(warehouse_ids=["other"]) == set()


@pytest.mark.parametrize(("name", "value"), [("page_size", "101"), ("page_size", "x"), ("sort_order", "UP")])
def test_a_bad_query_names_its_parameter(stage: Stage, name: str, value: str) -> None:
    found = stage.call("POST", SEARCH, body={}, **{name: value})
    assert (found["http"], found["code"]) == (400, 36009004)
    assert name in found["message"]


def test_another_shops_order_is_not_shown(stage: Stage) -> None:
    order_id = stage.place()["order_id"]
    assert stage.call("GET", "/order/202507/orders", ids=order_id)["data"]["orders"]
    other = stage.call("GET", "/order/202507/orders", shop="7494000000000000002", ids=order_id)
    assert other["data"]["orders"] == []
    path = f"/fulfillment/202309/orders/{order_id}/packages"
    body = {"tracking_number": "1Z999AA10123456784", "shipping_provider_id": "7117859084333745966"}
    assert stage.call("POST", path, shop="7494000000000000002", body=body)["code"] == 21011028


def test_products_and_warehouse_are_listed(stage: Stage) -> None:
    products = stage.call("POST", "/product/202502/products/search", body={"status": "ALL"}, page_size="10")[
        "data"
    ]
    assert [row["skus"][0]["seller_sku"] for row in products["products"]] == ["MUG-BLUE", "RUG-GREY"]
    houses = stage.call("GET", "/logistics/202309/warehouses")["data"]["warehouses"]
    assert houses[0]["id"] == stage.order(stage.place()["order_id"])["warehouse_id"]
    providers = stage.call(
        "GET", "/logistics/202309/delivery_options/7091146663229600001/shipping_providers", shop=SHOP
    )
    assert {"id": "7117859084333745966", "name": "UPS"} in providers["data"]["shipping_providers"]
