"""What a shop's owner sees, and what they never see."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from agency.models.parcels import Parcel
from tests.desk import NOW, Desk, open_desk
from tests.desk_rows import add_order
from tests.portal.browsing import Visitor, visit
from tests.portal.scenes import BUYER, add_buyer, add_purchase

MINE, KITES, RIVALS = "577300000000000001", "577300000000000002", "577300000000000003"
PAGES = ("/client", "/client/orders", f"/client/orders/{MINE}")


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    """A bought order of the client with buyer and parcel, one of another client, one of another agency."""
    with open_desk() as opened:
        with opened.session() as session:
            purchase = add_purchase(
                session, opened, MINE, "paid", actual_minor=777, supplier_order_id="FAKE-SUP-1"
            )
            order = session.get_one(
                type(add_order(session, opened.ours, "Kite", number=KITES)), purchase.order_id
            )
            add_buyer(session, opened, order)
            session.add(
                Parcel(
                    agency_id=order.agency_id,
                    client_id=order.client_id,
                    shop_id=order.shop_id,
                    order_id=order.id,
                    purchase_id=purchase.id,
                    state="pushed",
                    tracking_number="9400111899223344556677",
                    carrier_text="USPS",
                    carrier="usps",
                    pushed_at=NOW,
                )
            )
        with opened.session(opened.theirs.scope()) as session:
            add_order(session, opened.theirs, number=RIVALS)
        yield opened


@pytest.fixture
def member(desk: Desk) -> Visitor:
    """The client's own sign-in."""
    return visit(desk, "member")


@pytest.mark.parametrize("path", PAGES)
def test_a_page_of_the_client_has_nothing_to_press_and_no_inner_matters(member: Visitor, path: str) -> None:
    """Signing out, and the evidence of an own order, which changes nothing but the audit log."""
    page = member.page(path)
    acts = [part.partition('"')[0] for part in page.split('method="post" action="')[1:]]
    assert set(acts) - {f"{path}/evidence"} == {"/logout"}
    for secret in (
        "Supplier of",
        "FAKE-SUP-1",
        "7.77",
        "TS-FAKE",
        BUYER.name,
        BUYER.line1,
        "97201",
        KITES,
        RIVALS,
        "Kite",
    ):
        assert secret not in page, secret
    assert "View only" in page


def test_the_overview_leads_with_a_sentence_and_four_numbers(member: Visitor) -> None:
    page = member.page("/client")
    assert page.count('<div class="card"><span>') == 4
    assert page.index("good-news") < page.index("figures") < page.index("Orders on their way")


def test_an_order_shows_its_parcel(member: Visitor) -> None:
    assert "9400111899223344556677" in member.page(f"/client/orders/{MINE}")


def test_orders_of_others_and_unknown_ones_read_the_same(member: Visitor) -> None:
    answers = [member.get(f"/client/orders/{number}") for number in (KITES, RIVALS, "577399999999999999")]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1


def test_the_agencys_colour_is_a_sheet_and_not_inline(desk: Desk, member: Visitor) -> None:
    assert "/brand/" not in member.page("/client")
    with psycopg.connect(desk.owner_url) as owner:
        owner.execute("update agencies set brand_colour = '#b4441e' where id = %s", (desk.ours.agency_id,))
    assert "/brand/b4441e.css" in member.page("/client")
    sheet = desk.app.test_client().get("/brand/b4441e.css")
    assert sheet.mimetype == "text/css"
    assert "--brand" in sheet.text


def test_the_team_is_led_away_from_the_clients_pages(desk: Desk) -> None:
    for path in PAGES:
        assert visit(desk, "owner").get(path).status_code == 403
