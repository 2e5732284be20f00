"""Today: one order of everything, whole pages, nothing twice, nothing missing, unread shops on top."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from agency.domain.errors import Invalid
from agency.services.paging import encode_cursor
from agency.services.worklist import today
from agency.services.worklist_rows import GROUP_KEYS, Today, WorkFilters, WorkRow
from tests.desk import NOW, Desk
from tests.desk_rows import add_attention, add_order, add_parcel

ALL = WorkFilters()


def _read(desk: Desk, filters: WorkFilters = ALL, **options: str) -> Today:
    with desk.session() as session:
        return today(desk.ours.scope(), session, NOW, filters, **options)


def _walk(desk: Desk, filters: WorkFilters = ALL) -> list[WorkRow]:
    rows: list[WorkRow] = []
    cursor = ""
    while True:
        page = _read(desk, filters, cursor=cursor)
        rows += page.rows
        cursor = page.next_cursor
        if not cursor:
            return rows


def _fill(session: Session, desk: Desk) -> None:
    """140 orders with many equal deadlines and some without; a third has a decision, some with the same loss."""
    for number in range(140):
        due = NOW + timedelta(minutes=20 * (number % 23) - 100) if number % 9 else None
        order = add_order(session, desk.ours, due_at=due, stage=("to_buy", "blocked", "bought")[number % 3])
        if number % 3 == 1:
            loss = {"loss_minor": 100 * (number % 4), "currency": "USD"}
            add_attention(session, desk.ours, order_id=order.id, shop_id=order.shop_id, due_at=due, **loss)


def _sort_key(row: WorkRow) -> tuple[int, int, datetime, bool]:
    loss = -row.loss.amount if row.loss else 0
    return GROUP_KEYS.index(row.group), loss, row.due_at or NOW + timedelta(days=9999), row.kind == "order"


def test_all_pages_together_hold_every_open_order_once_and_in_order(desk: Desk) -> None:
    with desk.session() as session:
        _fill(session, desk)
    rows = _walk(desk)
    numbers = [row.order_number for row in rows]
    assert len(numbers) == len(set(numbers)) == 140
    assert [_sort_key(row) for row in rows] == sorted(_sort_key(row) for row in rows)


def test_the_counts_of_the_groups_are_those_of_the_whole_list(desk: Desk) -> None:
    with desk.session() as session:
        _fill(session, desk)
    rows, counts = _walk(desk), _read(desk).groups
    assert [(g.key, g.count) for g in counts] == [
        (k, sum(row.group == k for row in rows)) for k in GROUP_KEYS
    ]


def test_a_group_filter_shows_exactly_the_rows_of_that_group(desk: Desk) -> None:
    with desk.session() as session:
        _fill(session, desk)
    rows = _walk(desk)
    for group in GROUP_KEYS:
        expected = [row.order_number for row in rows if row.group == group]
        assert [row.order_number for row in _walk(desk, WorkFilters(group=group))] == expected


def test_the_highest_expected_loss_comes_first_inside_a_group(desk: Desk) -> None:
    with desk.session() as session:
        late = [add_order(session, desk.ours, due_at=NOW - timedelta(hours=n)) for n in (9, 1)]
        add_attention(
            session, desk.ours, order_id=late[1].id, due_at=late[1].due_at, loss_minor=900, currency="USD"
        )
        soon = add_order(session, desk.ours, due_at=NOW + timedelta(hours=1))
        add_attention(
            session, desk.ours, order_id=soon.id, due_at=soon.due_at, loss_minor=99_999, currency="USD"
        )
    assert [row.order_number for row in _read(desk).rows] == [
        late[1].tiktok_order_id,
        late[0].tiktok_order_id,
        soon.tiktok_order_id,
    ]


def test_an_order_with_an_open_decision_appears_once_and_names_its_action(desk: Desk) -> None:
    with desk.session() as session:
        order = add_order(session, desk.ours, stage="blocked")
        add_attention(
            session, desk.ours, kind="approval", action="approve", order_id=order.id, shop_id=order.shop_id
        )
    (row,) = _read(desk).rows
    assert (row.kind, row.action, row.action_label) == ("attention", "approve", "Review cost")
    assert row.href == f"/orders/{order.tiktok_order_id}#decide"


def test_a_row_about_one_shop_leads_to_its_page_and_one_about_a_client_to_its_shops(desk: Desk) -> None:
    public = desk.ours.public
    with desk.session() as session:
        order = add_order(session, desk.ours, stage="blocked")
        at = {"order_id": order.id, "shop_id": order.shop_id}
        add_attention(session, desk.ours, kind="blocked", action="start_buying", **at)
        add_attention(session, desk.ours, "Kite", kind="count_differs", shop_id=desk.ours.shops["Kite"])
        add_attention(session, desk.ours, kind="reconnect", action="reconnect")
    assert sorted(row.href for row in _read(desk).rows) == sorted(
        [f"/shops/{public['Luma Shop']}", f"/shops/{public['Kite Shop']}", f"/shops?client={public['Luma']}"]
    )


def test_a_closed_decision_gives_the_order_its_own_row_back(desk: Desk) -> None:
    with desk.session() as session:
        order = add_order(session, desk.ours)
        add_attention(session, desk.ours, order_id=order.id, resolved_at=NOW)
    assert [row.kind for row in _read(desk).rows] == ["order"]


def test_one_missing_mapping_is_one_row_however_many_orders_wait_for_it(desk: Desk) -> None:
    with desk.session() as session:
        for loss in (100, 250):
            order = add_order(session, desk.ours, stage="blocked")
            known = {"shop_id": order.shop_id, "due_at": order.due_at, "loss_minor": loss, "currency": "USD"}
            data = {"sku_ids": ["fake-sku-1"]}
            add_attention(
                session, desk.ours, kind="unmapped", action="map", order_id=order.id, data=data, **known
            )
    (row,) = _read(desk).rows
    assert (row.folded, row.loss and row.loss.amount) == (2, 350)
    assert row.href == f"/mappings/{desk.ours.public['Luma Shop']}/fake-sku-1"


def test_the_same_cause_at_two_clients_folds_into_one_row(desk: Desk) -> None:
    with desk.session() as session:
        for client in ("Luma", "Kite"):
            add_attention(session, desk.ours, client, kind="supplier_credentials", cause_key="fake-cause")
    assert [row.folded for row in _read(desk).rows] == [2]


@pytest.mark.parametrize("last_read", ["null", "now() - interval '3 hours'"])
def test_a_shop_that_nobody_read_is_a_row_at_the_top(desk: Desk, last_read: str) -> None:
    with desk.session() as session:
        add_order(session, desk.ours, due_at=NOW - timedelta(days=3))
        session.execute(text(f"update shops set last_read_at = {last_read} where name = 'Kite Shop'"))
    first = _read(desk).rows[0]
    assert (first.kind, first.group, first.shop_name, first.tone) == ("trouble", "unread", "Kite Shop", "bad")


def test_an_unread_shop_with_a_decision_is_not_told_twice(desk: Desk) -> None:
    with desk.session() as session:
        session.execute(text("update shops set last_read_at = null where name = 'Kite Shop'"))
        shop = desk.ours.shops["Kite"]
        add_attention(
            session, desk.ours, "Kite", kind="shop_unread", shop_id=shop, why="TikTok did not answer."
        )
    assert [(row.kind, row.group, row.why) for row in _read(desk).rows] == [
        ("attention", "unread", "TikTok did not answer.")
    ]


def test_a_lane_that_keeps_failing_is_a_row_at_the_top(desk: Desk) -> None:
    with desk.session() as session:
        shop = desk.ours.shops["Luma"]
        session.execute(
            text(
                f"update lanes set failures = 5, problem = 'no answer' where shop_id = {shop} and api = 'plan'"
            )
        )
    (row,) = _read(desk).rows
    assert (row.group, row.why) == ("unread", "Choosing suppliers failed 5 times in a row: no answer")


def test_an_operator_sees_rows_of_the_given_clients_only(desk: Desk) -> None:
    with desk.session() as session:
        ours = add_order(session, desk.ours, "Luma")
        add_order(session, desk.ours, "Kite")
        add_attention(session, desk.ours, "Kite")
        session.execute(text("update shops set last_read_at = null where name = 'Kite Shop'"))
    scope = desk.ours.scope(role="operator", client_ids=frozenset({desk.ours.clients["Luma"]}))
    with desk.session(scope) as session:
        page = today(scope, session, NOW, ALL)
    assert [row.order_number for row in page.rows] == [ours.tiktok_order_id]
    assert (page.open_orders, page.attentions) == (1, 0)


def test_the_day_ends_at_the_readers_midnight(desk: Desk) -> None:
    with desk.session() as session:
        add_order(session, desk.ours, due_at=NOW + timedelta(hours=15))  # 03:00 UTC, 22:00 in New York
    assert _read(desk).rows[0].group == "tomorrow"
    assert _read(desk, zone="America/New_York").rows[0].group == "later_today"


def test_a_number_or_a_seller_sku_finds_its_rows(desk: Desk) -> None:
    with desk.session() as session:
        order = add_order(session, desk.ours)
        add_order(session, desk.ours)
    assert [row.order_number for row in _read(desk, WorkFilters(q=order.tiktok_order_id)).rows] == [
        order.tiktok_order_id
    ]
    assert len(_read(desk, WorkFilters(q="LK-PO-02")).rows) == 2
    assert not _read(desk, WorkFilters(q="LK-PO")).rows
    with desk.session() as session:
        add_parcel(session, order, tracking_number="9400111899223197428490")
    for typed in (
        "9400111899223197428490",
        "9400 1118 9922 3197 4284 90",
        "428490",
        order.tiktok_order_id[-6:],
    ):
        (row,) = _read(desk, WorkFilters(q=typed)).rows
        assert row.order_number == order.tiktok_order_id, typed


@pytest.mark.parametrize(
    "bad", ["nonsense", encode_cursor(NOW, 9, 0, "infinity", 0, 1), encode_cursor(NOW, 1, 0, "soon", 0, 1)]
)
def test_a_cursor_of_another_list_is_refused(desk: Desk, bad: str) -> None:
    with pytest.raises(Invalid, match="first page"):
        _read(desk, cursor=bad)


def test_a_page_takes_three_statements_whatever_its_size(desk: Desk) -> None:
    with desk.session() as session:
        _fill(session, desk)
    seen: list[str] = []
    with desk.session() as session:
        connection = session.connection()
        event.listen(
            connection, "before_cursor_execute", lambda _c, _k, statement, *_rest: seen.append(statement)
        )
        today(desk.ours.scope(), session, NOW, ALL)
    assert len(seen) == 3
    assert not any("offset" in statement.lower() for statement in seen)
