"""What people do is written down by the service that does it, once, with the thing's id, never with a typed value."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.domain.errors import Conflict, ShopfleetError
from agency.domain.scope import Scope
from agency.services import (
    accounts,
    approvals,
    callers,
    carriers,
    catalog,
    clients,
    connecting,
    corrections,
    handwork,
    mappings,
    reviews,
    shops,
)
from agency.services.sealing import Keyring
from agency.services.shop_rules import ShopRules, set_shop_rules
from agency.services.switches import start_buying, stop_buying
from tests.databases import MASTER_KEY
from tests.desk import NOW, PASSWORD, Desk, Side
from tests.desk_rows import add_item, add_order, add_parcel, add_providers, add_sku
from tests.portal.scenes import OVER_LIMIT, add_purchase

KEYS = Keyring(MASTER_KEY)
SECRET, TYPED, UPS = "fake-canary-key", "fake-canary-typed", "1Z999AA10123456784"
Written = tuple[str, str, str, str | None, dict[str, Any]]


@pytest.fixture
def desk(made: Desk) -> Iterator[Desk]:
    made.clear()
    with made.owner() as connection:
        connection.execute("delete from audit_entries")
    yield made
    made.clear()


def _written(desk: Desk) -> list[Written]:
    query = """
        select e.action, e.object_kind, e.object_id, c.name, e.details from audit_entries e
        left join clients c on c.id = e.client_id order by e.agency_id, e.number
    """
    with desk.owner() as connection:
        found = connection.execute(query).fetchall()
        everything = json.dumps(
            [str(row) for row in connection.execute("select * from audit_entries").fetchall()]
        )
    assert SECRET not in everything
    assert TYPED not in everything
    return [tuple(row) for row in found]


Act = Callable[[Scope, Session], Any]


def _do(desk: Desk, act: Act, scope: Scope | None = None) -> list[Written]:
    scope = scope or desk.ours.scope(user_id=1, address="192.0.2.1")
    with desk.session(scope) as session:
        act(scope, session)
    return _written(desk)


# --- clients, shops and switches ---------------------------------------------------------------------------------


def test_a_clients_limits_are_written_by_the_names_of_what_changed(desk: Desk) -> None:
    luma = desk.ours.public["Luma"]
    limits = clients.ClientLimits(5000, 700, 987654)
    (written,) = _do(
        desk, lambda scope, session: clients.set_client_limits(scope, session, luma, limits, NOW)
    )
    assert written == (
        "client.limits_changed", "client", luma, "Luma", {"fields": ["margin_floor_bp", "daily_budget_minor"]}
    )  # fmt: skip


def test_a_new_client_is_written(desk: Desk) -> None:
    new = clients.NewClient("Fourth", "USD", "America/New_York")
    (written,) = _do(desk, lambda scope, session: clients.add_client(scope, session, new))
    assert (written[0], written[1], written[3], written[4]) == ("client.added", "client", "Fourth", {})


def test_shops_are_connected_paused_resumed_and_ruled(desk: Desk) -> None:
    shop = desk.ours.public["Luma Shop"]

    def connect(scope: Scope, session: Session) -> None:
        state = connecting.request_connection(scope, session, desk.ours.public["Luma"])
        connecting.accept_connection(scope, session, KEYS, state, SECRET)

    def rest(scope: Scope, session: Session) -> None:
        shops.pause_shop(scope, session, shop)
        shops.resume_shop(scope, session, shop)
        for _ in range(2):  # the same rules again are no act
            set_shop_rules(scope, session, shop, ShopRules("tiktok", 60, True), NOW)

    connected = _do(desk, connect)[-1]
    assert (connected[0], connected[1], connected[3]) == ("shop.connected", "authorization", "Luma")
    written = _do(desk, rest)[1:]
    assert [row[0] for row in written] == ["shop.paused", "shop.resumed", "shop.rules_changed"]
    assert {row[1:4] for row in written} == {("shop", shop, "Luma")}
    assert "purchase_delay_minutes" in written[-1][4]["fields"]


@pytest.mark.parametrize(
    ("subject", "name", "client"),
    [("agency", "", None), ("client", "Kite", "Kite"), ("shop", "Kite Shop", "Kite")],
)
def test_buying_that_is_stopped_or_started_is_written_once(
    desk: Desk, subject: str, name: str, client: str | None
) -> None:
    public_id = desk.ours.public.get(name, "")

    def both(scope: Scope, session: Session) -> None:
        for _ in range(2):
            stop_buying(scope, session, subject, public_id)
        for _ in range(2):
            start_buying(scope, session, subject, public_id, NOW)

    written = _do(desk, both)
    assert [row[0] for row in written] == ["buying.stopped", "buying.started"]
    assert {(row[1], row[3]) for row in written} == {(subject, client)}


# --- where things are bought -------------------------------------------------------------------------------------


def test_suppliers_their_keys_and_items_are_written_without_what_was_typed(desk: Desk) -> None:
    made: list[str] = []

    def do(scope: Scope, session: Session) -> None:
        keys = {"api_key": SECRET}
        new = catalog.NewSupplier(desk.ours.public["Luma"], "cj", TYPED, "USD", credentials=keys)
        made.append(catalog.add_supplier(scope, session, KEYS, new))
        catalog.replace_credentials(scope, session, KEYS, made[0], keys, NOW)
        catalog.add_supplier_item(scope, session, catalog.NewSupplierItem(made[0], TYPED, TYPED, 100))

    written = _do(desk, do)
    assert [row[:2] for row in written] == [
        ("supplier.added", "supplier"),
        ("supplier.key_replaced", "supplier"),
        ("supplier.item_added", "supplier_item"),
    ]
    assert written[0][2] == written[1][2] == made[0]
    assert {row[3] for row in written} == {"Luma"}


def test_mappings_are_written_when_they_change(desk: Desk) -> None:
    with desk.session() as session:
        add_sku(session, desk.ours)
        add_item(session, desk.ours)
    shop, item = desk.ours.public["Luma Shop"], desk.ours.public["item"]

    def do(scope: Scope, session: Session) -> None:
        for _ in range(2):
            mappings.map_sku(scope, session, mappings.NewMapping(shop, "fake-sku-1", item), NOW)
        mappings.unmap_sku(scope, session, shop, "fake-sku-1", 1)

    assert [row[:4] for row in _do(desk, do)] == [
        ("mapping.saved", "sku", "fake-sku-1", "Luma"),
        ("mapping.ended", "sku", "fake-sku-1", "Luma"),
    ]


def test_the_choice_of_a_carrier_is_written(desk: Desk) -> None:
    with desk.session() as session:
        order = add_order(session, desk.ours)
        add_item(session, desk.ours)
        add_providers(session, order, "UPS")
    supplier = desk.ours.public["supplier"]

    def do(scope: Scope, session: Session) -> None:
        carriers.choose_carrier(scope, session, supplier, TYPED, "UPS", NOW)
        carriers.forget_carrier(scope, session, supplier, TYPED)

    assert [row[:3] for row in _do(desk, do)] == [
        ("carrier.chosen", "supplier", supplier),
        ("carrier.forgotten", "supplier", supplier),
    ]


# --- orders ------------------------------------------------------------------------------------------------------


def test_a_persons_word_about_an_order_is_written(desk: Desk) -> None:
    with desk.session() as session:
        add_order(session, desk.ours, number="57701", stage="blocked", blockers=[OVER_LIMIT])
        add_order(session, desk.ours, number="57702", stage="blocked", blockers=[OVER_LIMIT])
        add_order(session, desk.ours, number="57703")

    def do(scope: Scope, session: Session) -> None:
        approvals.approve(scope, session, "57701", None, NOW)
        approvals.decline(scope, session, "57702", TYPED, NOW)
        approvals.hold(scope, session, "57703", NOW)
        approvals.release_hold(scope, session, "57703", NOW)

    assert _do(desk, do) == [
        ("order.approved", "order", "57701", "Luma", {"reasons": ["cost_over_limit"]}),
        ("order.declined", "order", "57702", "Luma", {}),
        ("order.held", "order", "57703", "Luma", {}),
        ("order.released", "order", "57703", "Luma", {}),
    ]


def test_purchases_by_hand_reviews_and_tracking_are_written(desk: Desk) -> None:
    with desk.session() as session:
        by_hand = str(add_purchase(session, desk, "57711", "ready").public_id)
        doubted = str(add_purchase(session, desk, "57712", "review", "rest").public_id)

    def do(scope: Scope, session: Session) -> None:
        handwork.claim_purchase(scope, session, by_hand, NOW)
        handwork.record_bought(scope, session, by_hand, TYPED, 500, NOW)
        handwork.record_tracking(scope, session, "57711", "UPS", UPS, (), NOW)
        reviews.settle_review(scope, session, doubted, "bought", f"{TYPED}-2", 500, NOW)

    assert _do(desk, do) == [
        ("purchase.claimed", "purchase", by_hand, "Luma", {}),
        ("purchase.bought_by_hand", "purchase", by_hand, "Luma", {}),
        ("tracking.typed", "order", "57711", "Luma", {}),
        ("purchase.reviewed", "purchase", doubted, "Luma", {"outcome": "bought"}),
    ]


def test_a_correction_is_written(desk: Desk) -> None:
    with desk.session() as session:
        order = add_order(session, desk.ours, stage="shipped")
        add_providers(session, order, "UPS")
        parcel = add_parcel(session, order, state="pushed", findings=[], pushed_at=NOW)
        public_id = str(parcel.public_id)
    written = _do(
        desk,
        lambda scope, session: corrections.request_correction(scope, session, public_id, "UPS", UPS, NOW),
    )
    assert written == [("tracking.corrected", "parcel", public_id, "Luma", {})]


def test_what_was_refused_or_rolled_back_is_not_written(desk: Desk) -> None:
    with desk.session() as session:
        add_order(session, desk.ours, number="57720")
    with pytest.raises(Conflict):
        _do(desk, lambda scope, session: approvals.approve(scope, session, "57720", None, NOW))
    with pytest.raises(ShopfleetError):
        _do(desk, lambda scope, session: shops.pause_shop(scope, session, "nonsense"))
    with desk.database.session(desk.ours.scope()) as session:
        approvals.hold(desk.ours.scope(), session, "57720", NOW)
        session.rollback()
    assert _written(desk) == []


# --- people ------------------------------------------------------------------------------------------------------


def test_signing_in_out_and_changing_the_workspace_are_written_in_their_agency(desk: Desk) -> None:
    with desk.system() as session:
        token = accounts.sign_in(session, "owner@example.test", PASSWORD, "", "192.0.2.1")
        with pytest.raises(ShopfleetError):
            accounts.sign_in(session, "owner@example.test", TYPED)
    with desk.system() as session:
        caller = callers.scope_of_session(session, token)
        assert caller is not None
        accounts.switch_membership(session, caller, caller.membership_id)
        accounts.sign_out(session, token)
        accounts.sign_out(session, token)
    written = _written(desk)
    assert [row[:2] for row in written] == [
        ("session.opened", "session"),
        ("session.switched", "membership"),
        ("session.closed", "session"),
    ]
    assert written[0][2] == written[2][2]
    with desk.session(desk.theirs.scope()) as session:
        assert session.scalar(text("select count(*) from audit_entries")) == 0


def test_who_and_from_where_are_those_of_the_scope(desk: Desk) -> None:
    side: Side = desk.ours
    scope = side.scope(actor="token:fake", address="2001:db8::1")
    _do(desk, lambda scope, session: shops.pause_shop(scope, session, side.public["Luma Shop"]), scope)
    with desk.owner() as connection:
        rows = connection.execute("select actor, address from audit_entries").fetchall()
    assert rows == [("token:fake", "2001:db8::1")]
