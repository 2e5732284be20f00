"""What a page says of a shop of which something is missing: never that there is nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from agency.clock import machine_now
from agency.domain.completeness import REMEDIES, WORDS, Gap
from agency.models.reads import ReadCycle
from agency.models.shops import Shop
from agency.services.attention import Cause, open_attention
from tests.desk import NOW, Desk
from tests.portal.browsing import visit


@pytest.fixture(autouse=True)
def clean(desk: Desk) -> Iterator[None]:
    desk.clear()
    yield
    desk.clear()


NOTHING = ("No orders yet", "Nothing is due")


def add_cycle(desk: Desk, *gaps: str) -> None:
    """The last cycle of the shop, and the row that a counted gap opens."""
    shop_id = desk.ours.shops["Luma"]
    with desk.session() as session:
        shop = session.get_one(Shop, shop_id)
        session.add(
            ReadCycle(
                agency_id=shop.agency_id, client_id=shop.client_id, shop_id=shop.id, since=NOW - timedelta(hours=1),
                until=NOW, reached=NOW, cursor=NOW, ended_at=machine_now(), gaps=list(gaps), count_tiktok=3,
                count_ours=0, counted_since=NOW - timedelta(days=30), counted_until=NOW,
                tiktok_states={"UNPAID": 3}, our_states={"UNPAID": 0},
            )
        )  # fmt: skip
        if Gap.MISSING in gaps:
            cause = Cause(shop.client_id, "count_differs", f"shop:{shop.id}", "why", "look", shop_id=shop.id)
            open_attention(desk.ours.scope(), session, cause)
        if Gap.FEWER in gaps:
            shop.read_error, shop.read_failed_at = WORDS[Gap.FEWER], machine_now()


@pytest.mark.parametrize("gap", [Gap.MISSING, Gap.FEWER])
@pytest.mark.parametrize("path", ["/orders", "/today?view=all", "/orders?q=nothing", "/today?owner=mine"])
def test_an_empty_list_says_that_something_is_missing(desk: Desk, path: str, gap: str) -> None:
    plain = visit(desk, "owner").page(path)
    assert "not here yet" not in plain
    assert "could not be read" not in plain
    add_cycle(desk, gap)

    page = visit(desk, "owner").page(path)

    assert not [words for words in NOTHING if words in page]


@pytest.mark.parametrize("gap", [Gap.MISSING, Gap.FEWER])
def test_the_empty_order_list_says_why(desk: Desk, gap: str) -> None:
    assert "No orders yet" in visit(desk, "owner").page("/orders")
    add_cycle(desk, gap)
    page = visit(desk, "owner").page("/orders")
    assert ("not here yet" if gap == Gap.MISSING else "could not be read") in page


def test_a_client_is_not_told_that_there_are_no_orders(desk: Desk) -> None:
    assert "No orders yet" in visit(desk, "member").page("/client/orders")
    add_cycle(desk, Gap.FEWER)
    page = visit(desk, "member").page("/client/orders")
    assert "No orders yet" not in page
    assert "could not be read" in page


@pytest.mark.parametrize("gap", Gap.ALL)
def test_the_shops_page_names_each_gap_with_its_remedy(desk: Desk, gap: str) -> None:
    add_cycle(desk, gap)
    page = visit(desk, "owner").page(f"/shops/{desk.ours.public['Luma Shop']}")
    for words in (WORDS[gap], REMEDIES[gap]):
        assert words.replace("'", "&#39;") in page
    assert "Something is missing at" in visit(desk, "owner").page("/work")


def test_a_whole_shop_shows_both_counts_and_states(desk: Desk) -> None:
    add_cycle(desk)
    page = visit(desk, "viewer").page(f"/shops/{desk.ours.public['Luma Shop']}")
    assert "Whole" in page
    assert "UNPAID" in page


def test_a_process_that_fell_silent_stands_on_today_for_the_owner(desk: Desk) -> None:
    assert "Second watcher" not in visit(desk, "owner").page("/today?view=all")
    with desk.owner() as owner:
        owner.execute(
            "insert into heartbeats (name, kind, pid, started_at, seen_at) "
            "values ('w', 'watcher', 1, now(), now() - interval '20 minutes')"
        )
    page = visit(desk, "owner").page("/today?view=all")
    assert "Second watcher" in page
    assert "shopfleet mailer" in page
