"""Today without script: acts on one row and on many, preview, results, undo, views, filters, sums, switches."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from itsdangerous import TimestampSigner
from sqlalchemy import text

from agency.portal.undo import UNDO_SECONDS
from tests.desk import NOW, Desk
from tests.desk_rows import add_attention, add_order, add_purchase
from tests.portal.browsing import Visitor, visit
from tests.portal.scenes import OVER_LIMIT

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _clear(desk: Desk) -> Iterator[None]:
    yield
    desk.clear()
    with desk.owner() as connection:
        connection.execute("delete from saved_views")


def _look(desk: Desk, client: str = "Luma", **changes: object) -> tuple[str, str]:
    """An order with a decision that needs only a look: the row's id and the order's number."""
    with desk.session() as session:
        order = add_order(session, desk.ours, client, due_at=NOW + 5 * HOUR, **changes)
        row = add_attention(
            session, desk.ours, client, kind="ship_warning", why="A warning.", order_id=order.id,
            shop_id=order.shop_id, due_at=order.due_at,
        )  # fmt: skip
        session.refresh(row)
        return str(row.public_id), order.tiktok_order_id


def _dear(desk: Desk) -> str:
    with desk.session() as session:
        order = add_order(session, desk.ours, stage="blocked", blockers=[OVER_LIMIT], title="Dear chair")
        add_purchase(session, desk.ours, order, state="approval", actual_minor=None, expected_minor=4120)
        row = add_attention(
            session, desk.ours, kind="approval", action="approve", order_id=order.id, shop_id=order.shop_id
        )
        session.refresh(row)
        return str(row.public_id)


def _open(desk: Desk) -> int:
    with desk.session() as session:
        return int(session.scalar(text("select count(*) from attentions where resolved_at is null")) or 0)


def _undo_of(page: str) -> str:
    found = re.search(r'action="(/undo/[^"]+)"', page)
    assert found is not None
    return found.group(1)


def test_one_row_is_ticked_at_once_and_undo_brings_it_back(desk: Desk, owner: Visitor) -> None:
    row, _ = _look(desk)
    page = owner.send("/today/act", one=f"done|{row}", back="group=later_today").text
    assert "It opens again if its cause comes back." in page
    assert _open(desk) == 0
    page = owner.send(_undo_of(page)).text
    assert "Undone." in page
    assert _open(desk) == 1


def test_an_act_leads_back_to_the_filters_from_which_it_came(desk: Desk, owner: Visitor) -> None:
    row, _ = _look(desk)
    back = "action=look&group=later_today&evil=1"
    answer = owner.send("/today/act", follow=False, row=row, act="snooze:hour", back=back)
    assert answer.status_code == 303
    assert answer.location.startswith("/today?group=later_today&action=look&done=snoozed&undo=") or (
        answer.location.startswith("/today?action=look&group=later_today&done=snoozed&undo=")
    )


def test_money_is_never_spent_without_the_preview_that_names_it(desk: Desk, owner: Visitor) -> None:
    row = _dear(desk)
    page = owner.send("/today/act", one=f"approve|{row}").text
    assert "Nothing is done yet" in page
    assert "Approve 1 for $41.20" in page
    assert _open(desk) == 1
    page = owner.send("/today/act", row=row, act="approve", sure="yes").text
    assert "Approved." in page
    assert 'action="/undo/' not in page


def test_many_rows_are_previewed_then_done_each_on_its_own(desk: Desk, owner: Visitor) -> None:
    (first, number), (second, bought) = _look(desk), _look(desk, stage="bought", title="Bought lamp")
    page = owner.send("/today/act", row=[first, second], act="hold").text
    assert "1 of 2 rows can be done" in page
    assert "The order is bought; a hold comes too late." in page
    assert page.count('<input type="hidden" name="row"') == 1
    page = owner.send("/today/act", row=[first, second], act="hold", sure="yes").text
    assert "1 of 2 done" in page
    assert "Not done" in page
    again = owner.send("/today/act", row=[first, second], act="hold", sure="yes").text
    assert "This was on hold already." in again
    owner.send(_undo_of(page))
    with desk.session() as session:
        held = session.execute(text("select held_by from orders where tiktok_order_id = :n"), {"n": number})
        assert held.scalar_one() == ""
    assert bought not in owner.page("/orders?stage=held")


def test_undo_of_fifty_rows_fits_into_an_address(desk: Desk, owner: Visitor) -> None:
    rows = [_look(desk)[0] for _ in range(50)]
    page = owner.send("/today/act", row=rows, act="snooze:hour", sure="yes").text
    assert "50 of 50 done" in page
    path = _undo_of(page)
    assert len(path) < 8000
    assert "Undone." in owner.send(path).text
    assert "Snoozed" not in owner.page("/today").split("</nav>")[1]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"act": "hold"}, "Choose at least one row first."),
        ({"act": "dance", "row": "@"}, "Choose what to do with these rows."),
        ({"act": "snooze:own", "row": "@"}, "Write the day and time"),
        ({"act": "assign", "row": "@", "owner": "somebody"}, "Choose somebody of your team."),
    ],
)
def test_a_form_that_cannot_be_read_says_why_above_the_list(
    desk: Desk, owner: Visitor, fields: dict[str, str], sentence: str
) -> None:
    row, _ = _look(desk)
    answer = owner.send(
        "/today/act", **{name: row if value == "@" else value for name, value in fields.items()}
    )
    assert answer.status_code == 422
    assert sentence in answer.text
    assert "A warning." in answer.text


def test_rows_of_others_are_not_there(desk: Desk) -> None:
    row, _ = _look(desk, "Kite")
    for person in ("operator", "stranger"):
        assert visit(desk, person).send("/today/act", row=row, act="done").status_code == 404
    assert visit(desk, "viewer").send("/today/act", row=row, act="done").status_code == 403


def test_undo_is_one_persons_and_one_browsers(desk: Desk, owner: Visitor) -> None:
    row, _ = _look(desk)
    path = _undo_of(owner.send("/today/act", row=row, act="done").text)
    for other in (visit(desk, "operator"), visit(desk, "stranger"), visit(desk, "owner")):
        assert other.send(path).status_code == 409
    assert owner.send(path + "x").status_code == 409
    assert _open(desk) == 0


def test_undo_ends_after_ten_minutes(desk: Desk, owner: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    row, _ = _look(desk)
    now = TimestampSigner("any").get_timestamp()
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda _self: now - UNDO_SECONDS - 2)
    answer = owner.send("/today/act", follow=False, row=row, act="done")
    monkeypatch.undo()
    page = owner.page(answer.location)
    assert "Done. It opens again" in page
    assert 'action="/undo/' not in page
    token = answer.location.partition("undo=")[2]
    refused = owner.send(f"/undo/{token}")
    assert (refused.status_code, "ten minutes" in refused.text) == (409, True)


def test_undo_says_no_when_somebody_was_faster(desk: Desk, owner: Visitor) -> None:
    row, _ = _look(desk)
    page = owner.send("/today/act", row=row, act="snooze:hour").text
    with desk.session() as session:
        session.execute(text("update attentions set resolved_at = now()"))
    answer = owner.send(_undo_of(page))
    assert (answer.status_code, "moved on since" in answer.text) == (409, True)


def test_a_snoozed_row_is_found_under_snoozed_with_its_clock(desk: Desk, owner: Visitor) -> None:
    row, number = _look(desk)
    owner.send("/today/act", row=row, act="snooze:hour")
    assert number[-6:] not in owner.page("/today?group=later_today")
    page = owner.page("/today?snoozed=yes")
    assert number[-6:] in page
    assert "back 13:00" in page
    assert "Wake now" in page
    owner.send("/today/act", row=row, act="wake", back="snoozed=yes")
    assert number[-6:] in owner.page("/today?group=later_today")


def test_a_row_goes_to_a_colleague_and_shows_the_name(desk: Desk, owner: Visitor) -> None:
    row, _ = _look(desk)
    page = owner.page("/today")
    operator = re.search(r'<option value="([^"]+)">Operator</option>', page)
    assert operator is not None
    page = owner.send("/today/act", row=row, act="assign", owner=operator.group(1)).text
    assert "Assigned." in page
    assert "<small>Operator</small>" in page
    assert "A warning." in visit(desk, "operator").page("/today?owner=mine")
    assert "A warning." not in owner.page("/today?owner=mine")


def test_a_view_is_saved_shown_opened_and_deleted(desk: Desk, owner: Visitor) -> None:
    _look(desk)
    assert 'value="action=approve"' in owner.page("/today/views?action=approve")
    page = owner.send("/today/views", name="To approve", back="action=approve", start="yes").text
    assert "View saved." in page
    first = owner.get("/today")
    assert (first.status_code, first.location) == (302, "/today?action=approve")
    assert "A warning." in owner.page("/today?view=all")
    assert "To approve" not in visit(desk, "operator").page("/today")
    found = re.search(r'action="(/today/views/[^"/]+)"', owner.page("/today/views"))
    assert found is not None
    assert owner.send(found.group(1), name="").status_code == 422
    owner.send(found.group(1), name="Renamed")
    assert owner.get("/today").status_code == 200
    assert "Renamed" in owner.page("/today")
    owner.send(f"{found.group(1)}/delete")
    assert "No view is saved yet" in owner.page("/today/views")


def test_the_sums_add_up_and_name_what_nobody_read(desk: Desk, owner: Visitor) -> None:
    with desk.session() as session:
        for stage in ("to_buy", "to_buy", "shipped", "settled"):
            add_order(session, desk.ours, stage=stage)
        session.execute(
            text("update shops set count_tiktok = 1986, count_ours = 1986 where name = 'Luma Shop'")
        )
        session.execute(
            text("update shops set last_read_at = null, count_tiktok = 7 where name = 'Kite Shop'")
        )
    page = owner.page("/today")
    assert "Counted: TikTok 1,986 = ours 1,986" in page
    assert "1 shop not read" in page
    flat = " ".join(page.split())
    assert "Open 3 = 2 Being ordered + 1 Shipped" in flat
    counts = " ".join(owner.page("/today/counts").split())
    assert "not known" in counts
    assert '<td class="end">1,986</td>' in counts
    assert '<td class="end"><b>4</b></td>' in counts


def test_orders_that_tiktok_has_and_we_do_not_are_told(desk: Desk, owner: Visitor) -> None:
    with desk.session() as session:
        session.execute(text("update shops set count_tiktok = 9, count_ours = 7 where name = 'Luma Shop'"))
    page = owner.page("/today")
    assert "Counted: TikTok 9, ours 7" in page
    assert "2 orders missing here" in page


def test_all_buying_is_stopped_shown_and_undone(desk: Desk, owner: Visitor) -> None:
    page = owner.send("/today/buying/stop").text
    assert "All buying is stopped" in page
    assert "Start all buying" in visit(desk, "owner").page("/today")
    assert "Start all buying" not in visit(desk, "viewer").page("/today")
    assert visit(desk, "operator").send("/today/buying/start").status_code == 403
    owner.send(_undo_of(page))
    assert "All buying is stopped" not in owner.page("/today")
    assert owner.send("/today/buying/dance").status_code == 404


def test_what_is_stopped_in_part_is_shown(desk: Desk, owner: Visitor) -> None:
    with desk.session() as session:
        session.execute(text("update shops set buying_stopped_at = now() where name = 'Luma Shop'"))
    assert "Buying is stopped for: 1 shop" in " ".join(owner.page("/today").split())


def test_a_filter_by_client_shows_that_client_only(desk: Desk, owner: Visitor) -> None:
    _, luma = _look(desk)
    _, kite = _look(desk, "Kite")
    page = owner.page(f"/today?client={desk.ours.public['Kite']}")
    assert kite[-6:] in page
    assert luma[-6:] not in page


def test_too_many_shops_for_a_menu_are_chosen_on_a_page(desk: Desk, owner: Visitor) -> None:
    page = owner.page("/today/shops?action=approve")
    shop = desk.ours.public["Luma Shop"]
    assert f"/today?action=approve&amp;shop={shop}" in page


def test_empty_lists_say_which_kind_of_empty_they_are(desk: Desk, owner: Visitor) -> None:
    assert "Nothing is due" in owner.page("/today")
    assert "Nothing is snoozed" in owner.page("/today?snoozed=yes")
    assert "Nothing is yours" in owner.page("/today?owner=mine")
    assert "Nothing matches" in owner.page("/today?q=123")


def test_the_figures_above_a_filtered_list_keep_its_filters(owner: Visitor) -> None:
    page = owner.page("/today?q=LK-PO-02&group=overdue")
    links = [set(query.split("&amp;")) for query in re.findall(r'href="/today\?([^"]+)"', page)]
    assert {"q=LK-PO-02", "group=next_4_hours"} in links
    assert {"q=LK-PO-02", "action=approve"} in links
