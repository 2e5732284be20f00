"""Taking the evidence of an order in the portal: who may, what they get, and that it is written down."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from werkzeug.test import TestResponse

from agency import verify_pack
from agency.models.orders import Order
from tests.desk import Desk, open_desk
from tests.desk_rows import add_order
from tests.portal.browsing import Visitor, visit
from tests.portal.scenes import BUYER, add_buyer, add_purchase

MINE, KITES, RIVALS = "577700000000000001", "577700000000000002", "577700000000000003"


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    """Orders with buyers of two clients and of another agency."""
    with open_desk() as opened:
        with opened.session() as session:
            purchase = add_purchase(session, opened, MINE, "paid", actual_minor=4859117)
            add_buyer(session, opened, session.get_one(Order, purchase.order_id))
            add_buyer(session, opened, add_order(session, opened.ours, "Kite", number=KITES))
        with opened.session(opened.theirs.scope()) as session:
            add_order(session, opened.theirs, number=RIVALS)
        yield opened


def _taken(desk: Desk) -> list[tuple[str, str, dict[str, Any]]]:
    query = text(
        "select actor, object_id, details from audit_entries where action = 'evidence.taken' order by id"
    )
    with desk.session() as session:
        return [tuple(row) for row in session.execute(query)]


def _files(answer: TestResponse) -> dict[str, str]:
    assert (answer.status_code, answer.mimetype) == (200, "application/zip")
    assert answer.headers["Cache-Control"] == "no-store"
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


@pytest.mark.parametrize("person", ["owner", "operator"])
def test_the_team_takes_a_pack_from_the_orders_page_that_fits_the_published_key(
    desk: Desk, person: str, tmp_path: Path
) -> None:
    visitor, before = visit(desk, person), len(_taken(desk))
    assert f'action="/orders/{MINE}/evidence"' in visitor.page(f"/orders/{MINE}")
    answer = visitor.send(f"/orders/{MINE}/evidence")
    assert f"evidence-{MINE}-" in answer.headers["Content-Disposition"]
    (key,) = json.loads(desk.web().get("/evidence/keys.json").text)["keys"]
    (tmp_path / "pack.zip").write_bytes(answer.data)
    assert verify_pack.verify(str(tmp_path / "pack.zip"), key["public_key"])[1].startswith(
        "The signature is that"
    )
    files = _files(answer)
    assert '"actual_minor": 4859117' in files["purchases.json"]
    assert ("audit.json" in files) == (person == "owner")
    assert BUYER.line1 not in "".join(files.values())
    ((_actor, number, details),) = _taken(desk)[before:]
    assert (number, details) == (MINE, {"with_contact": False})


def test_the_buyers_address_comes_on_request_and_counts_as_a_look_at_it(desk: Desk) -> None:
    files = _files(visit(desk, "operator").send(f"/orders/{MINE}/evidence", contact="yes"))
    assert json.loads(files["buyer.json"])["line1"] == BUYER.line1
    with desk.session() as session:
        query = text(
            "select count(*) from audit_entries where action = 'contact.revealed' and object_id = :n"
        )
        assert session.execute(query, {"n": MINE}).scalar_one() == 1


@pytest.mark.parametrize(
    ("person", "path", "status"),
    [
        ("viewer", f"/orders/{MINE}/evidence", 403),
        ("member", f"/orders/{MINE}/evidence", 403),
        ("operator", f"/orders/{KITES}/evidence", 404),
        ("owner", f"/orders/{RIVALS}/evidence", 404),
        ("stranger", f"/orders/{MINE}/evidence", 404),
        ("member", f"/client/orders/{KITES}/evidence", 404),
        ("owner", f"/client/orders/{MINE}/evidence", 403),
    ],
)
def test_others_get_none_and_nothing_is_written_down(desk: Desk, person: str, path: str, status: int) -> None:
    before = _taken(desk)
    assert visit(desk, person).send(path).status_code == status
    assert _taken(desk) == before


def test_a_viewer_is_not_offered_one(desk: Desk) -> None:
    assert 'id="evidence"' not in visit(desk, "viewer").page(f"/orders/{MINE}")


def test_a_client_takes_its_own_without_suppliers_costs_and_buyers(desk: Desk) -> None:
    member: Visitor = visit(desk, "member")
    assert f'action="/client/orders/{MINE}/evidence"' in member.page(f"/client/orders/{MINE}")
    files = _files(member.send(f"/client/orders/{MINE}/evidence"))
    assert json.loads(files["order.json"])["tiktok_order_id"] == MINE
    everything = "".join(files.values())
    for word in (BUYER.line1, BUYER.name, "4859117", "actual_minor", "TS-"):
        assert word not in everything
    (actor, number, _details) = _taken(desk)[-1]
    assert (actor.startswith("user:"), number) == (True, MINE)


def test_everybody_gets_the_program_that_checks(desk: Desk) -> None:
    answer = desk.web().get("/evidence/verify_pack.py")
    assert answer.text == Path(verify_pack.__file__).read_text(encoding="utf-8")
    assert answer.mimetype == "text/plain"
