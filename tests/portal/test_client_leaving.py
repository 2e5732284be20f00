"""A client leaves by the portal: who may, two steps, what ends at once; and everything of theirs in one archive."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from agency.models.orders import Order
from agency.models.team import Invitation
from agency.services.client_export_sheets import SHEETS
from tests.desk import Desk, open_desk
from tests.desk_rows import add_order
from tests.portal.browsing import Visitor, visit
from tests.portal.scenes import BUYER, add_buyer, add_purchase

MINE, KITES, RIVALS = "577600000000000001", "577600000000000002", "577600000000000003"


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    """Orders with buyers of two clients and of another agency."""
    with open_desk() as opened:
        with opened.session() as session:
            purchase = add_purchase(session, opened, MINE, "paid", actual_minor=777)
            add_buyer(session, opened, session.get_one(Order, purchase.order_id))
            session.execute(text("update orders set title = '=1+1' where tiktok_order_id = :n"), {"n": MINE})
            add_buyer(session, opened, add_order(session, opened.ours, "Kite", number=KITES))
            luma, kite = opened.ours.clients["Luma"], opened.ours.clients["Kite"]
            for email, client in (("ana@luma.example.test", luma), ("kim@kite.example.test", kite)):
                session.add(_invitation(opened, email, client))
        with opened.session(opened.theirs.scope()) as session:
            add_order(session, opened.theirs, number=RIVALS)
        yield opened


@pytest.fixture
def owner(desk: Desk) -> Visitor:
    return visit(desk, "owner")


def _invitation(desk: Desk, email: str, client: int) -> Invitation:
    return Invitation(
        agency_id=desk.ours.agency_id,
        email=email,
        role="client_member",
        client_ids=[client],
        token_hash=hashlib.sha256(email.encode()).digest(),
        invited_by="user:1",
        expires_at=datetime.now(UTC) + timedelta(days=7),
    )


def _page(desk: Desk, client: str = "Luma") -> str:
    return f"/clients/{desk.ours.public[client]}"


def _archive(visitor: Visitor, page: str) -> zipfile.ZipFile:
    answer = visitor.send(f"{page}/export")
    assert answer.status_code == 200
    assert answer.mimetype == "application/zip"
    assert "attachment" in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "no-store"
    return zipfile.ZipFile(io.BytesIO(answer.data))


def _rows(archive: zipfile.ZipFile, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(archive.read(f"{name}.csv").decode(), newline="")))


def test_the_archive_is_whole_and_says_so_itself(desk: Desk, owner: Visitor) -> None:
    archive = _archive(owner, _page(desk))
    assert archive.testzip() is None
    told: dict[str, Any] = json.loads(archive.read("manifest.json"))
    names = [*(f"{sheet.name}.csv" for sheet in SHEETS), "contacts.csv"]
    assert [file["name"] for file in told["files"]] == ["README.txt", *names]
    for file in told["files"]:
        raw = archive.read(file["name"])
        assert (file["bytes"], file["sha256"]) == (len(raw), hashlib.sha256(raw).hexdigest()), file["name"]
    assert "Everything of Luma" in archive.read("README.txt").decode()


def test_the_archive_holds_this_client_and_nobody_else(desk: Desk, owner: Visitor) -> None:
    archive = _archive(owner, _page(desk))
    every = b"".join(archive.read(name) for name in archive.namelist()).decode()
    assert MINE in every
    assert not any(foreign in every for foreign in (KITES, RIVALS, "Kite Shop", "Rival"))
    (order,) = _rows(archive, "orders")
    assert (order["order_number"], order["title"]) == (MINE, "'=1+1")
    (purchase,) = _rows(archive, "purchases")
    assert purchase["actual_minor"] == "777"
    (contact,) = _rows(archive, "contacts")
    assert (contact["order_number"], contact["name"], contact["line1"]) == (MINE, BUYER.name, BUYER.line1)
    assert _rows(archive, "consents")
    assert "sealed" not in every
    assert _rows(archive, "audit")[-1]["action"] == "client.exported"


@pytest.mark.parametrize(
    ("person", "status"), [("operator", 403), ("viewer", 403), ("member", 403), ("stranger", 404)]
)
def test_only_an_owner_may_take_the_archive_or_let_a_client_go(desk: Desk, person: str, status: int) -> None:
    visitor = visit(desk, person)
    assert visitor.send(f"{_page(desk)}/export").status_code == status
    assert visitor.get(f"{_page(desk)}/leave").status_code == status
    assert visitor.send(f"{_page(desk)}/leave", name="Luma").status_code == status


def test_both_ask_for_a_fresh_proof(desk: Desk, owner: Visitor) -> None:
    with desk.owner() as connection:
        connection.execute("update sessions set confirmed_at = now() - interval '11 minutes'")
    for path in ("export", "leave"):
        answer = owner.send(f"{_page(desk)}/{path}", name="Luma")
        assert "Confirm that it is you" in answer.text, path


def test_a_client_leaves_in_two_steps_and_its_people_with_it(desk: Desk, owner: Visitor) -> None:
    page = _page(desk)
    member, viewing = visit(desk, "member"), visit(desk, "viewer")
    viewing.send(f"{page}/view")
    owner.send(f"{page}/requests", kind="question", text="Which colours?")
    made = re.search(r'class="secret">[^<]*(/m/[\w-]+)<', owner.send(f"{page}/months", month="").text)
    assert made is not None
    assert desk.web().get(made.group(1)).status_code == 200
    before = owner.page(f"{page}/leave")
    assert "1 buyer contact erased" in before
    assert "1 sign-in of the client ended, 1 invitation withdrawn" in before
    refused = owner.send(f"{page}/leave", name="Kite")
    assert refused.status_code == 422
    assert member.get("/client").status_code == 200

    after = owner.send(f"{page}/leave", name="Luma").text
    assert "Everything with this client has ended." in after
    assert "1 buyer contact erased" in after
    assert "Seller Center" in after

    assert member.get("/client").headers["Location"].startswith("/login")
    assert "Stop viewing" not in viewing.page("/orders")
    with desk.session() as session:
        open_ones = session.scalars(text("select email from invitations where withdrawn_at is null")).all()
        kept = session.scalars(text("select count(*) from order_contacts")).one()
        acts = session.scalars(text("select action from audit_entries order by number")).all()
        asked, linked = session.execute(
            text(
                "select (select count(*) from client_requests where done_at is null),"
                " (select count(*) from month_links where revoked_at is null)"
            )
        ).one()
    assert (asked, linked) == (0, 0)
    assert desk.web().get(made.group(1)).text == desk.web().get("/m/" + "x" * 43).text
    assert "Which colours?" not in owner.page(page)
    assert open_ones == ["kim@kite.example.test"]
    assert kept == 1
    assert acts[-1] == "client.left"
    assert MINE in owner.page("/orders")
    assert MINE not in owner.page("/today")
    assert visit(desk, "operator").get(f"{page}/view").status_code == 405
    assert visit(desk, "owner").send(f"{page}/view").status_code == 409
    assert owner.send(f"{page}/leave", name="Luma").status_code == 422


def test_the_archive_can_be_taken_after_the_departure_without_buyers(desk: Desk, owner: Visitor) -> None:
    archive = _archive(owner, _page(desk))
    assert _rows(archive, "contacts") == []
    assert [order["order_number"] for order in _rows(archive, "orders")] == [MINE]
    assert [row["tiktok_shop_id"] for row in _rows(archive, "shops")] == ["fake-Harbor-Luma"]
    assert BUYER.line1 not in b"".join(archive.read(name) for name in archive.namelist()).decode()
