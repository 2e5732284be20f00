"""The list of shops with the worst first, one shop's page, connections under way, and 200 shops."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.domain.errors import NotFound
from agency.domain.money import Money
from agency.models.lanes import Lane
from agency.models.shops import Authorization, Shop
from agency.services.connections import list_connections
from agency.services.shop_pages import get_shop_view
from agency.services.shop_search import ShopFilters, ShopPage, search_shops
from agency.services.shops import pause_shop
from agency.services.switches import stop_buying
from agency.services.work_lists import list_lanes
from tests.desk import NOW, Desk
from tests.desk_rows import add_attention, add_order, add_purchase, add_sku

_MADE = "delete from lanes where api = 'ship' or shop_id in (select id from shops where code like 'X%'); "
_MADE += "delete from shops where code like 'X%'; delete from authorizations where problem <> '' or state = 'pending'"


@pytest.fixture
def desk(made: Desk) -> Iterator[Desk]:
    yield made
    made.clear()
    with made.owner() as connection:
        for statement in _MADE.split("; "):
            connection.execute(statement)


def _grant(session: Session, desk: Desk, **changes: Any) -> Authorization:
    keys = {"agency_id": desk.ours.agency_id, "client_id": desk.ours.clients["Luma"]}
    grant = Authorization(**keys, **changes)
    session.add(grant)
    session.flush()
    return grant


def _shop(session: Session, desk: Desk, name: str, **changes: Any) -> None:
    grant = _grant(session, desk, state=changes.pop("grant", "active"), problem="made")
    number = str(grant.id)
    values = {
        "region": "GB",
        "currency": "GBP",
        "time_zone": "Europe/London",
        "last_read_at": datetime.now(UTC),
    }
    session.add(
        Shop(
            agency_id=grant.agency_id,
            client_id=grant.client_id,
            authorization_id=grant.id,
            tiktok_shop_id=f"made-{number}",
            code=f"X{number}",
            name=name,
            **values | changes,
        )
    )
    session.flush()


def _search(desk: Desk, page: int = 1, **filters: str) -> ShopPage:
    with desk.session() as session:
        return search_shops(desk.ours.scope(), session, ShopFilters(**filters), NOW, page)


def _names(page: ShopPage) -> list[str]:
    return [line.shop.name for line in page.lines]


def test_the_worst_shops_come_first_and_then_by_name(desk: Desk) -> None:
    now = datetime.now(UTC)
    with desk.session() as session:
        _shop(session, desk, "Calm")
        _shop(session, desk, "Held", paused_at=now)
        _shop(session, desk, "Stopped", buying_stopped_at=now)
        _shop(session, desk, "Differs", count_tiktok=5, count_ours=4, counted_at=now)
        _shop(session, desk, "Lost", grant="rejected")
        _shop(session, desk, "Silent", last_read_at=None)
    found = _search(desk)
    assert _names(found) == ["Silent", "Lost", "Differs", "Stopped", "Held", "Calm", "Kite Shop", "Luma Shop"]
    assert sum(found.states.values()) == found.total == 8
    assert found.missing == _search(desk, market="US").missing == 1
    assert [line.standing for line in _search(desk, state="missing").lines] == ["missing"]
    assert _names(_search(desk, market="US")) == ["Kite Shop", "Luma Shop"]
    assert _names(_search(desk, client=desk.ours.public["Kite"])) == ["Kite Shop"]
    assert _names(_search(desk, q="luma SH")) == ["Luma Shop"]


def test_a_stopped_client_stops_its_shops_in_the_list(desk: Desk) -> None:
    with desk.session() as session:
        stop_buying(desk.ours.scope(), session, "client", desk.ours.public["Luma"])
    lines = {line.shop.name: line for line in _search(desk).lines}
    assert (lines["Luma Shop"].standing, lines["Luma Shop"].client_stopped) == ("stopped", True)
    assert lines["Kite Shop"].standing == "fine"


def test_two_hundred_shops_are_four_pages_and_few_statements(desk: Desk) -> None:
    with desk.session() as session:
        for number in range(198):
            _shop(session, desk, f"Made {number:03d}")
    pages = [_search(desk, page) for page in (1, 4, 99)]
    assert [(len(page.lines), page.page, page.pages) for page in pages] == [
        (50, 1, 4),
        (50, 4, 4),
        (50, 4, 4),
    ]
    seen = [name for page in range(1, 5) for name in _names(_search(desk, page))]
    assert len(set(seen)) == 200


def test_late_orders_are_counted_by_shop(desk: Desk) -> None:
    with desk.session() as session:
        add_order(session, desk.ours, due_at=NOW - timedelta(minutes=1))
        add_order(session, desk.ours)
        add_order(session, desk.ours, stage="delivered", due_at=NOW - timedelta(days=1))
    assert {line.shop.name: line.late for line in _search(desk).lines} == {"Luma Shop": 1, "Kite Shop": 0}


def test_a_shops_page_adds_up_and_says_what_is_left_of_todays_budget(desk: Desk) -> None:
    with desk.session() as session:
        order = add_order(session, desk.ours, stage="bought", due_at=NOW - timedelta(hours=1))
        add_order(session, desk.ours, stage="settled")
        add_purchase(session, desk.ours, order, decision={"planned_at": NOW.isoformat()})
        add_sku(session, desk.ours)
        add_attention(session, desk.ours, kind="approval", shop_id=desk.ours.shops["Luma"])
        session.add(
            Lane(
                agency_id=order.agency_id, client_id=order.client_id, shop_id=order.shop_id, api="ship", failures=2,
                problem="timed out", due_at=datetime.now(UTC) + timedelta(minutes=5),
            )
        )  # fmt: skip
        session.flush()
        pause_shop(desk.ours.scope(), session, desk.ours.public["Luma Shop"])
        view = get_shop_view(desk.ours.scope(), session, desk.ours.public["Luma Shop"], NOW)
    assert (view.orders, view.late) == (sum(view.stages.values()), 1) == (2, 1)
    assert (view.limits.used, view.limits.left) == (Money(640, "USD"), Money(99360, "USD"))
    assert (view.skus, view.unmapped) == (1, 1)
    assert [(row.text, row.count) for row in view.decisions] == [("Needs approval", 1)]
    assert [(lane.api, lane.state) for lane in view.lanes] == [
        ("auth", "asleep"), ("orders", "asleep"), ("plan", "asleep"), ("ship", "waiting"),
    ]  # fmt: skip
    assert view.lanes[-1].problem == "timed out"
    assert (view.acts[0].who, view.acts[0].sentence) == ("you", "paused a shop")
    assert [stop.subject for stop in view.stops] == ["shop", "client", "agency"]


@pytest.mark.parametrize(
    ("change", "state", "trouble", "problem"),
    [
        ("fence = fence + 1, lease_until = now() - interval '2 minutes'", "trouble", "did not come back", ""),
        ("due_at = now() - interval '11 minutes'", "trouble", "nobody takes it", ""),
        (
            "problem = 'KeyError', failures = 3",
            "trouble",
            "nothing wakes it",
            "An error of this program (KeyError)",
        ),
    ],
)
def test_a_lane_says_on_its_shops_page_what_work_says(
    desk: Desk, change: str, state: str, trouble: str, problem: str
) -> None:
    scope, shop = desk.ours.scope(), desk.ours.shops["Kite"]
    with desk.database.session(scope) as session:
        session.execute(text(f"update lanes set {change} where shop_id = :id and api = 'plan'"), {"id": shop})
        view = get_shop_view(scope, session, desk.ours.public["Kite Shop"], NOW)
        (row,) = [row for row in view.lanes if row.api == "plan"]
        assert row in list_lanes(scope, session, q="kite").rows
        session.execute(text("update shops set paused_at = now() where id = :id"), {"id": shop})
        assert [
            row.api for row in get_shop_view(scope, session, desk.ours.public["Kite Shop"], NOW).lanes
        ] == [row.api for row in view.lanes]
        session.rollback()
    assert (row.state, trouble in row.trouble, problem in row.problem) == (state, True, True)


def test_a_foreign_shop_has_no_page(desk: Desk) -> None:
    narrow = desk.ours.scope(role="viewer", client_ids=frozenset({desk.ours.clients["Kite"]}))
    for scope, shop in (
        (desk.ours.scope(), desk.theirs.public["Luma Shop"]),
        (narrow, desk.ours.public["Luma Shop"]),
    ):
        with desk.session(scope) as session, pytest.raises(NotFound):
            get_shop_view(scope, session, shop, NOW)


def test_connections_say_what_is_going_on_until_a_shop_is_there(desk: Desk) -> None:
    with desk.session() as session:
        _grant(session, desk, state="pending")
        _grant(session, desk, state="pending", created_at=datetime.now(UTC) - timedelta(hours=1))
        _grant(session, desk, state="rejected", problem="The code was used before.")
        rows = list_connections(desk.ours.scope(), session)
    assert [row.state for row in rows] == ["refused", "slow", "exchanging"]
    assert "The code was used before. Start again" in rows[0].why
    with desk.session() as session:
        _shop(session, desk, "Came later")
        assert list_connections(desk.ours.scope(), session) == ()
