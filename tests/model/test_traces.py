"""Orders of events that are rare, dangerous, and too long for chance: each is one story, told step by step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from agency.domain.effects import EffectState
from tests.desk import Desk
from tests.model.machine import Ledger, machine_on
from workers.context import Context

HOURS = timedelta(hours=11)
Begin = Callable[[str], Ledger]


@pytest.fixture
def begin(desk: Desk, context: Context) -> Iterator[Begin]:
    """A fresh effect at a vendor of that kind."""
    with machine_on(desk, context) as machine:

        def make(kind: str) -> Ledger:
            story = machine()
            story.intend(kind)
            return story

        yield make


def end(story: Ledger) -> None:
    """Left alone, it comes to an end; nothing was done twice on the way."""
    story.never_twice()
    story.teardown()


def test_a_key_that_the_vendor_forgot_is_never_used_again(begin: Begin) -> None:
    """Each lost answer is young, and yet the first use of the key is older than the vendor remembers."""
    story = begin("key")
    story.serve("answer lost")
    for _again in range(4):
        story.time_passes(HOURS)
        story.serve("go")
        story.serve("answer lost")
    end(story)


def test_a_restored_backup_waits_for_what_may_still_be_on_its_way(begin: Begin) -> None:
    """The backup knows an old attempt; the last one went out a moment before the fall."""
    story = begin("reference")
    story.serve("busy")
    story.time_passes(timedelta(hours=1))
    story.dump()
    story.serve("slow")
    story.restore()
    story.serve("go")
    story.serve("go")
    story.serve("go")
    story.serve("yes")
    end(story)


def test_a_restored_backup_counts_no_absence_that_it_remembers(begin: Begin) -> None:
    """The backup holds a doubt that was proved absent twice; it was sent again after the backup."""
    story = begin("reference")
    story.serve("request lost")
    for _turn in range(4):
        if story.effect().absent_count < 2:
            story.serve("go")
    story.dump()
    story.serve("go")
    story.serve("slow")
    story.restore()
    for _turn in range(4):
        story.serve("yes")
    end(story)


def test_a_restored_backup_does_not_trust_an_old_key(begin: Begin) -> None:
    """What was bought after the backup may be older than the vendor's memory of keys when the backup comes back."""
    story = begin("key")
    story.dump()
    story.serve("yes")
    story.time_passes(HOURS)
    story.time_passes(HOURS)
    story.time_passes(HOURS)
    story.restore()
    story.serve("go")
    story.serve("yes")
    end(story)


def test_absence_inside_the_quarantine_proves_nothing(begin: Begin) -> None:
    """Two look-ups find nothing while the request is still on its way; it arrives before the third."""
    story = begin("reference")
    story.serve("slow")
    story.serve("go")
    story.serve("go")
    story.time_passes(timedelta(minutes=14))
    if story.vendor.on_the_way:  # else the process waited for it, as it should
        story.vendor.arrive()
    story.time_passes(timedelta(minutes=2))
    story.serve("go")
    story.serve("yes")
    end(story)


def test_a_look_up_that_answers_late_is_not_younger_than_its_question(begin: Begin) -> None:
    """The question was asked inside the quarantine, its answer is read after it."""
    story = begin("reference")
    story.serve("slow")
    for _worker in range(2):
        story.wait_until_due()
        story.start()
    story.vendor.arrive()
    story.time_passes(timedelta(minutes=20))
    while story.workers:
        story.workers[0].go_on("go")
        story._keep(story.workers)
    story.serve("go")
    story.serve("yes")
    end(story)


@pytest.mark.parametrize("kind", ["reference", "key", "both", "neither"])
@pytest.mark.parametrize("death", ["killed", "killed after", "answer lost", "request lost", "slow"])
def test_whatever_happens_to_a_request_it_is_done_once_or_in_front_of_a_person(
    begin: Begin, kind: str, death: str
) -> None:
    story = begin(kind)
    story.serve(death)
    story.teardown()
    assert story.effect().state in (EffectState.CONFIRMED, EffectState.REVIEW)


def test_two_processes_that_both_opened_their_connection_send_once(begin: Begin) -> None:
    """Both read the effect before either claimed it."""
    story = begin("neither")
    story.start()
    story.start()
    for worker in list(story.workers):
        while not worker.is_over:
            worker.go_on("yes" if worker.place == "sending" else "go")
    story._keep(story.workers)
    end(story)


def test_a_process_that_slept_after_its_commit_does_not_send_any_more(begin: Begin) -> None:
    """Stopped for longer than every lease between the commit and the first byte; meanwhile another one did it."""
    story = begin("reference")
    story.start()
    sleeper = story.workers[0]
    sleeper.go_on("go")
    story.time_passes(timedelta(minutes=20))
    for _turn in range(4):
        story.wait_until_due()
        story.start()
        for worker in story.workers:
            while worker is not sleeper and not worker.is_over:
                worker.go_on("yes" if worker.place == "sending" else "go")
        story._keep(story.workers)
    sleeper.go_on("yes")
    story._keep(story.workers)
    end(story)
