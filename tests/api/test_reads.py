"""The JSON reads: the fast path is what the schemas describe, and nobody sees what is not theirs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from marshmallow import RAISE, Schema

from agency.api.encoding import dump_json
from agency.api.schemas.answers import list_of, page_of, schema_of
from agency.services.approvals_list import list_approvals
from agency.services.client_overview import get_overview
from agency.services.client_rows import ClientOrder, ClientOrderRow, ClientOverview
from agency.services.client_view import get_client_order, list_client_orders
from agency.services.list_rows import (
    ApprovalRow,
    OrderFilters,
    OrderRow,
    ShopList,
    SkuRow,
    SupplierRow,
    Totals,
)
from agency.services.order_lists import list_orders
from agency.services.order_page_rows import OrderPage
from agency.services.order_pages import get_order_page
from agency.services.sealing import Keyring
from agency.services.shop_lists import list_shops
from agency.services.supplier_lists import list_skus, list_suppliers
from agency.services.timeline import record_event
from agency.services.totals import read_totals
from agency.services.worklist import today
from agency.services.worklist_rows import Today, WorkFilters
from tests.databases import MASTER_KEY
from tests.desk import NOW, Desk, open_desk
from tests.desk_rows import add_attention, add_item, add_mapping, add_order, add_sku

NUMBER, KITE, FOREIGN = "5770001", "5770002", "6660001"
_BLOCKER = {"code": "cost_over_limit", "sentence": "Cost is over the limit.", "approvable": True}


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with open_desk() as made:
        with made.session() as session:
            order = add_order(session, made.ours, number=NUMBER, stage="blocked", blockers=[_BLOCKER])
            record_event(made.ours.scope(), session, order, "blocked", {"blockers": [_BLOCKER]}, NOW)
            decision = {
                "kind": "approval",
                "action": "approve",
                "order_id": order.id,
                "shop_id": order.shop_id,
            }
            add_attention(
                session, made.ours, **decision, loss_minor=2000, currency="USD", due_at=order.due_at
            )
            add_order(session, made.ours, "Kite", number=KITE)
            add_sku(session, made.ours)
            add_mapping(session, made.ours, add_item(session, made.ours))
        with made.session(made.theirs.scope()) as session:
            add_order(session, made.theirs, number=FOREIGN)
        yield made


def _answers(desk: Desk) -> Iterator[tuple[str, type[Schema], Any]]:
    """Every read of the JSON door: its name, its schema, and what its service gives."""
    ours, member = desk.ours.scope(), desk.ours.client_scope("Luma")
    with desk.session() as session:
        yield "worklist", schema_of(Today), today(ours, session, NOW, WorkFilters())
        yield "totals", schema_of(Totals), read_totals(ours, session)
        yield "orders", page_of(OrderRow), list_orders(ours, session, OrderFilters())
        yield "order", schema_of(OrderPage), get_order_page(ours, session, Keyring(MASTER_KEY), NUMBER, NOW)
        yield "approvals", page_of(ApprovalRow), list_approvals(ours, session, NOW)
        yield "shops", schema_of(ShopList), list_shops(ours, session)
        yield "suppliers", list_of(SupplierRow), {"rows": list_suppliers(ours, session)}
        yield "mappings", page_of(SkuRow), list_skus(ours, session)
    with desk.session(member) as session:
        yield "overview", schema_of(ClientOverview), get_overview(member, session, NOW)
        yield "own orders", page_of(ClientOrderRow), list_client_orders(member, session, NOW)
        yield "own order", schema_of(ClientOrder), get_client_order(member, session, NUMBER, NOW)


def test_the_fast_path_writes_exactly_what_the_schemas_describe(desk: Desk) -> None:
    names = []
    for name, schema, value in _answers(desk):
        fast = orjson.loads(dump_json(value))
        assert fast == schema().dump(value), name
        assert not schema(unknown=RAISE).validate(fast), name
        names.append(name)
    assert len(names) == 11


STAFF = [
    "/api/v1/worklist", "/api/v1/totals", "/api/v1/orders", f"/api/v1/orders/{NUMBER}", "/api/v1/approvals",
    "/api/v1/shops", "/api/v1/suppliers", "/api/v1/mappings",
]  # fmt: skip
OWN = ["/api/v1/own/overview", "/api/v1/own/orders", f"/api/v1/own/orders/{NUMBER}"]


@pytest.mark.parametrize("path", STAFF)
@pytest.mark.parametrize(
    ("person", "status"), [("owner", 200), ("operator", 200), ("viewer", 200), ("member", 403), ("", 401)]
)
def test_the_teams_reads_are_for_the_team(desk: Desk, path: str, person: str, status: int) -> None:
    assert desk.web(person).get(path).status_code == status


@pytest.mark.parametrize("path", OWN)
@pytest.mark.parametrize(("person", "status"), [("member", 200), ("owner", 403), ("viewer", 403), ("", 401)])
def test_the_clients_reads_are_for_the_client(desk: Desk, path: str, person: str, status: int) -> None:
    assert desk.web(person).get(path).status_code == status


@pytest.mark.parametrize(
    ("person", "path"),
    [
        ("owner", f"/api/v1/orders/{FOREIGN}"),
        ("operator", f"/api/v1/orders/{KITE}"),
        ("stranger", f"/api/v1/orders/{NUMBER}"),
        ("member", f"/api/v1/own/orders/{KITE}"),
        ("member", f"/api/v1/own/orders/{FOREIGN}"),
    ],
)
def test_a_foreign_order_and_an_unknown_one_have_the_same_answer(desk: Desk, person: str, path: str) -> None:
    web = desk.web(person)
    foreign, unknown = web.get(path), web.get(path.rpartition("/")[0] + "/no-such-order")
    assert foreign.status_code == unknown.status_code == 404
    assert foreign.data == unknown.data


@pytest.mark.parametrize("path", STAFF[:-1])
def test_no_list_of_an_agency_names_the_other_one(desk: Desk, path: str) -> None:
    for person, forbidden in (("owner", FOREIGN), ("stranger", NUMBER)):
        body = desk.web(person).get(path).get_data(as_text=True)
        assert forbidden not in body


def test_a_read_that_has_not_changed_is_a_304_without_a_body(desk: Desk) -> None:
    web = desk.web("owner")
    first = web.get("/api/v1/orders")
    again = web.get("/api/v1/orders", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert first.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("query", "field"),
    [("stage=nonsense", "stage"), ("after=nonsense", "after"), (f"q={'x' * 101}", "q")],
)
def test_a_bad_filter_is_named(desk: Desk, query: str, field: str) -> None:
    answer = desk.web("owner").get(f"/api/v1/orders?{query}")
    assert (answer.status_code, answer.json["field"]) == (422, field)


@pytest.mark.parametrize("query", ["group=nonsense", "zone=Mars/Olympus", "zone=../etc", "zone=" + "x" * 61])
def test_a_bad_worklist_filter_is_a_422(desk: Desk, query: str) -> None:
    assert desk.web("owner").get(f"/api/v1/worklist?{query}").status_code == 422


def test_a_number_with_a_nul_is_simply_not_found(desk: Desk) -> None:
    web = desk.web("owner")
    assert web.get("/api/v1/orders/a%00b").status_code == 404
    assert web.get("/api/v1/orders?q=a%00b").json["field"] == "q"
