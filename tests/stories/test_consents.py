"""A supplier hears a buyer's address only while the client agrees; a withdrawal stops what was not sent yet."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agency.domain.errors import Conflict
from agency.services.consents import record_consent, withdraw_consent
from agency.services.handwork import claim_purchase
from tests.stories.cast import US, sku_id
from tests.stories.journey import Journey


def _withdraw(journey: Journey, supplier: str) -> None:
    with journey.session() as session:
        withdraw_consent(journey.scope(), session, journey.suppliers[supplier], journey.now)


def _agree(journey: Journey, supplier: str) -> None:
    with journey.session() as session:
        record_consent(journey.scope(), session, journey.suppliers[supplier], "Ana of Luma", journey.now)


@pytest.mark.parametrize(("supplier", "sku"), [("east", "MUG"), ("cj", "LAMP"), ("workshop", "CARD")])
def test_nothing_is_bought_at_a_supplier_before_the_client_agrees(
    journey: Journey, supplier: str, sku: str
) -> None:
    _withdraw(journey, supplier)
    number = journey.place(US, sku_id(sku))
    journey.live(3, steps=2)
    (blocker,) = journey.order(number).blockers
    assert (blocker["code"], blocker["approvable"]) == ("consent_missing", False)
    assert blocker["supplier"] == journey.suppliers[supplier]
    row = journey.attentions(number)["blocked"]
    assert (row.action, row.supplier_id is not None) == ("record_consent", True)
    assert journey.purchases(number) == []

    _agree(journey, supplier)
    journey.live(1)
    assert len(journey.purchases(number)) == 1
    assert "blocked" not in journey.attentions(number)


def test_own_stock_needs_no_consent(journey: Journey) -> None:
    with journey.session() as session, pytest.raises(Conflict):
        record_consent(journey.scope(), session, journey.suppliers["shelf"], "Ana", journey.now)
    number = journey.place(US, sku_id("BOOK"))
    journey.live(2)
    assert [purchase.state for purchase in journey.purchases(number)] == ["paid"]


def test_a_withdrawal_between_plan_and_purchase_sends_no_address(journey: Journey) -> None:
    journey.sim("faults", http_429={"next": 1, "path": "/suppliers/rest/orders", "method": "POST"})
    number = journey.place(US, sku_id("MUG"), status="AWAITING_SHIPMENT")
    journey.pass_time(timedelta(minutes=61))
    journey.work()
    assert [purchase.state for purchase in journey.purchases(number)] == ["ready"]
    _withdraw(journey, "east")
    journey.live(2, steps=4)
    assert [purchase.state for purchase in journey.purchases(number)] == ["cancelled"]
    assert [blocker["code"] for blocker in journey.order(number).blockers] == ["consent_missing"]
    assert journey.supplied(number) == []
    _agree(journey, "east")
    journey.live(1)
    assert len(journey.supplied(number)) == 1


def test_a_person_cannot_claim_a_purchase_without_the_consent(journey: Journey) -> None:
    number = journey.place(US, sku_id("CARD"))
    journey.live_until(lambda: bool(journey.purchases(number)), step_hours=1, most_hours=6)
    purchase = str(journey.purchases(number)[0].public_id)
    with journey.session() as session:
        claim_purchase(journey.scope(), session, purchase, journey.now)
    _withdraw(journey, "workshop")
    # A claimed one may be bought already, so it is left to its person; nobody else can take it up.
    assert journey.purchases(number)[0].state == "ready"
    with journey.session() as session, pytest.raises(Conflict, match="has not agreed"):
        claim_purchase(journey.scope(), session, purchase, journey.now)
    _agree(journey, "workshop")
