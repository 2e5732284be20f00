"""Finding orders: numbers from their end, names in part, every filter, both sorts, and the orders beside one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from agency.models.orders import Order
from agency.services.list_rows import OrderFilters
from agency.services.order_filters import ANY, DEADLINE, list_choices, order_filters
from agency.services.order_lists import count_stages, find_beside, list_orders
from tests.desk import NOW, Desk, open_desk
from tests.desk_rows import add_attention, add_order, add_parcel, add_purchase, add_sku

LAMP, CHAIR, MUG, KITE = (
    "577182045893044616",
    "577182045893044627",
    "577182045893044638",
    "577182045893055555",
)


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with open_desk() as made:
        with made.session() as session:
            lamp = add_order(session, made.ours, number=LAMP, title="Pour-over set", stage="bought")
            purchase = add_purchase(session, made.ours, lamp, supplier_order_id="KC-ab-20418")
            add_parcel(session, lamp, purchase, tracking_number="9400111899223197428490")
            sku = add_sku(session, made.ours)
            sku.product_name = "Pour-Over Set, 100% ceramic"
            add_order(
                session,
                made.ours,
                number=CHAIR,
                sku_id="fake-sku-2",
                stage="blocked",
                due_at=NOW - timedelta(hours=1),
            )
            chair = _order(session, CHAIR)
            add_attention(session, made.ours, kind="unmapped", order_id=chair.id, shop_id=chair.shop_id)
            old = NOW - timedelta(days=3)
            add_order(
                session,
                made.ours,
                number=MUG,
                sku_id="fake-sku-3",
                stage="settled",
                placed_at=old,
                due_at=None,
            )
            add_order(
                session, made.ours, "Kite", number=KITE, sku_id="fake-sku-4", due_at=NOW + timedelta(hours=1)
            )
        with made.session(made.theirs.scope()) as session:
            add_order(session, made.theirs, number="699182045893044616", title="Foreign lamp")
            add_sku(session, made.theirs)
        yield made


def _order(session: Session, number: str) -> Order:
    return session.query(Order).filter_by(tiktok_order_id=number).one()


def _found(desk: Desk, scope: Any = None, **filters: Any) -> list[str]:
    scope = scope or desk.ours.scope()
    with desk.session(scope) as session:
        return [row.number for row in list_orders(scope, session, OrderFilters(**filters)).rows]


@pytest.mark.parametrize(
    "asked",
    [
        LAMP, "044616", "4616", "…044616", "0446 16", "9400111899223197428490", "428490", "20418", "kc-ab-20418"[-5:],
        "pour-over", "OVER SET, 100%", "LK-PO-02", "lk-po",
    ],
)  # fmt: skip
def test_an_order_is_found_by_any_of_its_numbers_their_ends_and_its_item(desk: Desk, asked: str) -> None:
    assert _found(desk, q=asked) == [LAMP] or (
        asked.lower().startswith("lk") and LAMP in _found(desk, q=asked)
    )


@pytest.mark.parametrize("asked", ["616", "944616", "1820458930446", "teapot", "%", "pour_over", "'"])
def test_what_is_neither_an_end_nor_a_part_finds_nothing(desk: Desk, asked: str) -> None:
    assert _found(desk, q=asked) == []


def test_nobody_finds_by_an_end_or_a_name_what_is_not_theirs(desk: Desk) -> None:
    assert _found(desk, q="044616") == [LAMP]
    stranger = desk.theirs.scope()
    assert _found(desk, stranger, q="044616") == ["699182045893044616"]
    kite = desk.ours.scope(role="operator", client_ids=frozenset({desk.ours.clients["Kite"]}))
    assert _found(desk, kite, q="044616") == []
    assert _found(desk, kite, q="pour") == []
    assert _found(desk, kite) == [KITE]


@pytest.mark.parametrize(
    ("filters", "numbers"),
    [
        ({"stage": "bought"}, {LAMP}),
        ({"problem": ANY}, {CHAIR}),
        ({"problem": "unmapped"}, {CHAIR}),
        ({"problem": "approval"}, set()),
        ({"region": "US"}, {LAMP, CHAIR, MUG, KITE}),
        ({"region": "GB"}, set()),
        ({"late_at": NOW}, {CHAIR}),
        ({"placed_since": NOW - timedelta(days=1)}, {LAMP, CHAIR, KITE}),
        ({"placed_before": NOW - timedelta(days=1)}, {MUG}),
        ({"client": "nobody"}, set()),
        ({"supplier": "nobody"}, set()),
    ],
)
def test_each_filter_keeps_what_fits(desk: Desk, filters: dict[str, Any], numbers: set[str]) -> None:
    assert set(_found(desk, **filters)) == numbers


def test_client_and_supplier_are_named_by_their_public_ids(desk: Desk) -> None:
    with desk.session() as session:
        choices = list_choices(desk.ours.scope(), session)
    clients = {choice.label: choice.value for choice in choices.clients}
    assert _found(desk, client=clients["Kite"]) == [KITE]
    (supplier,) = choices.suppliers
    assert supplier.label == "Kiln (Luma)"
    assert _found(desk, supplier=supplier.value) == [LAMP]
    assert _found(desk, desk.theirs.scope(), client=clients["Kite"]) == []


def test_choices_are_only_what_the_reader_sees(desk: Desk) -> None:
    scope = desk.ours.scope(role="operator", client_ids=frozenset({desk.ours.clients["Kite"]}))
    with desk.session(scope) as session:
        choices = list_choices(scope, session)
    assert [choice.label for choice in choices.clients] == ["Kite"]
    assert choices.suppliers == ()


def test_by_deadline_the_nearest_comes_first_and_stopped_clocks_last_page_by_page(desk: Desk) -> None:
    wanted, numbers, cursor = [CHAIR, KITE, LAMP, MUG], [], ""
    while True:
        with desk.session() as session:
            page = list_orders(desk.ours.scope(), session, OrderFilters(sort=DEADLINE), cursor, size=1)
        numbers += [row.number for row in page.rows]
        cursor = page.next_cursor
        if not cursor:
            break
    assert numbers == wanted


@pytest.mark.parametrize("sort", ["", DEADLINE])
def test_before_and_after_an_order_follow_the_list_it_was_opened_from(desk: Desk, sort: str) -> None:
    filters = OrderFilters(sort=sort)
    numbers = _found(desk, sort=sort)
    with desk.session() as session:
        for at, number in enumerate(numbers):
            order = _order(session, number)
            place = {name: getattr(order, name) for name in ("id", "placed_at", "due_at", "stage")}
            before, after = find_beside(desk.ours.scope(), session, filters, place)
            assert before == (numbers[at - 1] if at else "")
            assert after == (numbers[at + 1] if at + 1 < len(numbers) else "")


def test_stages_are_counted_under_the_other_filters(desk: Desk) -> None:
    with desk.session() as session:
        counts = count_stages(desk.ours.scope(), session, OrderFilters(stage="bought", problem=ANY))
    assert counts["blocked"] == 1
    assert sum(counts.values()) == 1


def test_days_are_those_of_the_reader(desk: Desk) -> None:
    asked = {"since": date(2026, 11, 23), "until": date(2026, 11, 23), "late": True, "q": " lamp "}
    filters = order_filters(asked, "America/New_York", NOW)
    assert filters.placed_since == datetime(2026, 11, 23, 5, tzinfo=UTC)
    assert filters.placed_before == datetime(2026, 11, 24, 5, tzinfo=UTC)
    assert (filters.late_at, filters.q) == (NOW, "lamp")


def test_a_row_says_which_decision_waits(desk: Desk) -> None:
    with desk.session() as session:
        (row,) = list_orders(desk.ours.scope(), session, OrderFilters(problem=ANY)).rows
    assert (row.problem, row.status_text) == ("unmapped", "No supplier mapped")
