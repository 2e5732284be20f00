"""A client leaves in the middle of its work: nothing more is sent, nothing secret stays, the neighbour goes on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from agency.domain.errors import Conflict, Invalid
from agency.models.clients import Client
from agency.models.effects import Effect
from agency.models.shops import Shop
from agency.services.catalog import replace_credentials
from agency.services.client_departures import DepartureCounts, end_client, get_departure
from agency.services.connecting import request_connection
from agency.services.shops import resume_shop
from agency.services.switches import start_buying
from agency.transaction import system_transaction
from tests.stories.cast import GB, US, sku_id
from tests.stories.journey import Journey

PLACE = {"path": "/suppliers/rest/orders", "method": "POST"}
ERASED = ("order_contacts", "supplier_secrets", "shop_secrets", "client_keys")


def _public_id(journey: Journey, client: str = "Luma") -> str:
    with journey.session() as session:
        return str(session.get_one(Client, journey.clients[client]).public_id)


def _leave(journey: Journey, typed: str = "Luma") -> DepartureCounts:
    with journey.session() as session, system_transaction(journey.database) as system:
        return end_client(journey.scope(), session, system, _public_id(journey), typed, journey.now)


def _rows(journey: Journey, table: str, client: str) -> int:
    with journey.session() as session:
        query = text(f"select count(*) from {table} where client_id = :id")
        found: int = session.execute(query, {"id": journey.clients[client]}).scalar_one()
    return found


@pytest.fixture(scope="module")
def orders(journey: Journey) -> dict[str, str]:
    """One paid, one to be bought by hand, one unmapped; one that a person must look up, one still in doubt."""
    paid = journey.place_bought(US, sku_id("MUG"))
    by_hand, unmapped = journey.place(US, sku_id("CARD")), journey.place(US, sku_id("HAT"))
    journey.live(3)
    lost = _lose_the_answer(journey, "JAR")
    journey.live_until(lambda: "purchase_review" in journey.attentions(lost), step_hours=0.5, most_hours=12)
    doubt = _lose_the_answer(journey, "CUP", "timeout_before")
    return {"paid": paid, "by_hand": by_hand, "unmapped": unmapped, "lost": lost, "doubt": doubt}


def _lose_the_answer(journey: Journey, sku: str, dial: str = "timeout_after") -> str:
    journey.sim("faults", **{dial: {"next": 1, **PLACE}})
    number = journey.place(US, sku_id(sku), status="AWAITING_SHIPMENT")
    journey.pass_time(timedelta(minutes=61))
    journey.work()
    return number


def test_it_is_refused_while_an_answer_is_awaited(journey: Journey, orders: dict[str, str]) -> None:
    with pytest.raises(Conflict, match=orders["doubt"]):
        _leave(journey)
    with journey.session() as session, system_transaction(journey.database) as system:
        before = get_departure(journey.scope(), session, system, _public_id(journey))
    assert before.in_doubt == (orders["doubt"],)
    assert before.left_at is None
    assert before.counts.contacts >= 4
    assert _rows(journey, "order_contacts", "Luma") == before.counts.contacts


def test_another_name_than_the_clients_ends_nothing(journey: Journey, orders: dict[str, str]) -> None:
    with pytest.raises(Invalid, match="Type the client's name"):
        _leave(journey, "luma!")
    assert _rows(journey, "supplier_secrets", "Luma") > 0


def test_everything_ends_and_the_books_stay(journey: Journey, orders: dict[str, str]) -> None:
    journey.live(2, steps=6)  # the doubt is settled: it had never arrived, and was bought once
    books = {
        table: _rows(journey, table, "Luma")
        for table in ("orders", "order_lines", "purchases", "ledger_entries")
    }
    neighbour = {table: _rows(journey, table, "Kite") for table in ERASED}
    bought = len(journey.books()["supplier_orders"])

    counts = _leave(journey, " Luma ")

    assert (counts.shops, counts.grants, counts.to_check) == (1, 1, 1)
    assert counts.keys == 4
    assert {table: _rows(journey, table, "Luma") for table in ERASED} == dict.fromkeys(ERASED, 0)
    assert {table: _rows(journey, table, "Kite") for table in ERASED} == neighbour
    assert {table: _rows(journey, table, "Luma") for table in books} == books
    assert [purchase.state for purchase in journey.purchases(orders["by_hand"])] == ["cancelled"]
    assert set(journey.attentions(orders["lost"])) == {"purchase_review"}
    assert journey.attentions(orders["by_hand"]) == journey.attentions(orders["unmapped"]) == {}

    # Whatever comes in and whenever somebody looks: nothing of the client is read, bought or told a supplier.
    late = journey.place(US, sku_id("MUG"), status="AWAITING_SHIPMENT")
    journey.live(30, steps=5)
    assert not journey.is_known(late)
    assert _rows(journey, "order_contacts", "Luma") == 0
    assert len(journey.books()["supplier_orders"]) == bought
    with journey.session() as session:
        awake = select(Effect.id).where(
            Effect.client_id == journey.clients["Luma"], Effect.state.in_(("intended", "sending", "unknown"))
        )
        assert session.scalars(awake).all() == []
        due = "select count(*) from lanes where client_id = :id and due_at is not null"
        assert session.execute(text(due), {"id": journey.clients["Luma"]}).scalar_one() == 0

    with journey.session() as session, system_transaction(journey.database) as system:
        after = get_departure(journey.scope(), session, system, _public_id(journey))
    assert after.left_at is not None
    assert after.counts == counts
    with pytest.raises(Conflict, match="has left already"):
        _leave(journey)


def test_nothing_new_can_be_begun_for_a_client_that_has_left(
    journey: Journey, orders: dict[str, str]
) -> None:
    scope, keyring = journey.scope(), journey.context.keyring
    with journey.session() as session:
        shop = session.scalars(select(Shop).where(Shop.client_id == journey.clients["Luma"])).one()
        shop_id = str(shop.public_id)
    client = _public_id(journey)
    key = {"api_key": "fake-new-key"}
    tries: list[Any] = [
        lambda session: request_connection(scope, session, client),
        lambda session: resume_shop(scope, session, shop_id),
        lambda session: start_buying(scope, session, "client", client, journey.now),
        lambda session: start_buying(scope, session, "shop", shop_id, journey.now),
        lambda session: replace_credentials(
            scope, session, keyring, journey.suppliers["east"], key, journey.now
        ),
    ]
    for attempt in tries:
        with pytest.raises(Conflict, match="has left the agency"), journey.session() as session:
            attempt(session)


def test_the_neighbour_goes_on(journey: Journey, orders: dict[str, str]) -> None:
    number = journey.place(GB, sku_id("TRAY"))
    journey.live_until(journey.is_at(number, "bought"), step_hours=1, most_hours=8)
    assert len(journey.supplied(number)) == 1
