"""What a webhook leaves behind: one row, one woken lane, both or neither."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text

from agency.domain.errors import NotFound
from agency.services.inbox import Letter, Notification, record_letter, record_notification
from tests.desk import Desk
from tests.desk_rows import add_item, due_lanes

NOTE = Notification("fake-Harbor-Luma", "fake-note-1", "order_status", "577", {"order_id": "577"})


def _inbox(desk: Desk) -> list[tuple[str, str, str]]:
    with desk.session() as session:
        rows = session.execute(text("select notification_id, kind, order_ref from inbox_items order by id"))
        return [tuple(row) for row in rows]


def test_a_notification_of_a_known_shop_is_kept_and_wakes_its_orders_lane(desk: Desk) -> None:
    with desk.system() as session:
        assert record_notification(session, NOTE)
        assert due_lanes(session) == {("orders", desk.ours.shops["Luma"])}
    assert _inbox(desk) == [("fake-note-1", "order_status", "577")]


def test_the_same_notification_again_changes_nothing(desk: Desk) -> None:
    with desk.system() as session:
        record_notification(session, NOTE)
        session.execute(text("update lanes set due_at = null"))
    with desk.system() as session:
        assert record_notification(session, NOTE)
        assert due_lanes(session) == set()
    assert len(_inbox(desk)) == 1


def test_two_shops_may_use_the_same_notification_id(desk: Desk) -> None:
    with desk.system() as session:
        record_notification(session, NOTE)
        record_notification(session, replace(NOTE, shop_id="fake-Harbor-Kite"))
    assert len(_inbox(desk)) == 2


def test_a_lane_that_is_due_earlier_stays_due_earlier(desk: Desk) -> None:
    with desk.system() as session:
        session.execute(text("update lanes set due_at = now() - interval '1 hour' where api = 'orders'"))
        record_notification(session, NOTE)
        late = session.scalar(text("select count(*) from lanes where due_at > now() - interval '59 minutes'"))
    assert late == 0


def test_a_lost_authorisation_wakes_the_connection_lane_too(desk: Desk) -> None:
    with desk.system() as session:
        record_notification(session, replace(NOTE, kind="deauthorized", authorization_changed=True))
        assert due_lanes(session) == {("orders", desk.ours.shops["Luma"]), ("auth", None)}


def test_a_notification_of_an_unknown_shop_goes_to_the_strays_once(desk: Desk) -> None:
    for _ in range(2):
        with desk.system() as session:
            assert not record_notification(session, replace(NOTE, shop_id="fake-nobody"))
    with desk.system() as session:
        strays = session.execute(text("select subject, notification_id from inbox_strays")).all()
        assert due_lanes(session) == set()
    assert [tuple(row) for row in strays] == [("fake-nobody", "fake-note-1")]
    assert not _inbox(desk)


def test_a_rolled_back_webhook_leaves_neither_row_nor_bell(desk: Desk) -> None:
    with desk.database.system_session() as session:
        record_notification(session, NOTE)
        session.rollback()
    with desk.system() as session:
        assert due_lanes(session) == set()
    assert not _inbox(desk)


def test_a_suppliers_letter_is_kept_unverified_and_wakes_its_tracking_lane(desk: Desk) -> None:
    with desk.session() as session:
        item = add_item(session, desk.ours, kind="rest")
        session.execute(
            text(
                "insert into lanes (agency_id, client_id, supplier_id, api) "
                f"values ({item.agency_id}, {item.client_id}, {item.supplier_id}, 'tracking')"
            )
        )
    letter = Letter(
        "rest", desk.ours.public["supplier"], "fake-hash", {"x-supplier-signature": "fake"}, '{"a": "é"}'
    )
    with desk.system() as session:
        record_letter(session, letter)
        record_letter(session, letter)
        assert due_lanes(session) == {("tracking", None)}
    with desk.session() as session:
        (payload,) = session.scalars(text("select payload from inbox_items"))
    assert payload == {"headers": {"x-supplier-signature": "fake"}, "raw": '{"a": "é"}'}


def test_a_letter_under_the_wrong_kind_is_not_found(desk: Desk) -> None:
    with desk.session() as session:
        add_item(session, desk.ours, kind="rest")
    with desk.system() as session, pytest.raises(NotFound):
        record_letter(session, Letter("cj", desk.ours.public["supplier"], "fake-hash", {}, "{}"))
