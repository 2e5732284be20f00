"""Every page opens for whom it is for, and only for them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.desk import Desk, open_desk
from tests.desk_rows import add_attention, add_item, add_mapping, add_order, add_sku
from tests.portal.browsing import visit

NUMBER, HIDDEN, FOREIGN = "577100000000000001", "577100000000000002", "577100000000000003"
STAFF_PAGES = ("/today", "/orders", "/approvals", "/shops", "/suppliers", "/mappings", f"/orders/{NUMBER}")


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    """One order of Luma, one of Kite, which the operator may not see, one of the other agency."""
    with open_desk() as opened:
        with opened.session() as session:
            order = add_order(session, opened.ours, number=NUMBER, unit_count=2, stage="blocked")
            add_attention(
                session, opened.ours, kind="unmapped", why="Nobody mapped this sku.", action="map",
                order_id=order.id, shop_id=order.shop_id, data={"sku_ids": ["fake-sku-1"]}, due_at=order.due_at,
            )  # fmt: skip
            add_order(session, opened.ours, "Kite", number=HIDDEN, title="Kite string")
            add_sku(session, opened.ours)
            add_sku(session, opened.ours, sku_id="fake-sku-2")
            add_mapping(session, opened.ours, add_item(session, opened.ours), sku_id="fake-sku-2")
        with opened.session(opened.theirs.scope()) as session:
            add_order(session, opened.theirs, number=FOREIGN, title="Rival thing")
        yield opened


@pytest.mark.parametrize("person", ["owner", "operator", "viewer"])
@pytest.mark.parametrize("path", STAFF_PAGES)
def test_a_page_of_the_team_opens_for_every_role_of_the_team(desk: Desk, person: str, path: str) -> None:
    answer = visit(desk, person).get(path)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", STAFF_PAGES)
def test_a_client_is_told_that_a_page_of_the_team_is_not_theirs(desk: Desk, path: str) -> None:
    assert visit(desk, "member").get(path).status_code == 403


def test_today_shows_each_order_once_with_its_one_next_action(desk: Desk) -> None:
    page = visit(desk, "owner").page("/today")
    assert page.count("Nobody mapped this sku.") == 2  # the sentence, and the same in full under the pointer
    assert page.count('title="Nobody mapped this sku."') == 1
    assert "Map supplier" in page
    assert "2 \N{MULTIPLICATION SIGN}" in page
    assert f"/mappings/{desk.ours.public['Luma Shop']}/fake-sku-1" in page


def test_a_viewer_gets_no_form_but_signing_out_and_viewing_as_a_client(desk: Desk) -> None:
    viewer = visit(desk, "viewer")
    for path in STAFF_PAGES:
        acts = [part.partition('"')[0] for part in viewer.page(path).split('method="post" action="')[1:]]
        assert {act for act in acts if not act.endswith("/view")} == {"/logout"}, path


def test_an_operator_of_one_client_sees_nothing_of_another(desk: Desk) -> None:
    operator = visit(desk, "operator")
    for path in STAFF_PAGES:
        page = operator.page(path)
        assert "Kite" not in page, path
        assert HIDDEN not in page, path
    assert operator.get(f"/orders/{HIDDEN}").status_code == 404


def test_foreign_and_unknown_numbers_get_the_same_answer(desk: Desk) -> None:
    owner = visit(desk, "owner")
    answers = [owner.get(f"/orders/{number}") for number in (FOREIGN, "577199999999999999", "x" * 90)]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1


def test_lists_say_apart_that_nothing_is_there_and_that_nothing_matches(desk: Desk) -> None:
    owner, stranger = visit(desk, "owner"), visit(desk, "stranger")
    assert "Nothing matches" in owner.page("/orders?q=577000")
    assert "No supplier yet" in stranger.page("/suppliers")
    assert "Nothing waits for your yes" in stranger.page("/approvals")


def test_a_place_in_a_list_that_nobody_gave_out_is_refused_with_the_remedy(desk: Desk) -> None:
    for path in ("/today", "/orders", "/approvals", "/mappings"):
        answer = visit(desk, "owner").get(f"{path}?after=fake")
        assert answer.status_code == 422, path
        assert "Start again from its first page" in answer.text


def test_text_from_outside_is_shown_as_text(desk: Desk) -> None:
    with desk.session() as session:
        add_order(session, desk.ours, number="577100000000000009", title="<script>alert(1)</script>")
    for path in ("/today", "/orders", "/orders/577100000000000009"):
        page = visit(desk, "owner").page(path)
        assert "<script>alert(1)" not in page
        assert "&lt;script&gt;alert(1)" in page


def test_an_address_cannot_put_a_sentence_on_a_page(desk: Desk) -> None:
    page = visit(desk, "owner").page("/shops?done=Call+this+number")
    assert "Call this number" not in page
    assert "The shop is paused" in visit(desk, "owner").page("/shops?done=paused")


def test_a_missing_page_is_a_page_with_a_way_on(desk: Desk) -> None:
    answer = visit(desk, "owner").get("/nothing")
    assert answer.status_code == 404
    assert "Go to the first page" in answer.text
