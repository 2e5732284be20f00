"""Real webhooks over a real socket: what the outside calls in is a bell, and a day without bells loses nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from queue import Queue
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select, text
from werkzeug.serving import make_server

from agency.app import create_app
from agency.models.clients import Client
from agency.models.shops import Authorization, Shop
from tests.portal.browsing import OURS, Visitor
from tests.stories.cast import US, sku_id
from tests.stories.journey import Journey

SOON = timedelta(seconds=2)  # far below the shortest poll of five minutes
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Doors:
    """Our web application on a port; `arrivals` holds the path and status of every call that was answered."""

    def __init__(self, app: Wsgi) -> None:
        self.arrivals: Queue[tuple[str, str]] = Queue()
        self._app = app
        self._server = make_server("127.0.0.1", 0, self._listen, threaded=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def wait_for(self, path: str) -> str:
        """The status that the next call to this path got; fails after ten seconds of silence."""
        while True:
            called, status = self.arrivals.get(timeout=10)
            if called.startswith(path):
                return status

    def _listen(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        told: list[str] = []

        def start(status: str, headers: Any, *rest: Any) -> Any:
            told.append(status)
            return start_response(status, headers, *rest)

        answer = self._app(environ, start)
        try:
            body = b"".join(answer)
        finally:
            getattr(answer, "close", lambda: None)()  # the commit of a request happens here
        self.arrivals.put((str(environ["PATH_INFO"]), told[0]))
        return [body]


@pytest.fixture
def doors(journey: Journey) -> Iterator[Doors]:
    opened = Doors(create_app(journey.settings, journey.database))
    key = {
        "key": "fake-rest-key-east",
        "webhook_url": f"{opened.url}/webhooks/rest/{journey.suppliers['east']}",
    }
    journey.sim("setup", webhook_url=f"{opened.url}/webhooks/tiktok", rest_accounts=[key])
    yield opened
    journey.sim("setup", webhook_url="", rest_accounts=[{**key, "webhook_url": ""}])
    opened.close()


def test_a_notification_brings_the_order_long_before_the_next_poll(journey: Journey, doors: Doors) -> None:
    journey.live(0.2)
    number = journey.place(US, sku_id("MUG"))
    assert doors.wait_for("/webhooks/tiktok") == "200 OK"
    assert not journey.is_known(number)
    journey.pass_time(SOON)
    journey.work()
    assert journey.order(number).status == "ON_HOLD"


def test_orders_whose_notifications_are_lost_come_with_the_poll(journey: Journey, doors: Doors) -> None:
    journey.sim("faults", webhook_lost=1.0)
    number = journey.place(US, sku_id("MUG"))
    journey.live(1.2)
    assert journey.is_known(number)
    journey.sim("faults", preset="none")


def test_a_suppliers_letter_brings_the_tracking_before_it_is_asked_for(
    journey: Journey, doors: Doors
) -> None:
    number = journey.place_bought(US, sku_id("MUG"))
    (held,) = journey.supplied(number)
    journey.sim(
        "clock", advance_seconds=24 * 3600
    )  # only the outside's clock, so nothing of ours is due; the last story here
    journey.sim("tick")
    assert doors.wait_for("/webhooks/rest/") == "200 OK"
    journey.pass_time(SOON)
    journey.work()
    assert [parcel.tracking_number for parcel in journey.parcels(number)] == journey.supplied(number)[0][
        "tracking_numbers"
    ]
    with journey.session() as session:
        query = text(
            "select outcome from inbox_items where kind = 'supplier_letter' order by id desc limit 1"
        )
        assert session.execute(query).scalar_one() == "asked again"
    assert held["tracking_numbers"] == []


def test_a_shop_from_tiktoks_app_store_is_connected_after_an_owner_named_its_client(journey: Journey) -> None:
    """No link of ours, no state: the code waits, an owner confirms in the same browser, the auth lane exchanges it."""
    back = journey.stage.get("/open/authorize", params={"service_id": "1", "seller": "seller-luma"})
    arrived = urlsplit(back.headers["location"])
    assert "state" not in parse_qs(arrived.query)
    visitor = Visitor(create_app(journey.settings, journey.database).test_client())
    assert visitor.get(f"{arrived.path}?{arrived.query}").location == "/connect/waiting"
    fields = {"email": "owner@example.test", "password": "fake-password-1"}
    visitor.web.post("/login", data=fields, headers=OURS)
    with journey.session() as session:
        luma = str(session.get_one(Client, journey.clients["Luma"]).public_id)
        before = session.scalars(select(Shop).where(Shop.tiktok_shop_id == US)).one().authorization_id
    assert visitor.send("/connect/waiting", follow=False, client=luma).location == "/shops?done=connecting"
    journey.work()
    with journey.session() as session:
        shop = session.scalars(select(Shop).where(Shop.tiktok_shop_id == US)).one()
        authorization = session.get_one(Authorization, shop.authorization_id)
    assert shop.authorization_id != before
    assert shop.client_id == journey.clients["Luma"]
    assert (authorization.state, authorization.sealed_code) == ("active", None)
