"""The simulator's own measures: calls against a limit, a rush of buyers, and the two moments of each order."""

from __future__ import annotations

from agency.simulator.rates import Gauge, Meter
from tests.simulator.conftest import SHOP, Stage, purchase


def test_calls_within_limit_and_burst_show_no_excess() -> None:
    gauge = Gauge(8.0, 8.0, 0.0)
    assert all(gauge.let_through(0.0) for _ in range(8))
    assert all(gauge.let_through(0.125 * number) for number in range(1, 50))
    told = gauge.told()
    assert (told["calls"], told["refused"], told["worst_excess"], told["most_in_a_second"]) == (57, 0, 0, 15)


def test_every_call_above_limit_and_burst_is_counted_even_when_refused() -> None:
    gauge = Gauge(10.0, 10.0, 0.0)
    assert sum(gauge.let_through(0.0) for _ in range(25)) == 10
    assert gauge.told()["worst_excess"] == 15
    assert gauge.let_through(0.1), "the refused ones did not cost it the next free place"
    assert gauge.told()["refused"] == 15


def test_the_books_name_every_gauge_and_the_summary_the_worst_of_each_vendor(stage: Stage) -> None:
    meter = Meter()
    for name, calls in (("rest|a|all", 3), ("rest|b|all", 1), ("tiktok|7|order", 2)):
        for _ in range(calls):
            meter.let_through(name, 1.0)
    assert sorted(meter.told()) == ["rest|a|all", "rest|b|all", "tiktok|7|order"]
    worst = meter.worst()
    assert (worst["rest"]["calls"], worst["rest"]["refused"]) == (4, 2)
    assert 1.9 <= worst["rest"]["worst_excess"] <= 2
    assert stage.books()["rates"] == {}


def test_a_rest_account_with_a_limit_refuses_what_comes_too_soon(stage: Stage) -> None:
    stage.sim("/setup", rest_accounts=[{"key": "fake-slow", "calls_per_second": 2, "items": []}])
    headers = {"Authorization": "Bearer fake-slow"}
    path = "/suppliers/rest/items/none"
    answers = [stage.http.get(path, headers=headers) for _ in range(6)]
    assert [answer.status_code for answer in answers[:2]] == [404, 404]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert refused[0].headers["Retry-After"] == "1"
    assert stage.books()["rates"]["rest|fake-slow|all"]["refused"] == len(refused)


def listed(stage: Stage) -> int:
    return int(stage.call("POST", "/order/202309/orders/search", body={})["data"]["total_count"])


def test_a_rush_is_seen_only_after_its_release(stage: Stage) -> None:
    stage.sim("/setup", webhook_url="http://127.0.0.1:9/none")
    assert stage.sim("/rush/hold", shop_id=SHOP, count=5) == {"held": 5}
    assert listed(stage) == 0
    ids = stage.sim("/rush/release", shop_id=SHOP, count=3, notices_per_second=10)["order_ids"]
    assert (len(ids), listed(stage)) == (3, 3)
    order = stage.call("GET", "/order/202309/orders", ids=ids[0])["data"]["orders"][0]
    assert (order["status"], order["is_on_hold_order"]) == ("AWAITING_SHIPMENT", False)
    dues = [row["due"] for row in stage.app.world.book.sql("SELECT due FROM outbox ORDER BY due")]
    assert [round(due - dues[0], 3) for due in dues] == [0.0, 0.1, 0.2]


def test_a_rush_that_cannot_be_is_refused(stage: Stage) -> None:
    for path, body in (
        ("/rush/hold", {"shop_id": "none"}),
        ("/rush/hold", {"shop_id": SHOP, "count": 0}),
        ("/rush/release", {"shop_id": SHOP, "count": 1, "notices_per_second": 0}),
    ):
        assert stage.http.post("/_sim" + path, json=body).status_code == 400


def test_an_order_has_the_moments_of_its_first_notice_and_of_its_purchase(stage: Stage) -> None:
    stage.sim("/setup", webhook_url="http://127.0.0.1:9/none")  # nobody answers there: the first try counts
    placed = stage.place(status="AWAITING_SHIPMENT")
    assert stage.http.get("/_sim/timings").get_json() == {"orders": {}}
    stage.sim("/tick")
    ((shop_id, told, bought),) = stage.http.get("/_sim/timings").get_json()["orders"].values()
    assert (shop_id, bought) == (SHOP, None)
    stage.rest("POST", "/orders", body=purchase(placed), key="TS-1")
    ((_, again, bought),) = stage.http.get("/_sim/timings").get_json()["orders"].values()
    assert again == told
    assert bought >= told
