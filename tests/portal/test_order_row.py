"""An order's page and a shop's page offer Undo for what can be taken back, and only for what they changed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from agency.models.orders import Order
from agency.models.shops import Shop
from tests.desk import NOW, Desk
from tests.desk_rows import add_attention, add_item, add_order, add_parcel
from tests.portal.browsing import Visitor, visit

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _clear(desk: Desk) -> Iterator[None]:
    yield
    desk.clear()


def _order(desk: Desk, client: str = "Luma", *, decided: bool = True, **changes: object) -> str:
    with desk.session() as session:
        order = add_order(session, desk.ours, client, due_at=NOW + 5 * HOUR, **changes)
        if decided:
            add_attention(
                session, desk.ours, client, kind="ship_warning", order_id=order.id, due_at=order.due_at
            )
        return str(order.tiktok_order_id)


def _undo(page: str) -> str:
    found = re.search(r'action="(/undo/[^"]+)"', page)
    assert found is not None, page
    return found.group(1)


def _held_by(desk: Desk, number: str) -> str:
    with desk.session() as session:
        return str(session.scalar(select(Order.held_by).where(Order.tiktok_order_id == number)))


def _decision(desk: Desk, number: str) -> tuple[str, bool, int]:
    """Owner, whether it sleeps, and how many are open."""
    query = text(
        """select max(a.owner), bool_or(a.next_check_at is not null), count(*) from attentions a
        join orders o on o.id = a.order_id where o.tiktok_order_id = :number and a.resolved_at is null"""
    )
    with desk.session() as session:
        owner, asleep, count = session.execute(query, {"number": number}).one()
        return owner or "", bool(asleep), count


def test_a_hold_and_its_end_are_undone_from_the_orders_page(desk: Desk, owner: Visitor) -> None:
    number = _order(desk)
    page = owner.send(f"/orders/{number}/act/hold").text
    assert _held_by(desk, number)
    answer = owner.send(_undo(page))
    assert (answer.request.path, _held_by(desk, number)) == (f"/orders/{number}", "")
    assert "Undone." in answer.text
    owner.send(f"/orders/{number}/act/hold")
    page = owner.send(f"/orders/{number}/act/release").text
    owner.send(_undo(page))
    assert _held_by(desk, number)


def test_a_hold_that_a_colleague_had_is_not_ended_by_undo(desk: Desk, owner: Visitor) -> None:
    number = _order(desk)
    visit(desk, "operator").send(f"/orders/{number}/act/hold")
    assert "/undo/" not in owner.send(f"/orders/{number}/act/hold").text
    owner.send(f"/orders/{number}/act/release")
    assert "/undo/" not in owner.send(f"/orders/{number}/act/release").text


def test_an_order_is_snoozed_shown_asleep_and_woken_on_its_page(desk: Desk, owner: Visitor) -> None:
    number = _order(desk)
    page = owner.send(f"/orders/{number}/snooze", choice="hour").text
    assert "Snoozed until" in page
    assert _decision(desk, number)[1]
    owner.send(_undo(page))
    assert not _decision(desk, number)[1]
    owner.send(f"/orders/{number}/snooze", choice="own", own="2026-11-23T16:00")
    page = owner.send(f"/orders/{number}/wake").text
    assert "Snoozed until" not in page
    owner.send(_undo(page))
    assert _decision(desk, number)[1]


def test_an_order_is_given_to_a_person_and_back(desk: Desk, owner: Visitor) -> None:
    number = _order(desk)
    page = owner.page(f"/orders/{number}")
    operator = re.search(r'<option value="([^"]+)">Operator</option>', page)
    assert operator is not None
    page = owner.send(f"/orders/{number}/assign", owner=operator.group(1)).text
    assert "With Operator." in page
    assert "With Operator." not in owner.send(_undo(page)).text
    owner.send(f"/orders/{number}/assign", owner=operator.group(1))
    assert "With Operator." not in owner.send(f"/orders/{number}/assign", owner="").text


@pytest.mark.parametrize(
    ("action", "anchor"),
    [("choose_carrier", "#tracking"), ("chase_carrier", "#tracking"), ("fix_address", "#ship-to")],
)
def test_the_next_action_leads_to_one_place_from_today_and_from_the_page(
    desk: Desk, owner: Visitor, action: str, anchor: str
) -> None:
    number = _order(desk, stage="bought")
    with desk.session() as session:
        session.execute(text("update attentions set action = :action"), {"action": action})
        add_parcel(session, session.scalars(select(Order)).one())
    page = owner.page(f"/orders/{number}")
    assert f'class="btn main-act" href="{anchor}"' in page
    assert f'id="{anchor[1:]}"' in page
    assert f'href="/orders/{number}{anchor}"' in owner.page("/today")


def test_an_order_of_somebody_outside_the_team_is_not_nobodys(desk: Desk, owner: Visitor) -> None:
    number = _order(desk)
    with desk.session() as session:
        session.execute(text("update attentions set owner = 'user:777'"))
    assert "Somebody" in owner.page("/today")
    assert "With Somebody." in owner.page(f"/orders/{number}")


def test_an_order_without_a_decision_can_be_given_and_undo_takes_that_back(
    desk: Desk, owner: Visitor
) -> None:
    number = _order(desk, decided=False)
    page = owner.page(f"/orders/{number}")
    assert "/snooze" not in page
    me = re.search(r'<option value="([^"]+)" selected>Me', page)
    assert me is not None
    page = owner.send(f"/orders/{number}/assign", owner=me.group(1)).text
    assert _decision(desk, number)[2] == 1
    owner.send(_undo(page))
    assert _decision(desk, number)[2] == 0


@pytest.mark.parametrize(
    ("path", "fields", "word"),
    [
        ("snooze", {"choice": "year"}, "Choose when to look at it again"),
        ("snooze", {"choice": "own", "own": "2026-11-01T10:00"}, "This time is over"),
        ("wake", {}, "This is not snoozed"),
        ("assign", {"owner": "somebody"}, "Choose somebody of your team"),
    ],
)
def test_what_cannot_be_done_is_said_on_the_orders_page(
    desk: Desk, owner: Visitor, path: str, fields: dict[str, str], word: str
) -> None:
    number = _order(desk)
    answer = owner.send(f"/orders/{number}/{path}", **fields)
    assert answer.status_code == 422
    assert word in answer.text
    assert _decision(desk, number) == ("", False, 1)


def test_a_viewer_sees_who_has_it_and_no_button_and_others_see_nothing(desk: Desk, owner: Visitor) -> None:
    number = _order(desk)
    me = re.search(r'<option value="([^"]+)" selected>Me', owner.page(f"/orders/{number}"))
    assert me is not None
    owner.send(f"/orders/{number}/assign", owner=me.group(1))
    page = visit(desk, "viewer").page(f"/orders/{number}")
    assert "With Owner." in page
    assert "/assign" not in page
    assert visit(desk, "viewer").send(f"/orders/{number}/wake").status_code == 403
    for wrong in (number, "577000000000009999", "no-number"):
        assert visit(desk, "stranger").send(f"/orders/{wrong}/snooze", choice="hour").status_code == 404


def _shop(desk: Desk) -> Shop:
    with desk.session() as session:
        return session.scalars(select(Shop).where(Shop.name == "Luma Shop")).one()


def test_pausing_and_resuming_a_shop_are_undone(desk: Desk, owner: Visitor) -> None:
    shop = f"/shops/{desk.ours.public['Luma Shop']}"
    page = owner.send(f"{shop}/pause").text
    assert _shop(desk).paused_at is not None
    owner.send(_undo(page))
    assert _shop(desk).paused_at is None
    assert "/undo/" not in owner.send(f"{shop}/resume").text
    owner.send(f"{shop}/pause")
    assert "/undo/" not in owner.send(f"{shop}/pause").text
    owner.send(_undo(owner.send(f"{shop}/resume").text))
    assert _shop(desk).paused_at is not None
    owner.send(f"{shop}/resume")


def test_each_stop_switch_is_undone_where_it_stands(desk: Desk, owner: Visitor) -> None:
    with desk.session() as session:
        add_item(session, desk.ours)
    public = desk.ours.public
    for subject, key in (("agency", ""), ("client", "Luma"), ("shop", "Luma Shop"), ("supplier", "supplier")):
        fields = {"subject": subject, "id": public.get(key, ""), "why": "They are on holiday."}
        page = owner.send("/buying/stop", **fields).text
        assert "Undone." in owner.send(_undo(page)).text, subject
        assert "/undo/" not in owner.send("/buying/start", **fields).text, subject
        owner.send("/buying/stop", **fields)
        page = owner.send(_undo(owner.send("/buying/start", **fields).text)).text
        assert subject != "supplier" or "They are on holiday." in page
        owner.send("/buying/start", **fields)
