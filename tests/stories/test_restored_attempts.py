"""An attempt that is open in the backup ended in the gap, and the next one bought the order."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from agency.services.approvals import hold, release_hold
from tests.stories.cast import US, open_agency, sku_id
from tests.stories.set_back import Time, catch_up


def test_a_later_attempt_that_the_backup_does_not_know_is_taken_into_the_books(tmp_path: Path) -> None:
    time = Time(tmp_path)
    journey = time.journey
    try:
        open_agency(journey, pace=0.5)
        journey.sim("faults", http_429={"probability": 1.0, "path": "/suppliers/rest/items"})
        number = journey.place(US, sku_id("CUP"), status="AWAITING_SHIPMENT")
        journey.live_until(lambda: journey.purchases(number) != [], step_hours=0.5)
        time.dump()
        journey.sim("faults", preset="none")
        for act in (hold, release_hold):
            with journey.session() as session:
                act(journey.scope(), session, number, journey.now)
        journey.live_until(lambda: journey.supplied(number) != [], step_hours=0.5)
        assert journey.supplied(number)[0]["reference"].endswith("-2")
        time.set_back()
        time.recover()
        catch_up(journey)
        journey.pass_time(timedelta(minutes=16))
        journey.work()
        assert [purchase.state for purchase in journey.purchases(number)] == ["cancelled", "paid"]
        assert len(journey.supplied(number)) == 1
        assert journey.order(number).blockers == []
        assert "strange_purchase" not in journey.attentions()
    finally:
        time.close()
