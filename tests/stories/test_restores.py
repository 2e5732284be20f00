"""A backup from the middle of the work, really dumped and restored, while suppliers, TikTok and people went on."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import select, text

from agency.models.attention import Attention
from agency.models.catalog import SupplierItem
from agency.models.shops import Shop
from agency.services.approvals import approve
from agency.services.audit_reading import verify_chain
from agency.services.handwork import claim_purchase, record_bought
from agency.services.mappings import NewMapping, map_sku
from agency.services.reviews import settle_review
from tests.stories.cast import US, sku_id
from tests.stories.set_back import Time, catch_up


@pytest.mark.parametrize("sku", ["MUG", "CUP", "LAMP"])
def test_what_was_bought_and_shipped_after_the_backup_is_found_and_not_bought_again(
    time: Time, sku: str
) -> None:
    journey = time.journey
    fresh = journey.place(US, sku_id(sku), status="AWAITING_SHIPMENT")  # known in the backup, bought after it
    with journey.session() as session:
        session.execute(text("update lanes set due_at = now() where api = 'orders'"))
    time.dump()
    late = journey.place(US, sku_id(sku), status="AWAITING_SHIPMENT")
    for number in (fresh, late):
        journey.live_until(lambda number=number: journey.sold(number)["packages"] != [], step_hours=3)  # type: ignore[misc]
    time.set_back()
    time.recover()
    catch_up(journey)

    for number in (fresh, late):
        assert len(journey.supplied(number)) == 1
        assert [purchase.state for purchase in journey.purchases(number)] == ["shipped"]
        assert [order["paid_count"] for order in journey.supplied(number)] == [1]
        assert [parcel.state for parcel in journey.parcels(number)] in (["pushed"], ["in_transit"])
        assert journey.attentions(number) == {}
    journey.live_until(journey.is_at(late, "settled"), step_hours=12, most_hours=24 * 20)
    assert journey.purchases(late)[0].state == "closed"


def test_nothing_is_sent_from_a_restored_copy_before_somebody_vouches_for_it(time: Time) -> None:
    journey = time.journey
    number = journey.place(US, sku_id("MUG"), status="AWAITING_SHIPMENT")
    time.dump()
    time.set_back()
    journey.pass_time(timedelta(hours=3))
    assert journey.work() == 0
    assert journey.supplied(number) == []

    time.recover()
    catch_up(journey)
    assert len(journey.supplied(number)) == 1


def test_without_asking_first_a_restored_copy_would_buy_twice(time: Time) -> None:
    """The check of this file can fail: the place is noted and nothing else is done."""
    journey = time.journey
    number = journey.place(US, sku_id("JAR"), status="AWAITING_SHIPMENT")
    time.dump()
    journey.live_until(lambda: journey.supplied(number) != [], step_hours=0.5)
    time.set_back()
    with psycopg.connect(journey.owner_url) as owner:
        owner.execute("select settle_home()")
        owner.execute("update lanes set due_at = now(), lease_until = null")
    catch_up(journey)
    assert len(journey.supplied(number)) == 2


def test_a_supplier_that_finds_nothing_puts_every_order_of_the_gap_before_a_person(time: Time) -> None:
    journey = time.journey
    time.dump()
    bought = journey.place_bought(US, sku_id("JAR"))
    unread = journey.place(US, sku_id("JAR"), status="AWAITING_SHIPMENT")
    time.set_back()
    time.recover()
    catch_up(journey)

    for number in (bought, unread):
        row = journey.attentions(number)["purchase_review"]
        assert ("had forgotten" if number == bought else "may have been bought at Deaf between") in row.why
    (theirs,) = journey.supplied(bought)
    with journey.session() as session:
        answer = ("bought", theirs["supplier_order_id"], theirs["total_minor"])
        settle_review(
            journey.scope(), session, str(journey.purchases(bought)[0].public_id), *answer, journey.now
        )
    with journey.session() as session:
        wanted = str(journey.purchases(unread)[0].public_id)
        settle_review(journey.scope(), session, wanted, "not_bought", "", None, journey.now)
    catch_up(journey)
    assert [len(journey.supplied(number)) for number in (bought, unread)] == [1, 1]
    later = journey.place(US, sku_id("JAR"), status="AWAITING_SHIPMENT")
    catch_up(journey)
    assert len(journey.supplied(later)) == 1, "an order of after the restore waits for nobody"


def test_an_order_that_was_bought_elsewhere_in_the_gap_waits_for_a_yes(time: Time) -> None:
    """In the gap a person mapped the sku to another supplier; the restored mapping points at the first one again."""
    journey = time.journey
    time.dump()
    with journey.session() as session:
        shop = session.scalars(select(Shop).where(Shop.tiktok_shop_id == US)).one()
        mug = session.scalars(select(SupplierItem.public_id).where(SupplierItem.supplier_sku == "MUG")).one()
        wanted = NewMapping(str(shop.public_id), sku_id("CUP"), str(mug))
        map_sku(journey.scope(), session, wanted, journey.now)
    number = journey.place_bought(US, sku_id("CUP"))
    assert journey.supplied(number)[0]["reference"].startswith("TS-")
    time.set_back()
    time.recover()
    catch_up(journey)
    assert [blocker["code"] for blocker in journey.order(number).blockers] == ["bought_elsewhere"]
    assert journey.attentions()["strange_purchase"].supplier_id is not None
    assert len(journey.supplied(number)) == 1
    with journey.session() as session:  # a person looked, and wants it from here too
        approve(journey.scope(), session, number, None, journey.now)
    catch_up(journey)
    assert len(journey.supplied(number)) == 2


def test_what_people_bought_or_packed_in_the_gap_is_looked_for_before_it_is_done_again(time: Time) -> None:
    journey = time.journey
    open_before, unpacked = (
        journey.place(US, sku_id(sku), status="AWAITING_SHIPMENT") for sku in ("CARD", "BOOK")
    )
    journey.live_until(lambda: "buy_by_hand" in journey.attentions(open_before), step_hours=0.5)
    journey.live_until(lambda: "pack" in journey.attentions(unpacked), step_hours=0.5)
    time.dump()
    late = journey.place(US, sku_id("CARD"), status="AWAITING_SHIPMENT")
    packed = journey.place(US, sku_id("BOOK"), status="AWAITING_SHIPMENT")
    journey.live_until(lambda: journey.purchases(late) != [], step_hours=0.5)
    for number in (open_before, late):
        with journey.session() as session:
            wanted = str(journey.purchases(number)[0].public_id)
            claim_purchase(journey.scope(), session, wanted, journey.now)
            record_bought(journey.scope(), session, wanted, f"HAND-{number[-4:]}", 900, journey.now)
    time.set_back()
    time.recover()
    catch_up(journey)
    for number in (open_before, late):
        assert "this restored database does not know" in journey.attentions(number)["buy_by_hand"].why
    for number in (unpacked, packed):
        assert "It may have been packed between" in journey.attentions(number)["pack"].why
    with journey.session() as session:
        query = select(Attention.why).where(Attention.kind == "restored")
        told = session.scalars(query.where(Attention.client_id == journey.clients["Luma"])).one()
    assert "Compare the order list of Deaf, Workshop" in told
    assert "Count what is on the shelf of Shelf." in told
    young = journey.place(US, sku_id("CARD"), status="AWAITING_SHIPMENT")
    journey.live_until(lambda: journey.purchases(young) != [], step_hours=0.5)
    assert "restored" not in journey.attentions(young)["buy_by_hand"].why


def test_an_order_that_was_cancelled_everywhere_in_the_gap_ends_cancelled(time: Time) -> None:
    journey = time.journey
    number = journey.place_bought(US, sku_id("CUP"))
    time.dump()
    with journey.tampering(number) as order:
        order.doc["status"], order.doc["cancelled_at"] = "CANCELLED", int(journey.now.timestamp())
        order.doc["cancel_reason"], order.doc["cancelled_by"] = "changed mind", "BUYER"
    journey.live_until(lambda: journey.supplied(number) == [], step_hours=0.5)
    time.set_back()
    time.recover()
    catch_up(journey)
    assert [purchase.state for purchase in journey.purchases(number)] == ["cancelled"]
    assert "cancelled_after_purchase" not in journey.attentions(number)


@pytest.mark.parametrize(("sku", "ends", "bought"), [("CUP", "paid", 1), ("JAR", "review", 0)])
def test_a_backup_from_the_very_moment_of_sending_ends_well(
    time: Time, sku: str, ends: str, bought: int
) -> None:
    """The backup says "being sent", and it never was."""
    journey = time.journey
    journey.sim("faults", http_429={"probability": 1.0, "path": "/suppliers/rest/items"})
    number = journey.place(US, sku_id(sku), status="AWAITING_SHIPMENT")
    journey.live_until(lambda: journey.purchases(number) != [], step_hours=0.5)
    with psycopg.connect(journey.owner_url) as owner:
        owner.execute(
            """
            update effects set state = 'sending', attempts = attempts + 1, sent_at = now(), first_sent_at = now()
            where state = 'intended'
            """
        )
        owner.execute("update purchases set state = 'placing' where state = 'ready'")
    time.dump()
    journey.sim("faults", preset="none")
    time.set_back()
    time.recover()
    catch_up(journey)
    assert [purchase.state for purchase in journey.purchases(number)] == [ends]
    assert len(journey.supplied(number)) == bought


def test_an_order_in_doubt_that_is_cancelled_is_taken_back_once_it_is_found(time: Time) -> None:
    """Open in the backup, bought after it, cancelled before the supplier was asked: what may be sent is not let go."""
    journey = time.journey
    journey.sim("faults", http_429={"probability": 1.0, "path": "/suppliers/rest/items"})
    number = journey.place(US, sku_id("CUP"), status="AWAITING_SHIPMENT")
    journey.live_until(lambda: journey.purchases(number) != [], step_hours=0.5)
    time.dump()
    journey.sim("faults", preset="none")
    journey.live_until(lambda: journey.supplied(number) != [], step_hours=0.5)
    time.set_back()
    with journey.tampering(number) as order:
        order.doc["status"], order.doc["cancelled_at"] = "CANCELLED", int(journey.now.timestamp())
        order.doc["cancel_reason"], order.doc["cancelled_by"] = "changed mind", "BUYER"
    time.recover()
    catch_up(journey)
    assert journey.supplied(number) == []
    assert [purchase.state for purchase in journey.purchases(number)] == ["cancelled"]


def test_what_had_ended_does_not_live_again(time: Time) -> None:
    """Sessions and keys that were ended after the backup, links that were used, and contacts that were erased."""
    journey = time.journey
    number = journey.place_bought(US, sku_id("MUG"))
    with psycopg.connect(journey.owner_url) as owner:
        member = owner.execute("select id, agency_id, user_id from memberships").fetchone()
        owner.execute(
            """
            insert into sessions (token_hash, user_id, membership_id, last_seen_at, expires_at)
            values ('one', %(user)s, %(member)s, now(), now() + interval '1 day')
            """,
            {"user": member[2], "member": member[0]},  # type: ignore[index]
        )
        owner.execute(
            """
            insert into api_tokens (agency_id, membership_id, name, hint, token_hash, areas, expires_at)
            values (%(agency)s, %(member)s, 'books', 'abc', 'two', '["orders:read"]', now() + interval '1 day')
            """,
            {"agency": member[1], "member": member[0]},  # type: ignore[index]
        )
        owner.execute(
            """
            insert into mail_links (purpose, token_hash, user_id, email, expires_at)
            values ('reset_password', 'three', %(user)s, 'owner@example.test', now() + interval '1 day')
            """,
            {"user": member[2]},  # type: ignore[index]
        )
        owner.execute(
            "update orders set stage = 'settled', status = 'COMPLETED', settled_at = %s", [journey.now]
        )
    time.dump()
    time.set_back()
    journey.pass_time(timedelta(days=31))
    time.recover()
    with psycopg.connect(journey.owner_url) as owner:
        for query in (
            "select count(*) from sessions where revoked_at is null",
            "select count(*) from api_tokens where revoked_at is null",
            "select count(*) from mail_links where used_at is null",
            "select count(*) from order_contacts",
        ):
            assert owner.execute(query).fetchone() == (0,), query
    assert journey.order(number).address_key == ""
    with journey.session() as session:
        check = verify_chain(session, journey.agency_id)
    assert (check.broken, check.number > 0) == (None, True)


def test_recovering_twice_changes_nothing_more(time: Time) -> None:
    journey = time.journey
    number = journey.place(US, sku_id("JAR"), status="AWAITING_SHIPMENT")
    time.dump()
    time.set_back()
    time.recover()
    time.recover()
    with psycopg.connect(journey.owner_url) as owner:
        owner.execute("update home set place = 'elsewhere'")
    time.recover()
    catch_up(journey)
    assert len(journey.purchases(number)) == 1
    assert journey.supplied(number) == []
