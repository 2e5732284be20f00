"""A token is renewed once; whatever goes wrong around it, the grant stands as long as TikTok lets us in."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, text

from agency.models.shops import Authorization, Shop
from tests.stories.cast import US, sku_id
from tests.stories.journey import Journey

SHOPS = {"path": "/authorization/202309/shops", "method": "GET"}
REFRESH = {"path": "/api/v2/token/refresh", "method": "GET"}
LATER = timedelta(seconds=30)


def _grant(journey: Journey) -> Authorization:
    with journey.session() as session:
        query = select(Authorization).join(Shop, Shop.authorization_id == Authorization.id)
        return session.scalars(query.where(Shop.tiktok_shop_id == US)).one()


def _renew(journey: Journey) -> None:
    """The access token is near its end, as far as we can tell."""
    grant = _grant(journey)
    with journey.session() as session:
        session.get_one(Authorization, grant.id).problem = "token expired"
        query = text("update lanes set due_at = now() where authorization_id = :id")
        session.execute(query, {"id": grant.id})
    journey.work()


def test_new_tokens_are_kept_although_the_shops_cannot_be_read_then(journey: Journey) -> None:
    """The old refresh token is dead by then: tokens that were not written down at once would be lost."""
    before = _grant(journey)
    journey.sim("faults", http_429={"next": 1, **SHOPS})
    _renew(journey)
    assert journey.sim("faults")["dials"]["http_429"]["next"] == 0, "the fault happened"
    assert _grant(journey).token_version > before.token_version
    journey.pass_time(LATER)
    journey.work()

    after = _grant(journey)
    assert (after.id, after.state, after.problem) == (before.id, "active", "")
    assert "reconnect" not in journey.attentions()


def test_a_renewal_whose_answer_is_lost_is_told_and_ends_nothing_before_its_time(journey: Journey) -> None:
    """TikTok may have taken the old refresh token already; the access token goes on to open the shop until it ends."""
    number = journey.place(US, sku_id("CUP"))
    journey.live(0.2)
    before = _grant(journey)
    journey.sim("faults", auth_timeout_after={"next": 1, **REFRESH})
    _renew(journey)
    for _ in range(3):
        journey.pass_time(LATER)
        journey.work()

    grant = _grant(journey)
    assert (grant.id, grant.state) == (before.id, "active")
    assert grant.sealed_tokens is not None
    row = journey.attentions()["reconnect"]
    assert row.action == "reconnect"
    assert "until" in row.why
    journey.live_until(journey.is_at(number, "bought", "shipped"), step_hours=1, most_hours=12)

    journey.sim("tokens/kill", seller_id="seller-luma", what="access")
    _renew(journey)
    journey.pass_time(LATER)
    journey.work()
    assert _grant(journey).state == "revoked"
