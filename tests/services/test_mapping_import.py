"""Mappings from a file: what each row does, why it is refused, and that writing repeats exactly what was seen."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select, text

from agency.domain.csv_cells import csv_text, read_csv
from agency.domain.errors import Conflict, Forbidden, Invalid
from agency.domain.mapping_files import COLUMNS, LONGEST_FILE, MOST_ROWS, read_rows
from agency.models.catalog import Mapping
from agency.services.mapping_export import export_mappings, template_csv
from agency.services.mapping_import import ImportPlan, apply_import, plan_import
from tests.desk import NOW, Desk
from tests.desk_rows import add_item, add_mapping, add_order, add_sku, due_lanes

HEADER = "shop,sku,choice,supplier,supplier_sku,quantity,highest_unit_cost,currency"


@pytest.fixture
def desk(made: Desk) -> Iterator[Desk]:
    """Luma sells two skus and has Kiln with one item; Kite has a sku and a supplier of its own."""
    with made.session() as session:
        add_item(session, made.ours, "Kite", name="Kites only")
        add_sku(session, made.ours, "Kite", sku_id="fake-sku-5")
        add_item(session, made.ours)
        add_sku(session, made.ours)
        add_sku(session, made.ours, sku_id="fake-sku-2").seller_sku = "LAMP"
    yield made
    made.clear()


def _file(*rows: str) -> bytes:
    return "\n".join([HEADER, *rows]).encode()


def _plan(desk: Desk, *rows: str) -> ImportPlan:
    with desk.session() as session:
        return plan_import(desk.ours.scope(), session, read_rows(_file(*rows)))


def _live(desk: Desk) -> list[tuple[str, int, int, int | None]]:
    with desk.session() as session:
        live = session.scalars(select(Mapping).where(Mapping.superseded_at.is_(None)).order_by(Mapping.id))
        return [(row.sku_id, row.rank, row.quantity, row.price_cap_minor) for row in live]


def test_every_row_says_what_it_would_do_and_nothing_is_written(desk: Desk) -> None:
    with desk.session() as session:
        item = add_item(session, desk.ours, name="Old kiln")
        add_mapping(session, desk.ours, item, sku_id="fake-sku-2")
    plan = _plan(
        desk,
        "LUH,fake-sku-1,1,kiln,kc-1,2,6.00,usd",
        "LUH,LAMP,1,Kiln,KC-1,,,",
        "Luma Shop,fake-sku-2,2,,,,,",
        "LUH,fake-sku-1,,Nobody,KC-1,,,",
    )
    assert [row.outcome for row in plan.rows] == ["new", "changed", "empty", "refused"]
    assert plan.rows[0].then == "2 \N{MULTIPLICATION SIGN} Kiln KC-1, ≤ $6.00"
    assert (plan.rows[1].now, plan.rows[1].then) == ("Old kiln KC-1", "Kiln KC-1")
    assert sum(plan.counts.values()) == len(plan.rows)
    assert plan.writes == 2
    assert _live(desk) == [("fake-sku-2", 1, 1, None)]


@pytest.mark.parametrize(
    ("row", "field", "remedy"),
    [
        (",fake-sku-1,1,Kiln,KC-1,,,", "shop", "Write the shop's code"),
        ("XX,fake-sku-1,1,Kiln,KC-1,,,", "shop", "There is no shop XX"),
        ("LUR,fake-sku-1,1,Kiln,KC-1,,,", "shop", "There is no shop LUR"),
        ("LUH,,1,Kiln,KC-1,,,", "sku", "Write TikTok's sku number"),
        ("LUH,1.72939E+18,1,Kiln,KC-1,,,", "sku", "Format the column as text"),
        ("LUH,fake-sku-5,1,Kiln,KC-1,,,", "sku", "has not sold a sku fake-sku-5"),
        ("LUH,fake-sku-1,0,Kiln,KC-1,,,", "choice", "from 1 to 9"),
        ("LUH,fake-sku-1,1,Kites only,KC-1,,,", "supplier", "There are: Kiln"),
        ("LUH,fake-sku-1,1,Kiln,,,,", "supplier_sku", "has no item of that sku"),
        ("LUH,fake-sku-1,1,Kiln,KC-9,,,", "supplier_sku", "Add it on the supplier's page"),
        ("LUH,fake-sku-1,1,Kiln,KC-1,1.5,,", "quantity", "from 1 to 1,000"),
        ("LUH,fake-sku-1,1,Kiln,KC-1,1001,,", "quantity", "from 1 to 1,000"),
        ("LUH,fake-sku-1,1,Kiln,KC-1,1,dear,", "highest_unit_cost", "not an amount"),
        ("LUH,fake-sku-1,1,Kiln,KC-1,1,0,", "highest_unit_cost", "above zero"),
        ("LUH,fake-sku-1,1,Kiln,KC-1,1,4.20,EUR", "currency", "is paid in USD"),
    ],
)
def test_a_refused_row_names_line_column_and_remedy(desk: Desk, row: str, field: str, remedy: str) -> None:
    refused = _plan(desk, "LUH,LAMP,1,Kiln,KC-1,,,", row).rows[1]
    assert (refused.outcome, refused.line, refused.field) == ("refused", 3, field)
    assert remedy in refused.problem


def test_two_rows_for_one_choice_are_told_apart_by_their_line(desk: Desk) -> None:
    plan = _plan(desk, "LUH,fake-sku-1,1,Kiln,KC-1,,,", "", "Luma Shop,fake-sku-1,,Kiln,KC-1,2,,")
    assert [row.line for row in plan.rows] == [2, 4]
    assert plan.rows[1].problem == "Line 2 maps this sku's choice 1 already. Keep one of them."


def test_the_seen_plan_writes_all_good_rows_and_wakes_the_orders(desk: Desk) -> None:
    with desk.session() as session:
        add_order(session, desk.ours, stage="blocked")
        add_order(session, desk.ours, stage="blocked", sku_id="fake-sku-2")
    rows = read_rows(
        _file("LUH,fake-sku-1,1,Kiln,KC-1,2,,", "LUH,LAMP,1,Kiln,KC-1,,,", "LUH,moon,1,Kiln,KC-1,,,")
    )
    with desk.session() as session:
        seen = plan_import(desk.ours.scope(), session, rows)
        assert seen.waiting == 2
        apply_import(desk.ours.scope(), session, rows, seen.digest, NOW)
        planned = text("select count(*) from orders where stage = 'blocked' and plan_at is not null")
        assert session.scalar(planned) == 2
        assert ("plan", desk.ours.shops["Luma"]) in due_lanes(session)
    assert _live(desk) == [("fake-sku-1", 1, 2, None), ("fake-sku-2", 1, 1, None)]
    again = _plan(desk, "LUH,fake-sku-1,1,Kiln,KC-1,2,,")
    assert again.rows[0].outcome == "unchanged"


def test_a_plan_that_changed_since_it_was_seen_writes_nothing(desk: Desk) -> None:
    rows = read_rows(_file("LUH,fake-sku-1,1,Kiln,KC-1,,,", "LUH,LAMP,1,Kiln,KC-1,,,"))
    with desk.session() as session:
        seen = plan_import(desk.ours.scope(), session, rows)
        add_mapping(session, desk.ours, add_item(session, desk.ours, name="Other"))
    with desk.session() as session, pytest.raises(Conflict, match="Something changed"):
        apply_import(desk.ours.scope(), session, rows, seen.digest, NOW)
    assert len(_live(desk)) == 1


def test_an_order_that_comes_in_between_does_not_change_the_plan(desk: Desk) -> None:
    rows = read_rows(_file("LUH,fake-sku-1,1,Kiln,KC-1,,,"))
    with desk.session() as session:
        seen = plan_import(desk.ours.scope(), session, rows)
        add_order(session, desk.ours, stage="blocked")
        apply_import(desk.ours.scope(), session, rows, seen.digest, NOW)
    assert len(_live(desk)) == 1


def test_a_person_of_one_client_maps_nothing_of_another(desk: Desk) -> None:
    narrow = desk.ours.scope(role="operator", client_ids=frozenset({desk.ours.clients["Luma"]}))
    with desk.session(narrow) as session:
        plan = plan_import(narrow, session, read_rows(_file("KIH,fake-sku-5,1,Kites only,KC-1,,,")))
    assert plan.rows[0].problem == "There is no shop KIH. Write its code, as on its page."
    viewer = desk.ours.scope(role="viewer", read_only=True)
    with desk.session() as session, pytest.raises(Forbidden):
        plan_import(viewer, session, read_rows(_file("LUH,fake-sku-1,1,Kiln,KC-1,,,")))


@pytest.mark.parametrize(
    ("raw", "remedy"),
    [
        (b"", "The file is empty"),
        (b"shop,sku\nLUH,x\n", "lacks the column supplier, supplier_sku"),
        (HEADER.encode() + b"\n\n", "no row below its first line"),
        (_file(*["LUH,x,1,Kiln,KC-1,,,"] * (MOST_ROWS + 1)), "501 rows; 500 go in at a time"),
        (b"x" * (LONGEST_FILE + 1), "larger than 128 kB"),
        (HEADER.encode() + b"\n\xff\xfe", "not UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(raw: bytes, remedy: str) -> None:
    with pytest.raises(Invalid, match=remedy):
        read_rows(raw)


def test_semicolons_and_decimal_commas_are_read(desk: Desk) -> None:
    raw = 'Shop;SKU;Supplier;Supplier sku;Highest unit cost\r\nLUH;fake-sku-1;"Kiln";KC-1;6,50\r\n'.encode(
        "utf-8-sig"
    )
    with desk.session() as session:
        plan = plan_import(desk.ours.scope(), session, read_rows(raw))
    assert plan.rows[0].then == "Kiln KC-1, ≤ $6.50"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_comma_in_a_file_of_semicolons_stays_text(desk: Desk, encoding: str) -> None:
    with desk.session() as session:
        add_item(session, desk.ours, name="Acme, Inc")
    raw = "Shop;SKU;Supplier;Supplier sku;Highest unit cost\nLUH;fake-sku-1;Acme, Inc;KC-1;6,50\n".encode(
        encoding
    )
    with desk.session() as session:
        plan = plan_import(desk.ours.scope(), session, read_rows(raw))
    assert plan.rows[0].then == "Acme, Inc KC-1, ≤ $6.50"


def test_an_export_is_an_import_that_changes_nothing_and_holds_no_formula(desk: Desk) -> None:
    with desk.session() as session:
        add_mapping(session, desk.ours, add_item(session, desk.ours, name="=cmd()"))
        add_sku(session, desk.ours, sku_id="fake-sku-3").product_name = "@SUM(1)"
    with desk.session() as session:
        raw = b"".join(export_mappings(desk.ours.scope(), session))
        plan = plan_import(desk.ours.scope(), session, read_rows(raw))
        bare = read_csv(b"".join(export_mappings(desk.ours.scope(), session, "unmapped")))
    assert b'"\'=cmd()"' in raw
    assert b"\"'@SUM(1)" in raw
    assert plan.counts == {"new": 0, "changed": 0, "unchanged": 1, "empty": 3, "refused": 0}
    assert [row[1] for row in bare[1:]] == ["fake-sku-5", "fake-sku-2", "fake-sku-3"]
    assert template_csv() == csv_text([COLUMNS]).encode()
