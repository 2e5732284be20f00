"""Setup, books, masking and repeatability of the played world."""

import time
from datetime import UTC, datetime

import pytest

from agency.simulator.app import create_app
from agency.simulator.clock import read_clock
from tests.simulator.conftest import DAY, HOUR, KEY, SECRET, SETUP, UPS, Stage, purchase


def test_a_second_identical_setup_changes_nothing(stage: Stage) -> None:
    placed = stage.place(status="AWAITING_SHIPMENT")
    stage.buy(placed)
    before = stage.rest("GET", "/items/MUG").get_json()
    ciphers = stage.sim("/setup", **SETUP)["shops"]
    assert ciphers == stage.ciphers
    assert stage.rest("GET", "/items/MUG").get_json() == before
    assert len(stage.books()["supplier_orders"]) == 1


def test_a_partial_setup_changes_only_what_it_names(stage: Stage) -> None:
    stage.sim("/setup", rest_accounts=[{"key": "fake-rest-key-b", "currency": "USD"}])
    placed = stage.place(status="AWAITING_SHIPMENT")
    for _ in range(2):
        assert stage.rest("POST", "/orders", account="b", body=purchase(placed)).status_code == 201


@pytest.mark.parametrize(
    "wish",
    [
        {"sellers": [{"name": "no id"}]},
        {"faults": "gremlins"},
        {"rest_accounts": [{"key": "k", "idempotency": "maybe"}]},
        {"sellers": "x"},
    ],
)
def test_a_setup_that_cannot_be_used_is_refused_with_a_sentence(
    stage: Stage, wish: dict[str, object]
) -> None:
    answer = stage.http.post("/_sim/setup", json=wish)
    assert answer.status_code == 400
    assert answer.get_json()["error"]


def test_an_order_with_a_key_is_placed_once(stage: Stage) -> None:
    first = stage.place(key="first")
    assert stage.place(key="first") == first
    assert stage.place(key="second") != first
    assert len(stage.books()["orders"]) == 2


def test_the_books_tell_who_bought_what_for_which_order(stage: Stage) -> None:
    placed = stage.place(status="AWAITING_SHIPMENT")
    stage.buy(placed)
    books = stage.books()
    row = books["supplier_orders"][0]
    assert (row["account_kind"], row["account"], row["order_ids"]) == (
        "rest",
        "fake-rest-key-a",
        [placed["order_id"]],
    )
    assert row["lines"] == [{"line_ref": placed["line_ids"][0], "quantity": 2, "sku": "MUG"}]
    assert [line["line_id"] for line in books["orders"][placed["order_id"]]["lines"]] == placed["line_ids"]
    summary = stage.http.get("/_sim/summary").get_json()
    assert summary["orders"] == {"AWAITING_SHIPMENT": 1}
    assert summary["supplier_orders"] == {"rest": 1}


def test_the_buyers_data_closes_thirty_days_after_completion(stage: Stage) -> None:
    order_id = stage.place(status="COMPLETED")["order_id"]
    assert "*" not in stage.order(order_id)["recipient_address"]["name"]
    stage.advance(30 * DAY + HOUR)
    assert "*" in stage.order(order_id)["recipient_address"]["name"]


def test_an_address_change_is_flagged(stage: Stage) -> None:
    order_id = stage.place(status="AWAITING_SHIPMENT")["order_id"]
    stage.sim("/address", order_id=order_id, address_line1="9 New Rd")
    order = stage.order(order_id)
    assert order["recipient_address"]["address_line1"] == "9 New Rd"
    assert order["has_updated_recipient_address"]


def test_a_masked_address_dial_hides_an_order_that_awaits_shipment(stage: Stage) -> None:
    stage.sim("/faults", masked_address={"next": 1})
    order_id = stage.place()["order_id"]
    stage.advance(HOUR + 1)
    order = stage.order(order_id)
    assert order["status"] == "AWAITING_SHIPMENT"
    assert "*" in order["recipient_address"]["postal_code"]


def test_a_wrong_carrier_is_stated_against_the_number(stage: Stage) -> None:
    stage.sim("/faults", wrong_carrier={"next": 1})
    placed = stage.place(status="AWAITING_SHIPMENT")
    package = stage.shipped_purchase(placed)["packages"][0]
    providers = {
        "fedex": "7129720299146184490",
        "ontrac": "7132721393761781550",
        "uniuni": "7352738314622863120",
    }
    providers["ups"] = UPS
    stated = next(key for key in providers if package["carrier"].lower().startswith(key))
    body = {"tracking_number": package["tracking_number"], "shipping_provider_id": providers[stated]}
    assert (
        stage.call("POST", f"/fulfillment/202309/orders/{placed['order_id']}/packages", body=body)["code"]
        == 21004015
    )


def test_a_buyer_may_cancel_just_after_the_purchase(stage: Stage) -> None:
    stage.sim("/faults", cancel_late={"next": 1})
    placed = stage.place(status="AWAITING_SHIPMENT")
    stage.buy(placed)
    stage.advance(HOUR)
    order = stage.order(placed["order_id"])
    assert order["status"] == "CANCELLED" or order["is_buyer_request_cancel"]
    assert not stage.books()["supplier_orders"][0]["cancelled"]


def test_the_same_seed_plays_the_same_orders(tmp_path_factory: pytest.TempPathFactory) -> None:
    def play() -> list[tuple[object, ...]]:
        app = create_app(str(tmp_path_factory.mktemp("world") / "w.sqlite"), KEY, SECRET)
        stage = Stage(app)
        stage.sim("/setup", **SETUP)
        stage.sim("/orders", count=25, over_shop_hours=4)
        stage.advance(5 * HOUR)
        orders = stage.books()["orders"]
        app.world.book.close()
        return [(key, order["shop_id"], order["kind"], len(order["lines"])) for key, order in orders.items()]

    assert play() == play()


def test_a_new_app_on_the_same_file_goes_on(stage: Stage, state: str) -> None:
    placed = stage.place(status="AWAITING_SHIPMENT")
    stage.sim("/faults", slow=0.5)
    stage.app.world.book.close()
    again = create_app(state, KEY, SECRET)
    assert again.world.faults.dials == {"slow": {"probability": 0.5}}
    assert placed["order_id"] in Stage(again).books()["orders"]
    stage.app.world.book = again.world.book


@pytest.mark.parametrize(
    "values",
    [
        {"CLOCK_RATE": "fast"},
        {"CLOCK_RATE": "-1"},
        {"CLOCK_ORIGIN": "yesterday"},
        {"CLOCK_EPOCH": "2026-11-01T00:00:00"},
    ],
)
def test_a_clock_setting_that_cannot_be_read_is_named(values: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=next(iter(values))):
        read_clock(values)


def test_shop_time_runs_at_the_rate_from_the_origin() -> None:
    epoch = datetime.fromtimestamp(time.time() - 100, UTC).isoformat()
    clock = read_clock({"CLOCK_ORIGIN": "2026-11-02T08:00:00+00:00", "CLOCK_EPOCH": epoch, "CLOCK_RATE": "3"})
    assert clock.now() - 1_793_606_400 == pytest.approx(300, abs=15)
    assert clock.real_seconds(6) == 2
