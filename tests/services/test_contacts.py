"""The buyer's address: masked until somebody asks, and then it is written down who did."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from agency.domain.addresses import Address
from agency.domain.errors import Forbidden, NotFound
from agency.models.orders import Order, OrderContact
from agency.services.contacts import MOST_AN_HOUR, TooManyViews, reveal_contact
from agency.services.contacts_store import StoredContact, place_of
from agency.services.order_pages import get_order_page
from agency.services.sealing import Keyring
from tests.databases import MASTER_KEY
from tests.desk import NOW, Desk
from tests.desk_rows import add_order, add_row, keys_of, order_page

KEYS = Keyring(MASTER_KEY)
BUYER = Address("Jo Fake", "+15550100", "1 Fake Street", "", "Portland", "OR", "97201", "US")


def _contact(session: Session, desk: Desk, order: Order, *, masked: bool = False) -> None:
    sealed = KEYS.seal(
        desk.ours.scope(), session, order.client_id, place_of(order.id), json.dumps(asdict(BUYER)).encode()
    )
    contact = {"order_id": order.id, "sealed_address": sealed, "masked": masked, "seen_at": NOW}
    add_row(session, OrderContact(**keys_of(order), **contact))


def test_the_address_is_masked_until_somebody_asks_and_that_is_recorded(desk: Desk, session: Session) -> None:
    order = add_order(session, desk.ours)
    _contact(session, desk, order)
    page = order_page(desk, session, order)
    assert page.contact.state == "clear"
    assert not any(part in line for line in page.contact.lines for part in ("Jo", "Fake", "97201", "0100"))
    assert reveal_contact(desk.ours.scope(), session, KEYS, order.tiktok_order_id, NOW) == BUYER
    assert [(row.title, row.who) for row in order_page(desk, session, order).events] == [
        ("Full address shown", "You")
    ]


def test_a_viewer_sees_no_full_address_and_leaves_no_trace(desk: Desk, session: Session) -> None:
    order = add_order(session, desk.ours)
    _contact(session, desk, order)
    with pytest.raises(Forbidden):
        reveal_contact(desk.ours.scope(role="viewer"), session, KEYS, order.tiktok_order_id, NOW)
    assert not order_page(desk, session, order).events


def test_an_order_without_an_address_says_so(desk: Desk, session: Session) -> None:
    order = add_order(session, desk.ours)
    assert order_page(desk, session, order).contact.state == "absent"
    with pytest.raises(NotFound):
        reveal_contact(desk.ours.scope(), session, KEYS, order.tiktok_order_id, NOW)


def test_an_address_sealed_with_another_key_does_not_take_the_page_down(desk: Desk, session: Session) -> None:
    order = add_order(session, desk.ours)
    _contact(session, desk, order)
    other = Keyring("b" * 43 + "=")
    page = get_order_page(desk.ours.scope(), session, other, order.tiktok_order_id, NOW)
    assert page.contact.lines == ("The address cannot be opened with the present key.",)


def test_sixty_looks_an_hour_are_allowed_to_each_person_and_an_hour_later_again(desk: Desk) -> None:
    with desk.session() as session:
        order = add_order(session, desk.ours)
        _contact(session, desk, order)
        number = order.tiktok_order_id
    me, colleague = desk.ours.scope(actor="user:71"), desk.ours.scope(actor="user:72")
    with desk.session(me) as session:
        for _look in range(MOST_AN_HOUR):
            reveal_contact(me, session, KEYS, number, NOW)
    with pytest.raises(TooManyViews, match="60 addresses within an hour"), desk.session(me) as session:
        reveal_contact(me, session, KEYS, number, NOW)
    with desk.session(colleague) as session:
        assert reveal_contact(colleague, session, KEYS, number, NOW) == BUYER

    with desk.owner() as connection:
        connection.execute("update audit_entries set at = at - interval '1 hour' where actor = 'user:71'")
    with desk.session(me) as session:
        assert reveal_contact(me, session, KEYS, number, NOW) == BUYER


def test_the_audit_log_says_who_looked_at_which_order_and_nothing_of_the_buyer(
    desk: Desk, session: Session
) -> None:
    order = add_order(session, desk.ours)
    _contact(session, desk, order)
    reveal_contact(desk.ours.scope(address="192.0.2.7"), session, KEYS, order.tiktok_order_id, NOW)
    query = text("select * from audit_entries where object_id = :number")
    (row,) = session.execute(query, {"number": order.tiktok_order_id}).mappings()
    assert (row["action"], row["actor"], row["address"]) == ("contact.revealed", "user:1", "192.0.2.7")
    assert not any(part in str(dict(row)) for part in (BUYER.name, BUYER.line1, BUYER.phone))


def test_what_holds_a_buyer_does_not_print_the_buyer() -> None:
    stored = StoredContact(BUYER, False, NOW)
    assert not any(part in repr(stored) for part in (BUYER.name, BUYER.line1, BUYER.phone, BUYER.city))
