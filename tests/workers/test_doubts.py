"""Money rules 4 and 6: a doubt is settled by proof, by the vendor's memory or by a person; never by sending again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from agency.domain.effects import VendorMemory
from agency.domain.errors import Unavailable
from agency.models.effects import Effect
from agency.services.effects import claim_sending, doubt_everything, list_due
from tests.workers.stand import Stand, says
from workers.attempts import note_stale

FINDS = VendorMemory(dedupes_by_key=False, finds_by_reference=True, quarantine=timedelta(minutes=15))
DEDUPES = VendorMemory(dedupes_by_key=True, finds_by_reference=False, key_retention=timedelta(hours=24))
FORGETS = VendorMemory(dedupes_by_key=False, finds_by_reference=False)


def test_a_sending_without_a_process_becomes_a_doubt(stand: Stand) -> None:
    with stand.desk.session() as session:
        claim_sending(session, session.get_one(Effect, stand.effect_id), timedelta(seconds=-1))
    with stand.desk.session() as session:
        due = [effect.id for effect in list_due(session, shop_id=stand.turn.shop_id, limit=500)]
    assert stand.effect_id in due
    vendor = says("yes")
    note_stale(stand.context, stand.turn, stand.effect(), vendor.write().on_doubt)
    assert stand.state() == ("unknown", 1)
    assert vendor.sends == 0


def test_a_doubt_that_is_found_is_confirmed_without_sending(stand: Stand) -> None:
    stand.in_doubt(timedelta(seconds=5))
    vendor = says("never asked")
    stand.settle(vendor.doubt(FINDS, lambda: "found"))
    assert (stand.state(), vendor.told, vendor.sends) == (("confirmed", 1), ["confirmed found"], 0)


def test_not_found_before_the_quarantine_proves_nothing(stand: Stand) -> None:
    stand.in_doubt(timedelta(minutes=14))
    for _ in range(5):
        stand.settle(says("").doubt(FINDS, lambda: None))
    assert stand.state() == ("unknown", 1)
    assert stand.effect().absent_count == 0


def test_two_absences_after_the_quarantine_allow_another_send(stand: Stand) -> None:
    stand.in_doubt(timedelta(minutes=16))
    vendor = says("")
    stand.settle(vendor.doubt(FINDS, lambda: None))
    assert (stand.state(), stand.effect().absent_count) == (("unknown", 1), 1)
    stand.settle(vendor.doubt(FINDS, lambda: None))
    assert (stand.state(), stand.effect().absent_count) == (("unknown", 1), 2)
    stand.settle(vendor.doubt(FINDS, lambda: None))
    assert (stand.state(), vendor.told) == (("intended", 1), ["send_again"])
    assert stand.effect().absent_count == 0, "the next doubt starts from nothing"


def test_the_age_is_measured_before_the_look_up(stand: Stand) -> None:
    """A look-up that lasts beyond the end of the quarantine was asked too early, whatever it answers."""
    stand.in_doubt(timedelta(minutes=1))
    memory = VendorMemory(False, True, quarantine=timedelta(minutes=1, milliseconds=150))
    sent_at = stand.effect().sent_at
    assert sent_at is not None

    def last_long() -> None:
        while datetime.now(UTC) < sent_at + memory.quarantine:
            stand.effect()

    stand.settle(says("").doubt(memory, last_long))
    assert stand.effect().absent_count == 0


def test_a_look_up_that_fails_counts_for_nothing(stand: Stand) -> None:
    stand.in_doubt(timedelta(hours=1), absent=1)

    def fail() -> None:
        raise Unavailable("down")

    stand.settle(says("").doubt(FINDS, fail))
    assert (stand.state(), stand.effect().absent_count) == (("unknown", 1), 1)
    assert stand.effect().next_at > datetime.now(UTC)


def test_a_vendor_that_knows_keys_again_gets_the_same_key_while_it_remembers(stand: Stand) -> None:
    stand.in_doubt(timedelta(hours=1))
    vendor = says("")
    stand.settle(vendor.doubt(DEDUPES, lambda: None))
    assert (stand.state(), vendor.told) == (("intended", 1), ["send_again"])


@pytest.mark.parametrize(("memory", "age"), [(DEDUPES, timedelta(hours=13)), (FORGETS, timedelta(seconds=1))])
def test_what_no_machine_can_prove_goes_to_a_person(
    stand: Stand, memory: VendorMemory, age: timedelta
) -> None:
    stand.in_doubt(age)
    vendor = says("")
    stand.settle(vendor.doubt(memory, lambda: None))
    assert (stand.state(), vendor.told, vendor.sends) == (("review", 1), ["review"], 0)


def test_after_a_restore_every_open_effect_is_a_doubt_first(stand: Stand) -> None:
    with stand.desk.session() as session:
        assert doubt_everything(session) >= 1
    assert stand.state() == ("unknown", 0)
