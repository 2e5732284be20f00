"""A seller withdraws the grant: the token desk confirms it, then tokens and buyers' contacts are gone at once."""

from __future__ import annotations

from datetime import timedelta
from itertools import count

from sqlalchemy import select, text

from agency.models.shops import Authorization, Shop
from agency.services.inbox import Notification, record_notification
from agency.transaction import system_transaction
from tests.stories.cast import GB, US, connect, sku_id
from tests.stories.journey import Journey

_numbers = count(1)


def _announce(journey: Journey, shop: str) -> None:
    """TikTok's webhook of type 6, its signature checked."""
    note = Notification(
        shop, f"fake-note-{next(_numbers)}", "deauthorized", "", {}, authorization_changed=True
    )
    with system_transaction(journey.database) as session:
        assert record_notification(session, note)
    journey.pass_time(timedelta(seconds=30))
    journey.work()


def _contacts(journey: Journey, shop: str) -> int:
    query = "select count(*) from order_contacts c join shops s on s.id = c.shop_id where s.tiktok_shop_id = :shop"
    with journey.session() as session:
        found: int = session.execute(text(query), {"shop": shop}).scalar_one()
    return found


def _grant(journey: Journey, shop: str) -> Authorization:
    with journey.session() as session:
        query = select(Authorization).join(Shop, Shop.authorization_id == Authorization.id)
        return session.scalars(query.where(Shop.tiktok_shop_id == shop)).one()


def test_a_notice_alone_erases_nothing_while_the_grant_stands(journey: Journey) -> None:
    number = journey.place(US, sku_id("HAT"))
    journey.live(3)
    assert journey.is_known(number)
    kept, before = _contacts(journey, US), _grant(journey, US).token_version
    assert kept

    _announce(journey, US)

    after = _grant(journey, US)
    assert (after.state, after.token_version) == ("active", before + 1)
    assert _contacts(journey, US) == kept
    with journey.session() as session:
        outcomes = session.scalars(text("select outcome from inbox_items where kind = 'deauthorized'")).all()
    assert outcomes == ["the grant stands"]


def test_a_confirmed_withdrawal_erases_tokens_and_contacts_of_that_seller_only(journey: Journey) -> None:
    ours, theirs = journey.place(US, sku_id("HAT")), journey.place(GB, sku_id("TRAY"))
    journey.live(3)
    assert journey.is_known(ours)
    kept = _contacts(journey, US)
    assert _contacts(journey, GB)
    journey.sim("tokens/kill", seller_id="seller-kite", what="all")

    _announce(journey, GB)

    grant = _grant(journey, GB)
    assert (grant.state, grant.sealed_tokens, grant.sealed_code) == ("revoked", None, None)
    assert (_contacts(journey, GB), _contacts(journey, US)) == (0, kept)
    assert "reconnect" in journey.attentions()
    with journey.session() as session:
        query = "select details from audit_entries where action = 'contacts.erased'"
        (details,) = session.scalars(text(query)).all()
        keys = session.scalars(
            text(
                "select address_key from orders o join shops s on s.id = o.shop_id where s.tiktok_shop_id = :gb"
            ),
            {"gb": GB},
        ).all()
    assert details["contacts"] > 0
    assert set(keys) == {""}
    journey.live(2)
    assert _contacts(journey, GB) == 0

    # The seller connects again: what is still to be delivered has its address again and goes on.
    connect(journey, "Kite", "seller-kite")
    journey.live_until(journey.is_at(theirs, "bought", "shipped"), step_hours=1, most_hours=12)
    assert _contacts(journey, GB) > 0
