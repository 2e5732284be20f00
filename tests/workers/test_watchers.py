"""Two watchers: each notices when what it watches falls silent, and the web tells when both do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from agency.clock import Clock
from agency.models.attention import Attention
from agency.services.figures import read_figures
from agency.services.readiness import read_readiness
from agency.services.watching import note_silences, silent_watcher
from tests.desk import Desk, open_desk
from workers.watcher import Watcher


@pytest.fixture(scope="module")
def made() -> Iterator[Desk]:
    with open_desk() as desk:
        yield desk


@pytest.fixture
def desk(made: Desk) -> Iterator[Desk]:
    made.clear()
    yield made
    made.clear()


@pytest.fixture
def watcher(desk: Desk) -> Watcher:
    with desk.owner() as owner:
        owner.execute("update lanes set last_turn_at = now()")
    return Watcher(desk.database, Clock(), counts=True)


def beat(desk: Desk, kind: str, age: timedelta) -> None:
    with desk.system() as session:
        session.execute(
            text(
                "insert into heartbeats (name, kind, pid, started_at, seen_at) values (:kind, :kind, 1, now(), "
                "now() - :age) on conflict (name) do update set seen_at = excluded.seen_at"
            ),
            {"kind": kind, "age": age},
        )


def silent(desk: Desk) -> dict[str, str]:
    """The open rows about silence in our agency: what is silent, and the words."""
    with desk.session() as session:
        query = select(Attention).where(Attention.kind == "machine_silent", Attention.resolved_at.is_(None))
        return {row.cause_key: row.why for row in session.scalars(query)}


def test_all_is_well_and_the_watcher_says_that_it_lives(desk: Desk, watcher: Watcher) -> None:
    beat(desk, "dispatcher", timedelta(seconds=5))
    beat(desk, "worker", timedelta(seconds=5))

    assert watcher.round() == 2  # both agencies

    assert silent(desk) == {}
    with desk.system() as session:
        assert read_readiness(session).ready


@pytest.mark.parametrize(("kind", "remedy"), [("dispatcher", "Start it again"), ("worker", "Start one")])
def test_a_silent_process_is_a_row_until_it_speaks(
    desk: Desk, watcher: Watcher, kind: str, remedy: str
) -> None:
    beat(desk, "dispatcher", timedelta(seconds=5))
    beat(desk, "worker", timedelta(seconds=5))
    beat(desk, kind, timedelta(minutes=7))

    watcher.round()

    assert set(silent(desk)) == {kind}
    assert "7 minutes" in silent(desk)[kind]
    assert remedy in silent(desk)[kind]
    beat(desk, kind, timedelta(seconds=1))
    watcher.round()
    assert silent(desk) == {}


def test_an_overdue_lane_and_missed_sweeps_are_rows(desk: Desk, watcher: Watcher) -> None:
    desk.rewrite("update lanes set due_at = now() - interval '11 minutes' where api = 'orders'")
    desk.rewrite(
        "insert into lanes (agency_id, client_id, shop_id, api, last_turn_at) "
        "select agency_id, client_id, id, 'sweep', now() - interval '3 hours' from shops on conflict do nothing"
    )

    watcher.round()

    assert set(silent(desk)) == {"lanes", "sweep"}
    assert "11 minutes" in silent(desk)["lanes"]
    desk.rewrite("update lanes set due_at = null, last_turn_at = now()")
    watcher.round()
    assert silent(desk) == {}


def test_a_shop_that_nobody_reads_is_told_and_woken_though_sweeps_are_dead(
    desk: Desk, watcher: Watcher
) -> None:
    with desk.owner() as owner:
        (name,) = owner.execute(
            "update shops set last_read_at = now() - interval '3 hours' where id = %s returning name",
            [desk.ours.shops["Luma"]],
        ).fetchone() or ("",)

    watcher.round()

    with desk.session() as session:
        query = select(Attention).where(Attention.kind == "shop_unread", Attention.resolved_at.is_(None))
        (row,) = session.scalars(query)
        due = session.scalar(
            text("select due_at <= now() from lanes where api = 'orders' and shop_id = :id"),
            {"id": desk.ours.shops["Luma"]},
        )
    assert name in row.why
    assert due


def test_the_sweep_notices_that_the_watcher_is_silent(desk: Desk) -> None:
    beat(desk, "watcher", timedelta(minutes=9))

    def sweep() -> None:
        with desk.system() as system:
            found = silent_watcher(system)
        with desk.session() as session:
            note_silences(desk.ours.scope(), session, ("watcher",), {"watcher": found} if found else {})

    sweep()
    assert "Start the mailer" in silent(desk)["watcher"]
    with desk.system() as session:
        assert any("watcher" in reason for reason in read_readiness(session).reasons)
    beat(desk, "watcher", timedelta(seconds=2))
    sweep()
    assert silent(desk) == {}


def test_the_last_heartbeat_of_a_kind_is_not_forgotten(desk: Desk, watcher: Watcher) -> None:
    beat(desk, "dispatcher", timedelta(hours=9))
    watcher.round()  # its own heartbeat tidies the old ones
    watcher.round()
    assert "540 minutes" in silent(desk)["dispatcher"]


def test_an_agency_that_cannot_be_looked_at_hides_no_other_and_silences_the_watcher(
    desk: Desk, watcher: Watcher
) -> None:
    beat(desk, "dispatcher", timedelta(minutes=7))
    with desk.owner() as owner:
        # The other agency's first client has a row that cannot be closed or freshened: its round fails.
        owner.execute(
            "create function refuse() returns trigger language plpgsql as $$ begin raise 'no'; end $$;"
            "create trigger refuse before insert on attentions for each row "
            f"when (new.agency_id = {desk.theirs.agency_id}) execute function refuse()"
        )
    try:
        assert watcher.round() == 1
    finally:
        with desk.owner() as owner:
            owner.execute("drop trigger refuse on attentions; drop function refuse()")

    assert "dispatcher" in silent(desk)
    with desk.system() as session:
        assert "watcher" not in read_readiness(session).heartbeat_seconds


def test_the_figures_add_up_over_agencies(desk: Desk, watcher: Watcher) -> None:
    watcher.round()
    with desk.system() as session:
        found = read_figures(session)
    with desk.owner() as owner:
        (shops,) = owner.execute("select count(*) from shops").fetchone() or (0,)
    assert found.values["shops", "all"] == shops
    assert found.values["announced_orders", ""] == 0
    assert found.age is not None
