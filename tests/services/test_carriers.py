"""A person's choice of carrier: kept per supplier and text, used by the firewall, taken back."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from agency.domain.errors import Forbidden, Invalid, NotFound
from agency.lanes import add_lane
from agency.models.orders import Order
from agency.models.purchasing import Purchase
from agency.services.attention import open_attention
from agency.services.carriers import (
    CarrierChoice,
    choose_carrier,
    forget_carrier,
    list_choices,
    read_order_carriers,
)
from agency.services.parcels import parcel_cause
from agency.services.sealing import Keyring
from agency.services.shipping import judge_parcel
from tests.databases import MASTER_KEY
from tests.desk import NOW, Desk
from tests.desk_rows import add_order, add_parcel, add_providers, add_purchase, due_lanes, keys_of

UPS_NUMBER = "1Z999AA10123456784"


@pytest.fixture
def bought(desk: Desk) -> tuple[Order, Purchase]:
    """A bought order with TikTok's list of carriers; its supplier's public id is public["supplier"]."""
    with desk.session() as session:
        order = add_order(session, desk.ours, stage="bought")
        purchase = add_purchase(session, desk.ours, order)
        add_providers(session, order, "UPS", "FedEx")
        keys = keys_of(order)
        add_lane(session, **keys, api="ship")
        return order, purchase


def _choose(desk: Desk, name: str = "UPS", carrier_text: str = "Zippy") -> None:
    with desk.session() as session:
        choose_carrier(desk.ours.scope(), session, desk.ours.public["supplier"], carrier_text, name, NOW)


def _choices(desk: Desk) -> list[CarrierChoice]:
    with desk.session() as session:
        return list_choices(desk.ours.scope(), session, desk.ours.public["supplier"])


def test_the_last_choice_for_a_text_is_the_one_that_counts(
    desk: Desk, bought: tuple[Order, Purchase]
) -> None:
    _choose(desk)
    _choose(desk, "FedEx")
    assert _choices(desk) == [CarrierChoice("Zippy", "FedEx")]


def test_a_choice_sends_the_stopped_parcels_of_that_text_through_the_firewall(
    desk: Desk, bought: tuple[Order, Purchase]
) -> None:
    order, purchase = bought
    with desk.session() as session:
        mine = add_parcel(session, order, purchase, tracking_number=UPS_NUMBER)
        add_parcel(session, order, purchase, tracking_number="OTHER1", carrier_text="Slowly")
        add_parcel(session, order, None, tracking_number="OTHER2")
        add_parcel(session, order, purchase, tracking_number="OTHER3", state="refused")
        open_attention(
            desk.ours.scope(), session, parcel_cause(order, mine, "tracking_blocked", "No.", "add_tracking")
        )
    _choose(desk)
    with desk.session() as session:
        fresh = list(session.scalars(text("select tracking_number from parcels where state = 'new'")))
        events = list(session.scalars(text("select kind from order_events")))
        assert fresh == [UPS_NUMBER]
        assert events == ["carrier_chosen"]
        assert session.scalar(text("select count(*) from attentions where resolved_at is null")) == 0
        assert ("ship", order.shop_id) in due_lanes(session)
        judge_parcel(
            desk.ours.scope(),
            session,
            Keyring(MASTER_KEY),
            mine.id,
            [("fake-0", "UPS"), ("fake-1", "FedEx")],
            NOW,
        )
        judged = session.execute(
            text("select state, provider_name from parcels where id = :id"), {"id": mine.id}
        ).one()
    assert tuple(judged) == ("ready", "UPS")


def test_a_carrier_that_tiktok_does_not_list_is_refused_with_those_it_lists(
    desk: Desk, bought: tuple[Order, Purchase]
) -> None:
    with pytest.raises(Invalid, match="It lists: FedEx, UPS") as refusal:
        _choose(desk, "Pigeon Post")
    assert refusal.value.field == "provider_name"
    assert _choices(desk) == []


def test_a_choice_can_be_taken_back_once(desk: Desk, bought: tuple[Order, Purchase]) -> None:
    _choose(desk)
    with desk.session() as session:
        forget_carrier(desk.ours.scope(), session, desk.ours.public["supplier"], "Zippy")
        with pytest.raises(NotFound):
            forget_carrier(desk.ours.scope(), session, desk.ours.public["supplier"], "Zippy")
    assert _choices(desk) == []


def test_an_order_asks_only_about_parcels_that_their_carrier_stops(
    desk: Desk, bought: tuple[Order, Purchase]
) -> None:
    order, purchase = bought
    digit = [{"code": "check_digit", "severity": "block", "sentence": "Wrong digit."}]
    with desk.session() as session:
        asked = add_parcel(session, order, purchase, tracking_number=UPS_NUMBER)
        add_parcel(session, order, purchase, tracking_number="OTHER1", findings=digit)
        add_parcel(session, order, None, tracking_number="OTHER2")
        found = read_order_carriers(desk.ours.scope(), session, order.tiktok_order_id)
        narrow = desk.ours.scope(role="operator", client_ids=frozenset({desk.ours.clients["Kite"]}))
        assert read_order_carriers(narrow, session, order.tiktok_order_id).unclear == {}
    assert found.provider_names == ("FedEx", "UPS")
    assert {key: row.carrier_text for key, row in found.unclear.items()} == {str(asked.public_id): "Zippy"}


def test_neither_a_viewer_nor_a_stranger_chooses(desk: Desk, bought: tuple[Order, Purchase]) -> None:
    public_id, viewer = desk.ours.public["supplier"], desk.ours.scope(role="viewer")
    with desk.session(viewer) as session, pytest.raises(Forbidden):
        choose_carrier(viewer, session, public_id, "Zippy", "UPS", NOW)
    with desk.session(desk.theirs.scope()) as session, pytest.raises(NotFound, match="Supplier not found"):
        choose_carrier(desk.theirs.scope(), session, public_id, "Zippy", "UPS", NOW)
