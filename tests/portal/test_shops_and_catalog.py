"""Shops, stop switches, connecting, suppliers, items and mappings through their pages."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from agency.models.catalog import Mapping, Supplier, SupplierItem, SupplierSecret
from agency.models.shops import Authorization, Shop
from tests.desk import Desk
from tests.desk_rows import add_item, add_row, add_sku
from tests.moving import move_clock
from tests.portal.browsing import Visitor, visit


def test_a_shop_can_be_paused_and_resumed(desk: Desk, owner: Visitor) -> None:
    shop = desk.ours.public["Luma Shop"]
    assert "The shop is paused" in owner.send(f"/shops/{shop}/pause").text
    assert f"/shops/{shop}/resume" in owner.page("/shops")
    assert "is read again" in owner.send(f"/shops/{shop}/resume").text
    assert f"/shops/{shop}/pause" in owner.page("/shops")


def test_every_stop_switch_stops_and_starts(desk: Desk, owner: Visitor) -> None:
    with desk.session() as session:
        add_item(session, desk.ours)
    public = desk.ours.public
    for subject, key in (("agency", ""), ("client", "Luma"), ("shop", "Luma Shop"), ("supplier", "supplier")):
        fields = {"subject": subject, "id": public.get(key, "")}
        stopped = owner.send("/buying/stop", **fields)
        assert "Buying is stopped here" in stopped.text, subject
        assert "Start buying" in stopped.text or "Start all buying" in stopped.text
        started = owner.send("/buying/start", **fields)
        assert "Buying goes on" in started.text, subject
        assert "Start buying" not in started.text
        assert "Start all buying" not in started.text
    assert owner.send("/buying/stop", subject="moon").status_code == 422
    assert owner.send("/buying/burn", subject="agency").status_code == 404
    assert owner.send("/buying/stop", subject="shop", id="fake").status_code == 404


def test_a_shop_that_was_never_read_is_unknown_and_not_zero(desk: Desk, owner: Visitor) -> None:
    with desk.session() as session:
        shop = session.scalars(select(Shop).where(Shop.name == "Kite Shop")).one()
        shop.last_read_at = None
    page = owner.page("/shops")
    row = page[page.index("Kite Shop") :].partition("</tr>")[0]
    assert "never" in row
    assert row.count("unknown") == 2
    assert "1 shop could not be read" in page


def test_a_shop_is_connected_by_a_link_that_works_once_and_for_one_person(desk: Desk, owner: Visitor) -> None:
    page = owner.send("/shops/connect", client=desk.ours.public["Luma"]).text
    found = re.search(r'href="(https://[^"]+authorize[^"]+)"', page)
    assert found is not None
    state = parse_qs(urlsplit(found.group(1).replace("&amp;", "&")).query)["state"][0]
    back = f"/connect/callback?code=fake-code&state={state}"
    assert visit(desk, "operator").get(back).status_code == 422
    assert owner.get(back).location == "/shops?done=connecting"
    again = owner.get(back)
    assert again.status_code == 422
    assert "used already or has expired" in again.text
    with desk.session() as session:
        pending = session.scalars(select(Authorization).where(Authorization.state == "pending")).all()
        assert len(pending) == 1
        assert pending[0].sealed_code is not None


def test_a_supplier_that_needs_a_key_asks_for_it_and_never_shows_it(desk: Desk, owner: Visitor) -> None:
    fields = {
        "client_id": desk.ours.public["Luma"], "kind": "rest", "name": "Kiln & Co", "currency": "USD",
        "base_url": "https://kiln.example.test",
    }  # fmt: skip
    refused = owner.send("/suppliers", **fields)
    assert refused.status_code == 422
    assert "Enter the key that the supplier gave you" in refused.text
    assert 'value="Kiln &amp; Co"' in refused.text
    added = owner.send("/suppliers", **fields, api_key="fake-key-123")
    assert "Supplier added" in added.text
    assert "fake-key-123" not in added.text
    with desk.session() as session:
        supplier = session.scalars(select(Supplier).where(Supplier.name == "Kiln & Co")).one()
        assert b"fake-key-123" not in session.get_one(SupplierSecret, supplier.id).sealed_credentials


def test_an_address_inside_a_private_network_is_refused_at_its_field(desk: Desk, owner: Visitor) -> None:
    fields = {"client_id": desk.ours.public["Luma"], "kind": "rest", "name": "Inside", "currency": "USD"}
    for address in ("https://169.254.169.254/latest", "https://localhost", "http://kiln.example.com"):
        refused = owner.send("/suppliers", **fields, base_url=address, api_key="fake-key-123")
        assert refused.status_code == 422, address
        assert "OUTBOUND_ALLOW" in refused.text
    with desk.session() as session:
        assert session.scalars(select(Supplier).where(Supplier.name == "Inside")).all() == []


def test_each_wrong_field_of_a_supplier_has_its_own_message(desk: Desk, owner: Visitor) -> None:
    refused = owner.send(
        "/suppliers",
        client_id=desk.ours.public["Luma"],
        kind="manual",
        currency="dollars",
        website="javascript:alert(1)",
    )
    assert refused.status_code == 422
    for message in ("Give the supplier a name", "three capital letters", "it starts with https://"):
        assert message in refused.text, message
    assert "3 things to fix" in refused.text


def test_an_item_is_added_with_its_cost_in_the_suppliers_currency(desk: Desk, owner: Visitor) -> None:
    with desk.session() as session:
        add_item(session, desk.ours, kind="stock", name="Shelf")
    path = f"/suppliers/{desk.ours.public['supplier']}/items"
    fields = {"title": "White pot", "supplier_sku": "POT-W", "unit_cost": "4.20"}
    assert "Say how many lie on your shelf" in owner.send(path, **fields).text
    added = owner.send(path, **fields, stock_quantity="12")
    assert "Item added" in added.text
    assert "$4.20" in added.text
    assert "Choose it in the list" in owner.send(path, **fields, stock_quantity="12").text


def test_a_list_acts_where_it_stands_and_goes_back_there(desk: Desk, owner: Visitor) -> None:
    shop = desk.ours.public["Luma Shop"]
    back = "/shops?q=Luma&page=1"
    led = owner.send(f"/shops/{shop}/pause", follow=False, back=back)
    assert str(led.location).startswith(f"{back}&done=paused&undo=")
    assert "The shop is paused" in owner.page(str(led.location))
    elsewhere = owner.send(f"/shops/{shop}/resume", follow=False, back="//evil.test/x").location
    assert str(elsewhere).startswith(f"/shops/{shop}?done=resumed&undo=")
    stopped = owner.send("/buying/stop", follow=False, what=f"shop:{shop}", back=back)
    assert str(stopped.location).startswith(f"{back}&done=stopped&undo=")
    assert f'value="shop:{shop}"' in owner.page("/shops?state=stopped")
    owner.send("/buying/start", what=f"shop:{shop}")


def test_one_shops_page_shows_where_it_stands_to_everybody_of_the_team(desk: Desk, owner: Visitor) -> None:
    path = f"/shops/{desk.ours.public['Luma Shop']}"
    for person in ("owner", "operator", "viewer"):
        page = visit(desk, person).page(path)
        for words in ("Orders by stage", "left today", "Connection", "What the machine does"):
            assert words in page, (person, words)
    assert "/rules" not in visit(desk, "viewer").page(path)
    assert owner.get(f"/shops/{desk.theirs.public['Luma Shop']}").status_code == 404
    assert visit(desk, "operator").get(f"/shops/{desk.ours.public['Kite Shop']}").status_code == 404


def test_a_refusal_of_tiktok_leads_back_to_the_steps(owner: Visitor) -> None:
    answer = owner.get("/connect/callback?code=null&state=fake-state")
    assert answer.status_code == 422
    assert "TikTok did not give access" in answer.text
    assert "Make the link" in answer.text
    assert "Make the link" in owner.page("/shops/connect")


def test_a_supplier_and_its_item_are_changed(desk: Desk, owner: Visitor) -> None:
    with desk.session() as session:
        item = str(add_item(session, desk.ours, name="Brightway").public_id)
    path = f"/suppliers/{desk.ours.public['supplier']}"
    assert "Renamed" in owner.send(f"{path}/edit", name="Renamed", website="https://fake.example").text
    wrong = owner.send(f"/supplier-items/{item}", title="", unit_cost="dear")
    assert wrong.status_code == 422
    assert "2 things to fix" in wrong.text
    assert f'name="back" value="{path}"' in wrong.text
    assert "$6.10" in owner.send(f"/supplier-items/{item}", title="Pot", unit_cost="6.10").text
    assert "nobody to ask" in owner.send(f"{path}/check").text
    stopped = owner.send("/buying/stop", what=f"supplier:{desk.ours.public['supplier']}", why="Broken pots")
    assert "Reason: Broken pots" in stopped.text
    owner.send("/buying/start", what=f"supplier:{desk.ours.public['supplier']}")


def test_every_item_of_a_long_list_can_be_changed_in_one_form(desk: Desk, owner: Visitor) -> None:
    with desk.session() as session:
        first = add_item(session, desk.ours, name="Brightway")
        keys = {"agency_id": first.agency_id, "client_id": first.client_id, "supplier_id": first.supplier_id}
        priced = {"unit_cost_minor": 500, "currency": "USD"}
        for number in range(60):
            row = SupplierItem(**keys, **priced, supplier_sku=f"BW-{number}", title=f"Mug {number:02}")
            last = str(add_row(session, row).public_id)
    path = f"/suppliers/{desk.ours.public['supplier']}"
    page = owner.page(path)
    assert (page.count('id="item-row-'), "Mug 49" in page, "Mug 50" in page) == (50, True, False)
    assert "/supplier-items/" not in page
    rest = owner.page(f"{path}?page=2")
    assert f"?item={last}" in rest
    opened = owner.page(f"{path}?item={last}")
    assert opened.count(f'action="/supplier-items/{last}"') == 1
    assert opened.count("/supplier-items/") == 1
    assert "Mug 50" in opened
    assert "/supplier-items/" not in visit(desk, "viewer").page(f"{path}?item={last}")
    assert owner.get(f"{path}?item=moon").status_code == 200


def test_an_api_address_is_changed_only_after_a_recent_proof(
    desk: Desk, owner: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    with desk.session() as session:
        add_item(session, desk.ours, name="By API", kind="rest")
    move_clock(monkeypatch, minutes=11)
    path = f"/suppliers/{desk.ours.public['supplier']}/edit"
    fields = {"name": "By API", "base_url": "https://new.example.com", "api_key": "fake-key"}
    assert owner.send(path, follow=False, **fields).location.startswith("/account/confirm")
    assert "Saved" in owner.send(path, name="By API 2", base_url="").text


def test_a_sku_is_mapped_changed_and_unmapped(desk: Desk, owner: Visitor) -> None:
    with desk.session() as session:
        add_sku(session, desk.ours)
        add_item(session, desk.ours, name="Brightway")
    path = f"/mappings/{desk.ours.public['Luma Shop']}/fake-sku-1"
    assert "No supplier mapped" in owner.page("/mappings?show=unmapped")
    assert "Name the supplier item" in owner.send(path, quantity="1").text
    wrong = owner.send(
        path, supplier_item_id=desk.ours.public["item"], quantity="0", rank="x", price_cap="-1"
    )
    assert wrong.status_code == 422
    assert "3 things to fix" in wrong.text
    item = desk.ours.public["item"]
    assert (
        "Mapping saved"
        in owner.send(path, supplier_item_id=item, quantity="2", rank="1", price_cap="6.00").text
    )
    assert "Every sku is mapped" in owner.page("/mappings?show=unmapped")
    with desk.session() as session:
        live = session.scalars(select(Mapping).where(Mapping.superseded_at.is_(None))).one()
        assert (live.quantity, live.rank, live.price_cap_minor) == (2, 1, 600)
    assert "Mapping ended" in owner.send(f"{path}/end", rank="1").text
    assert owner.send(f"{path}/end", rank="1").status_code == 404


def test_an_item_of_another_client_cannot_be_mapped(desk: Desk, owner: Visitor) -> None:
    with desk.session() as session:
        add_sku(session, desk.ours, sku_id="fake-sku-7")
        add_item(session, desk.ours, "Kite", name="Kites only")
    path = f"/mappings/{desk.ours.public['Luma Shop']}/fake-sku-7"
    assert "Kites only" not in owner.page(path)
    refused = owner.send(path, supplier_item_id=desk.ours.public["item"])
    assert refused.status_code == 422
    assert "another client" in refused.text
