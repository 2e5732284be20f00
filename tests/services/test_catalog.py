"""Suppliers, items and mappings: sealed keys, versions, and what a new mapping sets in motion."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from agency.domain.errors import Conflict, Forbidden, Invalid, NotFound
from agency.services.catalog import NewSupplier, NewSupplierItem, add_supplier, add_supplier_item
from agency.services.mappings import NewMapping, map_sku, unmap_sku
from agency.services.sealing import Keyring
from agency.services.suppliers import open_supplier
from tests.databases import MASTER_KEY
from tests.desk import NOW, Desk
from tests.desk_rows import add_item, add_order, add_sku, due_lanes

KEYS = Keyring(MASTER_KEY)


@pytest.fixture
def desk(made: Desk) -> Iterator[Desk]:
    with made.session() as session:
        add_sku(session, made.ours)
        add_item(session, made.ours)
    yield made
    made.clear()


def _mapping(desk: Desk, **changes: Any) -> NewMapping:
    return replace(
        NewMapping(desk.ours.public["Luma Shop"], "fake-sku-1", desk.ours.public["item"]), **changes
    )


def _versions(desk: Desk) -> list[tuple[int, int, bool]]:
    with desk.session() as session:
        rows = session.execute(
            text("select version, quantity, superseded_at is null from mappings order by version")
        )
        return [tuple(row) for row in rows]


def test_a_change_closes_the_live_mapping_and_writes_the_next_version(desk: Desk) -> None:
    with desk.session() as session:
        first = map_sku(desk.ours.scope(), session, _mapping(desk), NOW)
    with desk.session() as session:
        second = map_sku(desk.ours.scope(), session, _mapping(desk, quantity=2), NOW)
    assert first != second
    assert _versions(desk) == [(1, 1, False), (2, 2, True)]


def test_the_same_mapping_again_keeps_the_live_one(desk: Desk) -> None:
    with desk.session() as session:
        first = map_sku(desk.ours.scope(), session, _mapping(desk), NOW)
        assert map_sku(desk.ours.scope(), session, _mapping(desk), NOW) == first
    assert _versions(desk) == [(1, 1, True)]


def test_a_second_rank_stands_beside_the_first(desk: Desk) -> None:
    with desk.session() as session:
        map_sku(desk.ours.scope(), session, _mapping(desk), NOW)
        map_sku(desk.ours.scope(), session, _mapping(desk, rank=2), NOW)
    assert [live for _version, _quantity, live in _versions(desk)] == [True, True]


def test_a_new_mapping_has_blocked_orders_of_that_sku_planned_at_once(desk: Desk) -> None:
    with desk.session() as session:
        waiting = add_order(session, desk.ours, stage="blocked")
        other = add_order(session, desk.ours, stage="blocked", sku_id="fake-sku-2")
        map_sku(desk.ours.scope(), session, _mapping(desk), NOW)
    with desk.session() as session:
        planned = list(session.scalars(text("select id from orders where plan_at is not null")))
        assert due_lanes(session) == {("plan", desk.ours.shops["Luma"])}
    assert planned == [waiting.id] != [other.id]


def test_an_ended_mapping_is_gone_and_cannot_be_ended_again(desk: Desk) -> None:
    with desk.session() as session:
        map_sku(desk.ours.scope(), session, _mapping(desk), NOW)
        unmap_sku(desk.ours.scope(), session, desk.ours.public["Luma Shop"], "fake-sku-1", 1)
        with pytest.raises(NotFound):
            unmap_sku(desk.ours.scope(), session, desk.ours.public["Luma Shop"], "fake-sku-1", 1)
    assert _versions(desk) == [(1, 1, False)]


def test_another_clients_item_cannot_be_mapped(desk: Desk) -> None:
    with desk.session() as session:
        add_item(session, desk.ours, "Kite")
        with pytest.raises(Invalid, match="another client"):
            map_sku(desk.ours.scope(), session, _mapping(desk), NOW)


@pytest.mark.parametrize("field", ["shop_id", "supplier_item_id", "sku_id"])
def test_foreign_and_unknown_ids_of_a_mapping_read_the_same(desk: Desk, field: str) -> None:
    with desk.session(desk.theirs.scope()) as session:
        add_item(session, desk.theirs)
    foreign = {"shop_id": desk.theirs.public["Luma Shop"], "supplier_item_id": desk.theirs.public["item"]}
    for wrong in (foreign.get(field, "fake-sku-9"), "5f2c1d4e-0000-4000-8000-000000000000", "nonsense"):
        with desk.session() as session, pytest.raises(NotFound):
            map_sku(desk.ours.scope(), session, _mapping(desk, **{field: wrong}), NOW)


def test_a_viewer_cannot_map(desk: Desk) -> None:
    scope = desk.ours.scope(role="viewer")
    with desk.session(scope) as session, pytest.raises(Forbidden):
        map_sku(scope, session, _mapping(desk), NOW)


def test_a_suppliers_key_is_sealed_and_its_lanes_are_awake(desk: Desk) -> None:
    key = "fake-key-that-nobody-must-read"
    new = NewSupplier(
        desk.ours.public["Luma"],
        "rest",
        "Kiln API",
        "USD",
        "https://supplier.example.test/",
        credentials={"api_key": key},
    )
    with desk.session() as session:
        public_id = add_supplier(desk.ours.scope(), session, KEYS, new)
    with desk.session() as session:
        row = session.execute(
            text("select id, base_url from suppliers where public_id::text = :p"), {"p": public_id}
        ).one()
        sealed = session.scalars(text("select sealed_credentials from supplier_secrets")).one()
        assert key.encode() not in bytes(sealed)
        assert open_supplier(session, KEYS, row.id).credentials == {"api_key": key}
        assert {api for api, _shop in due_lanes(session)} == {"purchase", "tracking"}
    assert row.base_url == "https://supplier.example.test"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "carrier-pigeon"}, "kind"),
        ({"name": "  "}, "name"),
        ({"currency": "XXQ"}, "currency"),
        ({"base_url": "supplier.example.test"}, "base_url"),
        ({"base_url": "https://10.0.0.5/v1"}, "base_url"),
        ({"kind": "cj", "base_url": "https://metadata.internal"}, "base_url"),
        ({"credentials": {}}, "api_key"),
    ],
)
def test_a_supplier_that_cannot_work_is_refused_by_field(
    desk: Desk, changes: dict[str, Any], field: str
) -> None:
    good = NewSupplier(
        desk.ours.public["Luma"],
        "rest",
        "Kiln",
        "USD",
        "https://x.example.test",
        credentials={"api_key": "k"},
    )
    with desk.session() as session, pytest.raises(Invalid) as refusal:
        add_supplier(desk.ours.scope(), session, KEYS, replace(good, **changes))
    assert refusal.value.field == field


def test_the_same_supplier_sku_twice_is_a_conflict_that_leaves_the_session_usable(desk: Desk) -> None:
    new = NewSupplierItem(desk.ours.public["supplier"], "KC-1", "Pot again", 400)
    with desk.session() as session:
        with pytest.raises(Conflict, match="KC-1"):
            add_supplier_item(desk.ours.scope(), session, new)
        add_supplier_item(desk.ours.scope(), session, replace(new, supplier_sku="KC-2"))
        assert session.scalar(text("select count(*) from supplier_items")) == 2


def test_an_item_of_our_own_shelf_needs_its_stock(desk: Desk) -> None:
    with desk.session() as session:
        add_item(session, desk.ours, kind="stock", name="Shelf")
        with pytest.raises(Invalid, match="on your shelf"):
            add_supplier_item(
                desk.ours.scope(), session, NewSupplierItem(desk.ours.public["supplier"], "S-2", "Pot", 0)
            )
