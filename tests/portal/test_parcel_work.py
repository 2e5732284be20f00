"""Choosing a carrier for a stopped parcel and correcting a number that TikTok has, on the order's page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from agency.models.catalog import CarrierOverride
from agency.models.effects import Effect
from agency.models.orders import Order
from agency.models.parcels import Parcel
from tests.desk import NOW, Desk
from tests.desk_rows import add_parcel, add_providers
from tests.portal.browsing import Visitor, visit
from tests.portal.scenes import add_purchase

UPS_NUMBER, OTHER_UPS = "1Z999AA10123456784", "1Z12345E0205271688"


def _parcel(desk: Desk, number: str, listed: bool = True, **changes: object) -> Parcel:
    """A parcel of a bought order; `listed` = TikTok's carriers are known for its delivery option."""
    with desk.session() as session:
        purchase = add_purchase(session, desk, number, "paid")
        order = session.get_one(Order, purchase.order_id)
        order.delivery_option_id = f"option-{number}"
        session.flush()
        if listed:
            add_providers(session, order, "UPS", "FedEx")
        return add_parcel(session, order, purchase, **{"tracking_number": UPS_NUMBER, **changes})


def _sent(desk: Desk, number: str, **changes: object) -> Parcel:
    known = {"state": "pushed", "pushed_at": NOW - timedelta(hours=5), "carrier_text": "UPS", "provider_name": "UPS",
             "provider_id": "fake-0", "findings": []}  # fmt: skip
    return _parcel(desk, number, **{**known, **changes})


def _state(desk: Desk, parcel: Parcel) -> str:
    with desk.session() as session:
        return session.get_one(Parcel, parcel.id).state


def test_a_carrier_is_chosen_once_and_shown_at_the_supplier(desk: Desk, owner: Visitor) -> None:
    number = "577300000000000001"
    parcel = _parcel(desk, number)
    page = owner.page(f"/orders/{number}")
    assert "TikTok's carrier for “Zippy”" in page
    assert '<option value="UPS">' in page
    path = f"/orders/{number}/parcels/{parcel.public_id}/carrier"
    chosen = owner.send(path, provider_name="UPS")
    assert "Carrier saved for this supplier" in chosen.text
    assert _state(desk, parcel) == "new"
    supplier = f"/suppliers/{desk.ours.public['supplier']}"
    assert "“Zippy”" in owner.page(supplier)
    forgotten = owner.send(f"{supplier}/carriers/forget", carrier_text="Zippy")
    assert "Forgotten." in forgotten.text
    assert "“Zippy”" not in forgotten.text
    assert owner.send(path, provider_name="UPS").status_code == 404


@pytest.mark.parametrize(
    ("typed", "message"), [("", "Choose one of TikTok&#39;s carriers"), ("Pigeon", "It lists: FedEx, UPS")]
)
def test_a_wrong_carrier_is_named_at_its_field(desk: Desk, owner: Visitor, typed: str, message: str) -> None:
    number = f"57730000000000001{len(typed)}"
    parcel = _parcel(desk, number)
    refused = owner.send(f"/orders/{number}/parcels/{parcel.public_id}/carrier", provider_name=typed)
    assert refused.status_code == 422
    assert message in refused.text
    assert f'id="carrier-{parcel.public_id}-provider_name-wrong"' in refused.text
    assert _state(desk, parcel) == "blocked"
    with desk.session() as session:
        assert session.scalars(select(CarrierOverride)).all() == []


def test_without_tiktoks_list_the_page_says_when_one_can_choose(desk: Desk, owner: Visitor) -> None:
    number = "577300000000000020"
    _parcel(desk, number, listed=False)
    page = owner.page(f"/orders/{number}")
    assert "are not read yet" in page
    assert "/carrier" not in page


def test_a_parcel_that_something_else_stops_asks_for_no_carrier(desk: Desk, owner: Visitor) -> None:
    number = "577300000000000021"
    digit = [{"code": "check_digit", "severity": "block", "sentence": "Wrong digit."}]
    parcel = _parcel(desk, number, findings=digit)
    assert "Save carrier" not in owner.page(f"/orders/{number}")
    answer = owner.send(f"/orders/{number}/parcels/{parcel.public_id}/carrier", provider_name="UPS")
    assert answer.status_code == 404


def test_a_number_that_tiktok_has_is_corrected_once(desk: Desk, owner: Visitor) -> None:
    number = "577300000000000030"
    parcel = _sent(desk, number)
    assert "1 correction left" in owner.page(f"/orders/{number}")
    path = f"/orders/{number}/parcels/{parcel.public_id}/correction"
    sent = owner.send(path, tracking_number=OTHER_UPS, carrier="UPS")
    assert "The correction goes to TikTok now" in sent.text
    with desk.session() as session:
        effect = session.scalars(select(Effect).where(Effect.parcel_id == parcel.id)).one()
        assert (effect.kind, effect.payload["number"]) == ("correct", OTHER_UPS)
    again = owner.send(path, tracking_number=OTHER_UPS, carrier="UPS")
    assert again.status_code == 422
    assert "has none left" in again.text


@pytest.mark.parametrize(
    ("field", "typed", "message"),
    [
        ("tracking_number", "", "Write the tracking number"),
        ("tracking_number", UPS_NUMBER, "This is what TikTok has already"),
        ("carrier", "Pigeon", "It lists: UPS, FedEx"),
    ],
)
def test_a_wrong_correction_is_named_at_its_field(
    desk: Desk, owner: Visitor, field: str, typed: str, message: str
) -> None:
    number = f"57730000000000004{len(typed) % 10}"
    parcel = _sent(desk, number)
    fields = {"tracking_number": OTHER_UPS, "carrier": "UPS", field: typed}
    refused = owner.send(f"/orders/{number}/parcels/{parcel.public_id}/correction", **fields)
    assert refused.status_code == 422
    assert message in refused.text
    assert f'id="correct-{parcel.public_id}-{field}-wrong"' in refused.text


@pytest.mark.parametrize("changes", [{"corrections": 1}, {"pushed_at": NOW - timedelta(hours=80)}])
def test_a_parcel_past_its_correction_says_so_and_has_no_form(
    desk: Desk, owner: Visitor, changes: dict[str, object]
) -> None:
    number = f"57730000000000005{len(next(iter(changes))) % 10}"
    _sent(desk, number, **changes)
    page = owner.page(f"/orders/{number}")
    assert "No correction left" in page
    assert "/correction" not in page


def test_a_delivered_parcel_speaks_of_no_correction(desk: Desk, owner: Visitor) -> None:
    number = "577300000000000060"
    _sent(desk, number, state="delivered", delivered_at=NOW)
    page = owner.page(f"/orders/{number}")
    assert "correction" not in page.partition('id="tracking"')[2].partition("</section>")[0]


def test_a_viewer_looks_and_a_parcel_of_another_order_is_not_found(desk: Desk, owner: Visitor) -> None:
    stopped, sent = "577300000000000070", "577300000000000071"
    parcel, other = _parcel(desk, stopped), _sent(desk, sent)
    viewer = visit(desk, "viewer")
    for number in (stopped, sent):
        assert "/parcels/" not in viewer.page(f"/orders/{number}")
    path = f"/orders/{stopped}/parcels/{parcel.public_id}/carrier"
    assert viewer.send(path, provider_name="UPS").status_code == 403
    fields = {"tracking_number": OTHER_UPS, "carrier": "UPS"}
    assert owner.send(f"/orders/{stopped}/parcels/{other.public_id}/correction", **fields).status_code == 404
