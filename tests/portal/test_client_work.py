"""One client's page for the team: requests, monthly links, sharing; and one's own notifications."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from agency.models.catalog import Supplier
from agency.models.orders import Order
from agency.services.client_requests import ask_for_consent
from tests.desk import Desk, open_desk
from tests.desk_rows import add_item, add_order, add_purchase
from tests.portal.browsing import Visitor, visit
from tests.portal.client_scenes import OCTOBER_LATE, add_life
from tests.portal.scenes import BUYER, add_buyer

KITES_THING = "Walnut tray"


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    """A client with two months behind it, whose late order of October has a buyer and a supplier."""
    with open_desk() as opened:
        with opened.session() as session:
            add_life(session, opened.ours)
            order = session.scalars(select(Order).where(Order.tiktok_order_id == OCTOBER_LATE)).one()
            add_buyer(session, opened, order)
            add_purchase(session, opened.ours, order)
            add_order(session, opened.ours, "Kite", title=KITES_THING, placed_at=order.placed_at)
        yield opened


def _path(desk: Desk, client: str = "Luma") -> str:
    return f"/clients/{desk.ours.public[client]}"


def _make_link(visitor: Visitor, desk: Desk, month: str = "2026-10") -> str:
    page = visitor.send(f"{_path(desk)}/months", month=month).text
    found = re.search(r'class="secret">[^<]*(/m/[\w-]+)<', page)
    assert found is not None
    return found.group(1)


def test_an_operator_asks_a_client_who_reads_it_until_it_is_closed(desk: Desk) -> None:
    operator, member = visit(desk, "operator"), visit(desk, "member")
    answer = operator.send(f"{_path(desk)}/requests", kind="document", text="The invoice, please.")
    assert "Asked." in answer.text
    assert "The invoice, please." in member.page("/client")
    assert "We need one thing from you" in member.page("/client")
    close = re.search(r'action="(/clients/[^"]+/close)"', answer.text)
    assert close is not None
    assert "Closed." in operator.send(close.group(1)).text
    assert "The invoice, please." not in member.page("/client")


def test_what_the_team_typed_is_never_translated(desk: Desk) -> None:
    operator, member = visit(desk, "operator"), visit(desk, "member")
    operator.send(f"{_path(desk)}/requests", kind="question", text="Delivered")
    with desk.owner() as connection:
        connection.execute("update users set language = 'de'")
    try:
        pages = member.page("/client"), operator.page(_path(desk))
    finally:
        with desk.owner() as connection:
            connection.execute("update users set language = ''")
            connection.execute("delete from client_requests")
    for page in pages:
        assert "Eine Frage" in page
        assert '<p class="soft">Delivered</p>' in page


def test_a_rules_own_request_is_closed_by_the_consent_alone(desk: Desk) -> None:
    with desk.session() as session:
        supplier = session.get_one(Supplier, add_item(session, desk.ours, kind="cj").supplier_id)
        ask_for_consent(session, supplier)
    with desk.owner() as connection:
        (asked,) = connection.execute(
            "select public_id from client_requests where supplier_id > 0"
        ).fetchone() or ("",)
    operator = visit(desk, "operator")
    answer = operator.send(f"{_path(desk)}/requests/{asked}/close")
    assert answer.status_code == 409
    assert "closes by itself" in answer.text
    assert "Your consent" in operator.page(_path(desk))
    with desk.owner() as connection:
        connection.execute("delete from client_requests")


def test_requests_and_links_are_closed_at_their_own_client_alone(desk: Desk, owner: Visitor) -> None:
    page = owner.send(f"{_path(desk)}/requests", kind="question", text="When?").text
    _make_link(owner, desk)
    for act in ("close", "end"):
        found = re.search(rf'action="(/clients/[^"]+/{act})"', owner.page(_path(desk)))
        assert found is not None, page
        other = found.group(1).replace(_path(desk), _path(desk, "Kite"))
        assert owner.send(other).status_code == 404
        assert found.group(1) in owner.page(_path(desk))
    with desk.owner() as connection:
        connection.execute("delete from client_requests; delete from month_links")


def test_a_german_reads_numbers_in_german(desk: Desk) -> None:
    member = visit(desk, "member")
    (english,) = re.findall(r"<b>(\d+\.\d%)", member.page("/client"))
    with desk.owner() as connection:
        connection.execute("update users set language = 'de'")
    try:
        assert f"<b>{english.replace('.', ',')}" in member.page("/client")
    finally:
        with desk.owner() as connection:
            connection.execute("update users set language = ''")


def test_an_empty_request_is_refused_and_kept(desk: Desk, owner: Visitor) -> None:
    refused = owner.send(f"{_path(desk)}/requests", kind="document", text="")
    assert refused.status_code == 422
    assert 'id="ask-text-wrong"' in refused.text


def test_a_month_opens_signed_out_until_it_is_ended(desk: Desk) -> None:
    operator, stranger = visit(desk, "operator"), desk.app.test_client()
    path = _make_link(operator, desk)
    assert "never opened" in operator.page(_path(desk))
    page = stranger.get(path)
    assert page.status_code == 200
    assert "October 2026" in page.text
    assert OCTOBER_LATE in page.text
    assert 'name="robots" content="noindex"' in page.text
    for secret in (BUYER.name, BUYER.line1, "Kiln", "TS-FAKE-1", KITES_THING, "Kite", "Rival"):
        assert secret not in page.text
    assert "<form" not in page.text
    assert "opened 1 time" in operator.page(_path(desk))
    end = re.search(r'action="(/clients/[^"]+/end)"', operator.page(_path(desk)))
    assert end is not None
    assert "does not work any more" in operator.send(end.group(1)).text
    assert stranger.get(path).status_code == 404
    assert stranger.get("/m/" + "x" * 43).text == stranger.get(path).text


def test_an_old_link_and_one_of_a_client_that_left_open_nothing(desk: Desk, owner: Visitor) -> None:
    old, left = _make_link(owner, desk), _make_link(owner, desk, "")
    with desk.owner() as connection:
        connection.execute("update month_links set expires_at = now() where month = '2026-10'")
    web = desk.app.test_client()
    assert (web.get(old).status_code, web.get(left).status_code) == (404, 200)
    with desk.owner() as connection:
        connection.execute("update clients set left_at = now() where name = 'Luma'")
    try:
        assert web.get(left).status_code == 404
        assert web.get(left).text == web.get("/m/" + "x" * 43).text
    finally:
        with desk.owner() as connection:
            connection.execute("update clients set left_at = null")


def test_the_secret_of_a_link_is_nowhere_in_the_database(desk: Desk, owner: Visitor) -> None:
    secret = _make_link(owner, desk).removeprefix("/m/")
    with desk.owner() as connection:
        for table in ("month_links", "audit_entries"):
            rows = connection.execute(f"select t::text from {table} t").fetchall()
            assert not any(secret in row[0] for row in rows), table


def test_those_who_look_make_no_links_and_ask_nothing(desk: Desk) -> None:
    viewer = visit(desk, "viewer")
    assert "Make a link" not in viewer.page(_path(desk))
    assert viewer.send(f"{_path(desk)}/months", month="").status_code == 403
    assert viewer.send(f"{_path(desk)}/requests", kind="question", text="Why?").status_code == 403
    operator = visit(desk, "operator")
    assert operator.get(_path(desk, "Kite")).status_code == 404
    assert operator.send(f"{_path(desk)}/sharing", share_costs="yes").status_code == 403


def test_an_owner_shares_costs_and_takes_them_back(desk: Desk, owner: Visitor) -> None:
    member = visit(desk, "member")
    assert "Left for you" not in member.page("/client/reports?month=2026-10")
    assert "It holds from the client" in owner.send(f"{_path(desk)}/sharing", share_costs="yes").text
    page = member.page("/client/reports?month=2026-10")
    assert "Left for you" in page
    assert "Goods, bought for your orders" in page
    owner.send(f"{_path(desk)}/sharing", share_costs="no")
    assert "Goods, bought" not in member.page("/client/reports?month=2026-10")


def test_a_member_chooses_a_month_and_takes_its_orders_along(desk: Desk) -> None:
    member = visit(desk, "member")
    page = member.page("/client/reports?month=2026-10")
    assert '<option value="2026-10" selected>October 2026</option>' in page
    file = member.get("/client/reports/2026-10.csv")
    assert file.mimetype == "text/csv"
    assert OCTOBER_LATE in file.text
    assert member.get("/client/reports?month=2026-99").status_code == 422
    assert visit(desk, "owner").get("/client/reports/2026-10.csv").status_code == 403


def test_own_orders_are_found_by_number_and_state(desk: Desk) -> None:
    member = visit(desk, "member")
    found = member.page(f"/client/orders?q={OCTOBER_LATE}")
    assert re.findall(r'id="row-(\d+)" data-row', found) == [OCTOBER_LATE]
    assert "No order fits" in member.page("/client/orders?q=000")
    late = member.page("/client/orders?state=late")
    assert late.count("data-row") == 1
    assert member.get("/client/orders?state=secret").status_code == 422


def test_everybody_on_the_team_chooses_their_own_mails(desk: Desk) -> None:
    viewer = visit(desk, "viewer")
    saved = viewer.send(
        "/settings/notifications", rhythm="daily", groups="money", hour="9", quiet_from="", quiet_until=""
    )
    assert "Saved." in saved.text
    assert '<option value="9" selected>' in saved.text
    assert '<option value="8" selected>' in visit(desk, "owner").page("/settings/notifications")
    refused = viewer.send("/settings/notifications", rhythm="daily", hour="9")
    assert refused.status_code == 422
    assert "at least one kind" in refused.text
    assert visit(desk, "member").get("/settings/notifications").status_code == 403


def test_limits_of_all_clients_stand_in_one_table(owner: Visitor, desk: Desk) -> None:
    page = owner.page(f"/settings/limits?client={desk.ours.public['Kite']}")
    assert page.count('role="row"') >= 4
    assert f'id="limits-{desk.ours.public["Kite"]}"' in page
    assert visit(desk, "operator").get("/settings/limits").status_code == 403
