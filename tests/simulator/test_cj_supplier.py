"""CJ: tokens, freight, create, cart, price, pay, ship, and its habit of taking the same number twice."""

from typing import Any

import pytest

from tests.simulator.conftest import DAY, HOUR, Stage

BASE = "/suppliers/cj/api2.0/v1"


class Cj:
    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        data = self.ask("POST", "/authentication/getAccessToken", apiKey="fake-cj-key")["data"]
        self.tokens = data
        self.token = data["accessToken"]

    def ask(self, method: str, path: str, **body: Any) -> Any:
        headers = {"CJ-Access-Token": getattr(self, "token", "")}
        return self.stage.http.open(BASE + path, method=method, json=body or None, headers=headers).get_json()

    def create(self, line_id: str, reference: str = "TS-1", quantity: int = 2, **more: Any) -> Any:
        address = {
            "shippingCountryCode": "US",
            "shippingCountry": "United States",
            "shippingProvince": "Washington",
            "shippingCity": "Tacoma",
            "shippingCustomerName": "Dana Sample",
            "shippingAddress": "1 Alder Ln",
        }
        products = [{"vid": "V-1", "quantity": quantity, "storeLineItemId": line_id}]
        body = {
            "orderNumber": reference,
            **address,
            "logisticName": "UPS Ground",
            "fromCountryCode": "US",
            "payType": 3,
            "products": products,
            **more,
        }
        return self.ask("POST", "/shopping/order/createOrderV2", **body)

    def to_shipment(self, order_id: str) -> str:
        assert (
            self.ask("POST", "/shopping/order/addCart", cjOrderIdList=[order_id])["data"]["successCount"] == 1
        )
        done = self.ask("POST", "/shopping/order/addCartConfirm", cjOrderIdList=[order_id])["data"]
        return str(done["shipmentsId"])


@pytest.fixture
def cj(stage: Stage) -> Cj:
    return Cj(stage)


@pytest.fixture
def line_id(stage: Stage) -> str:
    return str(stage.place(status="AWAITING_SHIPMENT")["line_ids"][0])


def test_the_chain_creates_prices_pays_and_ships(stage: Stage, cj: Cj, line_id: str) -> None:
    made = cj.create(line_id)["data"]
    assert (made["orderStatus"], made["orderAmount"], made["shipmentOrderId"]) == ("CREATED", 12.8, None)
    shipment = cj.to_shipment(made["orderId"])
    parent = cj.ask("POST", "/shopping/order/saveGenerateParentOrder", shipmentOrderId=shipment)["data"]
    assert parent["paymentInformation"]["actualPayment"] == 12.8
    pay = {"shipmentOrderId": shipment, "payId": parent["payId"]}
    assert cj.ask("POST", "/shopping/pay/payBalanceV2", **pay)["data"] is True
    assert cj.ask("POST", "/shopping/pay/payBalanceV2", **pay)["code"] == 1603101
    assert cj.ask("GET", "/shopping/pay/getBalance")["data"]["amount"] == 87.2
    stage.advance(21 * HOUR)
    shown = cj.ask("GET", "/shopping/order/getOrderDetail?orderId=TS-1")["data"]
    assert shown["orderStatus"] == "SHIPPED"
    assert shown["trackNumber"].startswith("1Z")
    stage.advance(6 * DAY)
    tracked = cj.ask("GET", f"/logistic/trackInfo?trackNumber={shown['trackNumber']}")["data"]
    assert tracked[0]["trackingStatus"] == "Delivered"
    truth = stage.books()["supplier_orders"][0]
    assert (truth["paid_count"], truth["total_minor"], truth["status"]) == (1, 1280, "DELIVERED")


def test_the_short_way_confirms_and_pays_one_order(cj: Cj, line_id: str) -> None:
    order_id = cj.create(line_id)["data"]["orderId"]
    assert cj.ask("POST", "/shopping/pay/payBalance", orderId=order_id)["code"] == 1603101
    assert cj.ask("PATCH", "/shopping/order/confirmOrder", orderId=order_id)["data"] == order_id
    assert cj.ask("POST", "/shopping/pay/payBalance", orderId=order_id)["code"] == 200
    detail = cj.ask("GET", f"/shopping/order/getOrderDetail?orderId={order_id}")["data"]
    assert detail["orderStatus"] == "UNSHIPPED"


def test_the_same_order_number_makes_a_second_order(stage: Stage, cj: Cj, line_id: str) -> None:
    first, second = cj.create(line_id)["data"]["orderId"], cj.create(line_id)["data"]["orderId"]
    assert first != second
    listed = cj.ask("GET", "/shopping/order/list?pageNum=1&pageSize=20&status=CREATED")["data"]["list"]
    assert {row["orderId"] for row in listed} == {first, second}
    assert cj.ask("GET", "/shopping/order/list?pageNum=1&pageSize=20")["data"]["list"] == []


def test_an_account_can_refuse_the_same_order_number(stage: Stage, cj: Cj, line_id: str) -> None:
    account = {"api_key": "fake-cj-key", "open_id": 700012345, "refuse_duplicates": True}
    stage.sim("/setup", cj_accounts=[account])
    assert cj.create(line_id)["code"] == 200
    assert cj.create(line_id)["code"] == 1603003


def test_an_unpaid_order_can_be_deleted_and_a_paid_one_not(cj: Cj, line_id: str) -> None:
    unpaid = cj.create(line_id, "TS-1")["data"]["orderId"]
    assert cj.ask("DELETE", f"/shopping/order/deleteOrder?orderId={unpaid}")["code"] == 200
    paid = cj.create(line_id, "TS-2", payType=2)["data"]["orderId"]
    assert cj.ask("DELETE", f"/shopping/order/deleteOrder?orderId={paid}")["code"] == 1603002
    assert cj.ask("GET", "/shopping/order/getOrderDetail?orderId=TS-1")["data"]["orderStatus"] == "CANCELLED"


def test_each_problem_has_its_code(cj: Cj, line_id: str) -> None:
    assert cj.create(line_id, shippingCity="")["code"] == 1600300
    assert cj.create(line_id, shippingAddress="1 A***")["code"] == 1600300
    assert cj.create(line_id, products=[{"vid": "V-9", "quantity": 1}])["code"] == 1602000
    assert cj.ask("GET", "/shopping/order/getOrderDetail?orderId=TS-none")["code"] == 1600300
    assert cj.ask("GET", "/product/stock/queryByVid?vid=V-9")["code"] == 1602000
    assert cj.create(line_id, logisticName="Pigeon")["data"]["logisticsMiss"] is True
    cj.token = "at_other"
    assert cj.create(line_id)["code"] == 1600001


def test_short_stock_is_intercepted_and_cannot_be_paid(cj: Cj, line_id: str) -> None:
    made = cj.create(line_id, quantity=10)["data"]
    assert made["interceptOrderReasons"]
    cart = cj.ask("POST", "/shopping/order/addCart", cjOrderIdList=[made["orderId"]])["data"]
    assert (cart["successCount"], cart["interceptOrders"]) == (0, [made["orderId"]])
    assert cj.ask("PATCH", "/shopping/order/confirmOrder", orderId=made["orderId"])["code"] == 1603001


def test_a_low_balance_pays_nothing(stage: Stage, cj: Cj, line_id: str) -> None:
    ids = [cj.create(line_id, f"TS-{at}", quantity=9)["data"]["orderId"] for at in range(3)]
    codes = []
    for order_id in ids:
        cj.ask("PATCH", "/shopping/order/confirmOrder", orderId=order_id)
        codes.append(cj.ask("POST", "/shopping/pay/payBalance", orderId=order_id)["code"])
    assert codes[0] == 200
    assert 1604000 in codes
    assert cj.ask("GET", "/shopping/pay/getBalance")["data"]["amount"] >= 0


def test_the_price_may_rise_between_create_and_pay(stage: Stage, cj: Cj, line_id: str) -> None:
    stage.sim("/faults", price_change={"next": 1})
    made = cj.create(line_id)["data"]
    shipment = cj.to_shipment(made["orderId"])
    parent = cj.ask("POST", "/shopping/order/saveGenerateParentOrder", shipmentOrderId=shipment)["data"]
    assert parent["paymentInformation"]["actualPayment"] > made["orderAmount"]


def test_freight_stock_and_variant_are_told(cj: Cj) -> None:
    rows = cj.ask(
        "POST",
        "/logistic/freightCalculate",
        startCountryCode="US",
        endCountryCode="US",
        products=[{"vid": "V-1", "quantity": 1}],
    )["data"]
    assert rows[0] | {"logisticPriceCn": 0} == {
        "logisticName": "UPS Ground",
        "logisticPrice": 4.0,
        "logisticPriceCn": 0,
        "logisticAging": "2-5",
        "taxesFee": 0,
        "clearanceOperationFee": 0,
        "totalPostageFee": 4.0,
    }
    assert cj.ask("GET", "/product/variant/queryByVid?vid=V-1")["data"]["variantSellPrice"] == 4.2
    shelf = {
        row["countryCode"]: row["storageNum"]
        for row in cj.ask("GET", "/product/stock/queryByVid?vid=V-1")["data"]
    }
    assert shelf == {"US": 9, "GB": 9, "CN": 0}


def test_a_refresh_token_gives_a_new_access_token(cj: Cj) -> None:
    fresh = cj.ask("POST", "/authentication/refreshAccessToken", refreshToken=cj.tokens["refreshToken"])[
        "data"
    ]
    assert fresh["accessToken"] != cj.token


def test_calls_above_the_accounts_limit_are_refused(stage: Stage, cj: Cj) -> None:
    account = {"api_key": "fake-cj-key", "open_id": 700012345, "calls_per_second": 2}
    stage.sim("/setup", cj_accounts=[account])
    codes = [cj.ask("GET", "/shopping/pay/getBalance")["code"] for _ in range(6)]
    assert codes[0] == 200
    assert 1600200 in codes
