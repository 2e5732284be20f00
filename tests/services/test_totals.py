"""Every order is in exactly one stage of exactly one shop, and a shop that nobody read is not a zero."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from agency.domain.orders import Stage
from agency.services.totals import read_counts, read_totals
from tests.desk import Desk, open_desk
from tests.desk_rows import add_attention, add_order


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with open_desk() as made:
        with made.session() as session:
            for number, stage in enumerate(Stage.ALL):
                for _ in range(number + 1):
                    add_order(session, made.ours, "Luma" if number % 2 else "Kite", stage=stage)
            add_attention(session, made.ours, kind="approval")
        yield made


def test_the_stages_of_all_shops_add_up_to_the_orders(desk: Desk) -> None:
    with desk.session() as session:
        totals = read_totals(desk.ours.scope(), session)
        orders = session.scalar(text("select count(*) from orders"))
    assert totals.orders == orders == sum(totals.stages.values())
    for stage in Stage.ALL:
        assert totals.stages[stage] == sum(shop.stages[stage] for shop in totals.shops)
    assert all(shop.orders == sum(shop.stages.values()) for shop in totals.shops)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("last_read_at = null", "Not read yet"),
        ("last_read_at = now() - interval '121 minutes'", "more than two hours"),
        ("read_error = 'TikTok answered 500'", "TikTok answered 500"),
    ],
)
def test_a_shop_that_could_not_be_read_says_so(desk: Desk, change: str, reason: str) -> None:
    with desk.database.session(desk.ours.scope()) as session:
        session.execute(text(f"update shops set {change} where name = 'Luma Shop'"))
        totals = read_totals(desk.ours.scope(), session)
        session.rollback()
    unread = [shop for shop in totals.shops if shop.unread]
    assert [shop.name for shop in unread] == ["Luma Shop"]
    assert reason in unread[0].unread
    assert totals.unread_shops == 1


def test_orders_that_tiktok_counts_and_we_do_not_hold_are_missing(desk: Desk) -> None:
    with desk.database.session(desk.ours.scope()) as session:
        session.execute(text("update shops set count_tiktok = 9, count_ours = 7 where name = 'Luma Shop'"))
        totals = read_totals(desk.ours.scope(), session)
        session.rollback()
    assert totals.missing == 2


def test_an_operator_counts_the_given_clients_only(desk: Desk) -> None:
    scope = desk.ours.scope(role="operator", client_ids=frozenset({desk.ours.clients["Luma"]}))
    with desk.session(scope) as session:
        assert [shop.name for shop in read_totals(scope, session).shops] == ["Luma Shop"]
        assert read_counts(scope, session).shops == 1


def test_the_side_bar_counts_open_orders_and_approvals(desk: Desk) -> None:
    with desk.session() as session:
        counts = read_counts(desk.ours.scope(), session)
    assert (counts.open, counts.approvals, counts.shops, counts.unread_shops) == (15, 1, 2, 0)
