"""Importing mappings through the pages: choose, preview with every refused row, write; export and template."""

from __future__ import annotations

import html
import io
import re

import pytest

from tests.desk import Desk
from tests.desk_rows import add_item, add_mapping, add_order, add_sku
from tests.portal.browsing import OURS, Visitor, visit

HEADER = "shop,sku,supplier,supplier_sku,quantity\n"
GOOD = HEADER + "LUH,fake-sku-1,Kiln,KC-1,2\nLUH,moon,Kiln,KC-1,1\n"
_HIDDEN = re.compile(r'name="(content|seen)" value="([^"]+)"')


@pytest.fixture(autouse=True)
def catalogue(desk: Desk) -> None:
    """Luma sells one sku, an order waits for it, and Kiln has an item."""
    desk.clear()
    with desk.session() as session:
        add_sku(session, desk.ours)
        add_item(session, desk.ours)
        add_order(session, desk.ours, stage="blocked")


def _preview(owner: Visitor, text: str = GOOD) -> str:
    answer = owner.send("/mappings/import/preview", pasted=text)
    assert answer.status_code == 200, answer.text
    return answer.text


def _hidden(page: str) -> dict[str, str]:
    return {name: html.unescape(value) for name, value in _HIDDEN.findall(page)}


def test_a_file_is_previewed_with_every_refused_row_and_then_written(desk: Desk, owner: Visitor) -> None:
    page = owner.send("/mappings/import/preview", file=(io.BytesIO(GOOD.encode()), "mappings.csv")).text
    assert "1 row is refused" in page
    assert "has not sold a sku moon yet" in page
    assert "column sku" in page
    assert "1 waiting order is planned again" in page
    assert "No supplier mapped" in owner.page("/mappings?show=unmapped")
    done = owner.send("/mappings/import", **_hidden(page)).text
    assert "Imported. Waiting orders" in done
    assert "Every sku is mapped" in owner.page("/mappings?show=unmapped")
    assert "Unchanged" in _preview(owner)


def test_a_world_that_changed_is_shown_once_more_and_nothing_is_written(desk: Desk, owner: Visitor) -> None:
    hidden = _hidden(_preview(owner))
    with desk.session() as session:
        add_mapping(session, desk.ours, add_item(session, desk.ours, name="Other"))
    refused = owner.send("/mappings/import", **hidden)
    assert refused.status_code == 422
    assert "Something changed since you looked" in refused.text
    assert "Changed:" in refused.text
    assert "Imported" in owner.send("/mappings/import", **_hidden(refused.text)).text


def test_a_forged_or_broken_file_writes_nothing(owner: Visitor) -> None:
    hidden = _hidden(_preview(owner))
    for fields in ({"content": "%%%"}, {"content": ""}, {"content": "QUJD", "seen": hidden["seen"]}):
        assert owner.send("/mappings/import", **fields).status_code == 422
    assert "No supplier mapped" in owner.page("/mappings?show=unmapped")


@pytest.mark.parametrize(("text", "remedy"), [("", "Choose a CSV file"), ("shop;sku\n", "lacks the column")])
def test_a_file_that_cannot_be_read_keeps_the_form(owner: Visitor, text: str, remedy: str) -> None:
    refused = owner.send("/mappings/import/preview", pasted=text)
    assert refused.status_code == 422
    assert remedy in refused.text
    assert "Show what it would do" in refused.text


def test_export_and_template_open_in_a_spreadsheet_and_come_back(owner: Visitor) -> None:
    template = owner.get("/mappings/template.csv")
    assert template.text.startswith('"shop","sku"')
    assert "mappings-template.csv" in template.headers["Content-Disposition"]
    bare = owner.get("/mappings.csv?show=unmapped")
    assert bare.text.count("\r\n") == 2
    assert '"LUH","fake-sku-1"' in bare.text
    assert owner.get("/mappings.csv?show=moon").status_code == 404


def test_a_viewer_exports_and_imports_nothing(desk: Desk, owner: Visitor) -> None:
    viewer = visit(desk, "viewer")
    assert viewer.get("/mappings.csv").status_code == 200
    assert "Import a file" not in viewer.page("/mappings")
    assert viewer.get("/mappings/import").status_code == 403
    assert viewer.send("/mappings/import", **_hidden(_preview(owner))).status_code == 403


def test_skus_are_searched_by_product_sku_and_shop(desk: Desk, owner: Visitor) -> None:
    with desk.session() as session:
        add_sku(session, desk.ours, "Kite", sku_id="fake-sku-7").product_name = "100%_wool"
    for query in ("q=pour", "q=lk-po-02&shop=" + desk.ours.public["Luma Shop"], "q=fake-sku-1"):
        assert "fake-sku-1" in owner.page(f"/mappings?{query}"), query
    assert "fake-sku-7" in owner.page("/mappings?q=100%25_")
    assert "No sku matches" in owner.page("/mappings?q=0_w")
    assert "1 order waits" in owner.page("/mappings")


def test_stock_and_price_are_asked_for_from_the_mapping(desk: Desk, owner: Visitor) -> None:
    with desk.session() as session:
        add_mapping(session, desk.ours, add_item(session, desk.ours, name="Quick", kind="rest"))
    path = f"/mappings/{desk.ours.public['Luma Shop']}/fake-sku-1"
    assert "Stock and price were never read" in owner.page(path)
    asked = owner.send(f"{path}/check")
    assert "Asked. The answer is here" in asked.text
    assert "the answer comes with the supplier" in asked.text


def test_the_json_door_plans_and_writes_the_same_rows(desk: Desk) -> None:
    web = desk.web("owner")
    rows = [{"shop": "LUH", "sku": "fake-sku-1", "supplier": "Kiln", "supplier_sku": "KC-1"}, {"shop": "XX"}]
    seen = web.post("/api/v1/mappings/import", json={"rows": rows}, headers=OURS).get_json()
    assert [row["outcome"] for row in seen["rows"]] == ["new", "refused"]
    body = {"rows": rows, "seen": seen["digest"]}
    assert web.post("/api/v1/mappings/import", json=body).get_json()["counts"]["new"] == 1
    again = web.post("/api/v1/mappings/import", json=body)
    assert (again.status_code, "Something changed" in again.text) == (409, True)
