"""Health and Work open for the team, tell each only what is theirs, and try again for those who may."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from tests.desk import Desk, open_desk
from tests.health_rows import fill_health
from tests.portal.browsing import Visitor, visit
from tests.work_rows import SECRET, fill_work


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with open_desk() as opened:
        with opened.session() as session:
            fill_health(session, opened.ours)
            fill_work(session, opened)
        yield opened


def _shop(desk: Desk, name: str = "Luma Shop") -> str:
    return f"/shops/{desk.ours.public[name]}/health"


@pytest.mark.parametrize("person", ["owner", "operator", "viewer"])
def test_the_pages_open_for_every_role_of_the_team(desk: Desk, person: str) -> None:
    someone = visit(desk, person)
    for path in ("/health", "/work", "/work?state=all", _shop(desk), f"{_shop(desk)}?days=90"):
        assert "<h1>" in someone.page(path)


@pytest.mark.parametrize("path", ["/health", "/work"])
def test_a_client_is_told_that_the_pages_are_not_theirs(desk: Desk, path: str) -> None:
    assert visit(desk, "member").get(path).status_code == 403


def test_health_has_the_worst_shop_first_with_its_reason(owner: Visitor) -> None:
    page = owner.page("/health")
    assert page.index("Luma Shop") < page.index("Kite Shop")
    assert "7.5%" in page
    assert "2 of 3 late orders waited for tracking from Eastport." in page
    assert "0 late orders left" in page


def test_a_period_or_state_that_there_is_not_does_no_harm(owner: Visitor) -> None:
    for query in ("days=8", "days=x", "state=nothing", "page=0", "page=99999999"):
        assert owner.get(f"/health?{query}").status_code == 200


def test_a_shop_that_is_not_read_is_not_called_good(desk: Desk, owner: Visitor) -> None:
    with desk.session() as session:
        session.execute(text("update shops set read_error = 'TikTok answered 503' where name = 'Kite Shop'"))
    try:
        page = owner.page("/health")
        assert "TikTok answered 503" in page
        assert "1 shop is not read at the moment" in page
        assert "Kite Shop" not in owner.page("/health?state=good")
        assert "Kite Shop" in owner.page("/health?state=unread")
    finally:
        with desk.session() as session:
            session.execute(text("update shops set read_error = '' where name = 'Kite Shop'"))


def test_a_shops_page_draws_its_limit_and_keeps_its_numbers_in_a_table(desk: Desk, owner: Visitor) -> None:
    page = owner.page(_shop(desk))
    assert "Limit 4% · TikTok acts at 10%" in page
    assert page.count("<title>") == 1 + 30 + 30  # the page, and a reading for each point and column
    table = page.partition("Orders due, late and taken by carriers, by day")[2]
    assert table.index("23 Nov") < table.index("22 Nov") < table.index("25 Oct")
    assert "style=" not in page.partition("<main")[2]
    assert page.count('href="/orders/') >= 3


def test_a_shop_without_orders_says_so_instead_of_drawing(desk: Desk) -> None:
    page = visit(desk, "stranger").page(f"/shops/{desk.theirs.public['Luma Shop']}/health")
    assert "No order came due in this period" in page
    assert "Too few orders" in page
    assert page.count('class="no-plot"') == 2
    assert 'class="drawing"' not in page


def test_foreign_and_hidden_shops_are_unknown(desk: Desk) -> None:
    assert visit(desk, "stranger").get(_shop(desk)).status_code == 404
    assert visit(desk, "operator").get(_shop(desk, "Kite Shop")).status_code == 404
    assert visit(desk, "owner").get("/shops/00000000-0000-4000-8000-000000000000/health").status_code == 404


def test_work_tells_what_is_stuck_and_what_helps_but_no_payload(owner: Visitor) -> None:
    page = owner.page("/work")
    for words in ("Failed 4 times in a row.", "the key was refused", "A person must look", "Signature wrong",
                  "Dispatcher: none alive", "2 alive", "Came before the shop", "Why it may fail"):  # fmt: skip
        assert words in page
    assert SECRET not in page


def test_trying_again_and_asking_again(desk: Desk, owner: Visitor) -> None:
    luma = desk.ours.public["Luma Shop"]
    answer = owner.send("/retries/lanes", kind="shop", id=luma, api="orders")
    assert "It is tried again now." in answer.text
    assert "Failed 4 times" not in answer.text
    answer = owner.send("/retries/webhooks", kind="supplier", id=desk.ours.public["supplier"])
    assert "The sender is asked again now" in answer.text
    assert "Signature wrong" not in answer.text
    assert "asked the machine to try some of its work again" in owner.page("/settings/audit")


def test_a_viewer_looks_and_tries_nothing(desk: Desk) -> None:
    viewer = visit(desk, "viewer")
    assert "Try now" not in viewer.page("/work?state=all")
    sent = viewer.send(
        "/retries/lanes", follow=False, kind="shop", id=desk.ours.public["Luma Shop"], api="orders"
    )
    assert sent.status_code == 403


def test_an_operator_of_one_client_sees_and_wakes_nothing_of_another(desk: Desk) -> None:
    operator = visit(desk, "operator")
    assert "Kite" not in operator.page("/work?state=all")
    assert "Kite" not in operator.page("/health")
    kite = desk.ours.public["Kite Shop"]
    assert (
        operator.send("/retries/lanes", follow=False, kind="shop", id=kite, api="orders").status_code == 404
    )


def test_the_side_bar_leads_there_with_the_number_of_troubles(owner: Visitor) -> None:
    page = owner.page("/today")
    assert 'href="/health"' in page
    assert 'href="/work"' in page
