"""What a person does on an order's page, and what the database says afterwards."""

from __future__ import annotations

from sqlalchemy import select

from agency.models.orders import Order, OrderEvent
from agency.models.parcels import Parcel
from tests.desk import Desk
from tests.desk_rows import add_attention, add_order
from tests.portal.browsing import Visitor, visit
from tests.portal.scenes import BUYER, OVER_LIMIT, add_buyer, add_purchase, purchase_of


def _order(desk: Desk, number: str) -> Order:
    with desk.session() as session:
        return session.scalars(select(Order).where(Order.tiktok_order_id == number)).one()


def _events(desk: Desk, number: str) -> list[tuple[str, str]]:
    with desk.session() as session:
        query = (
            select(OrderEvent)
            .join(Order, Order.id == OrderEvent.order_id)
            .where(Order.tiktok_order_id == number)
        )
        return [(event.kind, event.actor) for event in session.scalars(query.order_by(OrderEvent.seq))]


def test_an_approval_waves_the_blocker_through_and_says_so(desk: Desk, owner: Visitor) -> None:
    number = "577200000000000001"
    with desk.session() as session:
        order = add_order(session, desk.ours, number=number, stage="blocked", blockers=[OVER_LIMIT])
        add_attention(
            session, desk.ours, kind="approval", why=OVER_LIMIT["sentence"], action="approve", order_id=order.id,
            shop_id=order.shop_id,
        )  # fmt: skip
    assert "above $25.00" in owner.page("/approvals")
    answer = owner.send(f"/orders/{number}/approve", back="approvals")
    assert answer.request.path == "/approvals"
    assert "Approved." in answer.text
    assert _order(desk, number).approved_codes == ["cost_over_limit"]
    assert "approved" in [kind for kind, _actor in _events(desk, number)]


def test_an_approval_of_nothing_changes_nothing_and_names_the_remedy(desk: Desk, owner: Visitor) -> None:
    number = "577200000000000002"
    with desk.session() as session:
        add_order(session, desk.ours, number=number)
    answer = owner.send(f"/orders/{number}/approve")
    assert answer.status_code == 422
    assert "Nothing of this order waits for an approval now" in answer.text
    assert _events(desk, number) == []


def test_a_no_needs_a_reason_and_holds_the_order(desk: Desk, owner: Visitor) -> None:
    number = "577200000000000003"
    with desk.session() as session:
        add_order(session, desk.ours, number=number, stage="blocked", blockers=[OVER_LIMIT])
    refused = owner.send(f"/orders/{number}/decline", reason="")
    assert refused.status_code == 422
    assert "Reason is needed" in refused.text
    assert "Declined." in owner.send(f"/orders/{number}/decline", reason="Too dear").text
    assert _order(desk, number).held_by


def test_a_hold_can_be_set_and_ended(desk: Desk, owner: Visitor) -> None:
    number = "577200000000000004"
    with desk.session() as session:
        add_order(session, desk.ours, number=number)
    assert "Held." in owner.send(f"/orders/{number}/act/hold").text
    assert "End hold" in owner.page(f"/orders/{number}")
    assert "Released." in owner.send(f"/orders/{number}/act/release").text
    assert _order(desk, number).held_by == ""
    assert owner.send(f"/orders/{number}/act/burn").status_code == 404


def test_two_people_cannot_buy_the_same_order(desk: Desk, owner: Visitor) -> None:
    number = "577200000000000005"
    with desk.session() as session:
        purchase = str(add_purchase(session, desk, number, "ready").public_id)
    path = f"/orders/{number}/purchases/{purchase}"
    assert "This purchase is yours" in owner.send(f"{path}/claim").text
    second = visit(desk, "operator").send(f"{path}/claim")
    assert second.status_code == 422
    assert "Somebody else is buying this order" in second.text
    assert "is free again" in owner.send(f"{path}/drop").text
    assert visit(desk, "operator").send(f"{path}/claim").status_code == 200


def test_a_purchase_by_hand_needs_number_and_amount_and_keeps_what_was_typed(
    desk: Desk, owner: Visitor
) -> None:
    number = "577200000000000006"
    with desk.session() as session:
        purchase = str(add_purchase(session, desk, number, "ready").public_id)
    path = f"/orders/{number}/purchases/{purchase}"
    owner.send(f"{path}/claim")
    refused = owner.send(f"{path}/bought", supplier_order_id="FAKE-77", cost="twelve")
    assert refused.status_code == 422
    assert "is not an amount" in refused.text
    assert 'value="FAKE-77"' in refused.text
    assert 'aria-invalid="true"' in refused.text
    assert "Write what was paid in all" in owner.send(f"{path}/bought", supplier_order_id="FAKE-77").text
    assert "Bought." in owner.send(f"{path}/bought", supplier_order_id="FAKE-77", cost="12,50").text
    with desk.session() as session:
        bought = purchase_of(session, number)
        assert (bought.state, bought.actual_minor, bought.supplier_order_id) == ("paid", 1250, "FAKE-77")


def test_a_doubtful_purchase_is_settled_by_what_a_person_found(desk: Desk, owner: Visitor) -> None:
    number = "577200000000000007"
    with desk.session() as session:
        purchase = str(add_purchase(session, desk, number, "review", kind="rest").public_id)
    path = f"/orders/{number}/purchases/{purchase}/review"
    assert "Choose what you found" in owner.send(path).text
    missing = owner.send(path, outcome="bought", cost="5.00")
    assert missing.status_code == 422
    assert "Enter the supplier&#39;s order number" in missing.text
    assert "Settled." in owner.send(path, outcome="bought", supplier_order_id="FAKE-88", cost="5.00").text
    with desk.session() as session:
        assert purchase_of(session, number).state == "paid"


def test_tracking_is_checked_before_it_is_kept(desk: Desk, owner: Visitor) -> None:
    number = "577200000000000008"
    with desk.session() as session:
        add_purchase(session, desk, number, "paid", supplier_order_id="FAKE-99", actual_minor=500)
    path = f"/orders/{number}/tracking"
    assert "Write the carrier" in owner.send(path, tracking_number="9400111899223344556677").text
    refused = owner.send(path, tracking_number="??", carrier="USPS")
    assert refused.status_code == 422
    assert 'id="tracking-form-tracking_number"' in refused.text
    none_ticked = owner.send(path, tracking_number="9400111899223344556677", carrier="USPS", choose_lines="1")
    assert "Tick at least one thing" in none_ticked.text
    assert (
        "Tracking saved." in owner.send(path, tracking_number="9400111899223344556677", carrier="USPS").text
    )
    with desk.session() as session:
        parcels = session.scalars(select(Parcel).join(Order).where(Order.tiktok_order_id == number)).all()
        assert [parcel.carrier_text for parcel in parcels] == ["USPS"]


def test_the_address_is_masked_until_somebody_asks_and_each_look_is_recorded(
    desk: Desk, owner: Visitor
) -> None:
    number = "577200000000000009"
    with desk.session() as session:
        add_buyer(session, desk, add_order(session, desk.ours, number=number))
    for path in (f"/orders/{number}", "/today", "/orders"):
        assert BUYER.line1 not in owner.page(path)
        assert BUYER.name not in owner.page(path)
    shown = owner.send(f"/orders/{number}/address")
    assert BUYER.line1 in shown.text
    assert BUYER.name in shown.text
    assert shown.headers["Cache-Control"] == "no-store"
    assert [kind for kind, _actor in _events(desk, number)] == ["contact_revealed"]
    assert BUYER.line1 not in owner.page(f"/orders/{number}")


def test_a_viewer_and_a_client_can_do_none_of_it(desk: Desk) -> None:
    number = "577200000000000010"
    with desk.session() as session:
        add_order(session, desk.ours, number=number, stage="blocked", blockers=[OVER_LIMIT])
        purchase = str(add_purchase(session, desk, "577200000000000011", "ready").public_id)
    shop = desk.ours.public["Luma Shop"]
    paths = [f"/orders/{number}/{act}" for act in ("approve", "decline", "act/hold", "tracking", "address")]
    paths += [
        f"/orders/577200000000000011/purchases/{purchase}/{act}"
        for act in ("claim", "drop", "bought", "review")
    ]
    paths += [f"/shops/{shop}/pause", f"/shops/{shop}/resume", "/buying/stop", "/shops/connect", "/suppliers"]
    paths += [f"/mappings/{shop}/fake-sku-1", f"/mappings/{shop}/fake-sku-1/end"]
    for person in ("viewer", "member"):
        visitor = visit(desk, person)
        for path in paths:
            assert visitor.send(path, subject="agency").status_code == 403, (person, path)
    assert _events(desk, number) == []


def test_another_agencys_order_cannot_be_touched(desk: Desk) -> None:
    number = "577200000000000012"
    with desk.session() as session:
        add_order(session, desk.ours, number=number, stage="blocked", blockers=[OVER_LIMIT])
        purchase = str(add_purchase(session, desk, "577200000000000013", "ready").public_id)
    stranger = visit(desk, "stranger")
    for act in ("approve", "act/hold", "address"):
        assert stranger.send(f"/orders/{number}/{act}").status_code == 404, act
    assert stranger.send(f"/orders/{number}/decline", reason="Mine").status_code == 404
    assert stranger.send(f"/orders/577200000000000013/purchases/{purchase}/claim").status_code == 404
    shop = desk.ours.public["Luma Shop"]
    assert stranger.send(f"/shops/{shop}/pause").status_code == 404
    assert stranger.send("/buying/stop", subject="shop", id=shop).status_code == 404
    assert stranger.send("/shops/connect", client=desk.ours.public["Luma"]).status_code == 404
    assert stranger.get(f"/mappings/{shop}/fake-sku-1").status_code == 404
