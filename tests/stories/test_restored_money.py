"""Money that TikTok paid in the gap of a restored backup: it finds its order, whatever is read first."""

from __future__ import annotations

from pathlib import Path

import psycopg

from tests.stories.cast import US, open_agency, sku_id
from tests.stories.set_back import Time, catch_up


def test_a_statement_read_before_its_orders_waits_for_them(tmp_path: Path) -> None:
    """The restored copy hears of the money before it has read the order again."""
    time = Time(tmp_path)
    journey = time.journey
    try:
        open_agency(journey, pace=0.5)
        time.dump()
        number = journey.place(US, sku_id("MUG"), status="AWAITING_SHIPMENT")
        journey.live_until(journey.is_at(number, "settled"), step_hours=12, most_hours=24 * 20)
        time.set_back()
        time.recover()
        with psycopg.connect(journey.owner_url) as owner:
            owner.execute("update lanes set due_at = now() - interval '1 hour' where api = 'finance'")
        catch_up(journey)

        journey.live_until(journey.is_at(number, "settled"), step_hours=6, most_hours=48)
        assert "money_mismatch" not in journey.attentions()
        with psycopg.connect(journey.owner_url) as owner:
            lost = "select count(*) from ledger_entries where order_id is null and statement_id <> ''"
            assert owner.execute(lost).fetchone() == (0,)
    finally:
        time.close()
