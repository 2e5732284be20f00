"""Troubles are found, folded and told to those alone whose they are; trying again wakes the right lane."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from agency.clock import machine_now
from agency.domain.errors import Forbidden, Invalid, NotFound
from agency.services.machine_room import count_mails, list_processes, list_strays, tiktok_shops
from agency.services.totals import read_counts
from agency.services.work_lists import list_doubts, list_lanes, list_letters, read_queue
from agency.services.work_retries import retry_lane, retry_letters
from tests.desk import Desk, open_desk
from tests.work_rows import fill_work


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with open_desk() as made:
        with made.session() as session:
            fill_work(session, made)
        yield made


@pytest.fixture
def supplier(desk: Desk) -> str:
    return desk.ours.public["supplier"]


def test_lanes_in_trouble_come_first_and_say_what_is_wrong(desk: Desk) -> None:
    with desk.session() as session:
        rows = list_lanes(desk.ours.scope(), session).rows
        queue = read_queue(desk.ours.scope(), session)
    first, second = rows[:2]
    assert (first.api, first.state, first.trouble) == ("orders", "trouble", "Failed 4 times in a row.")
    assert first.problem == "TikTok answered 503"
    assert (second.api, second.name) == ("purchase", "Eastport")
    assert "nothing wakes it" in second.trouble
    assert {row.state for row in rows[2:]} == {"waiting", "asleep"}
    assert (queue.trouble, queue.lanes) == (2, 8)


@pytest.mark.parametrize(
    ("change", "state", "trouble"),
    [
        ("due_at = now() - interval '11 minutes'", "trouble", "nobody takes it"),
        ("fence = fence + 1, lease_until = now() - interval '2 minutes'", "trouble", "did not come back"),
        ("fence = fence + 1, lease_until = now() + interval '1 minute', last_turn_at = now()", "working", ""),
        ("due_at = now(), failures = 2, problem = 'slow'", "waiting", ""),
    ],
)
def test_a_lane_stands_in_one_state(desk: Desk, change: str, state: str, trouble: str) -> None:
    with desk.database.session(desk.ours.scope()) as session:
        session.execute(
            text(f"update lanes set {change} where shop_id = :id and api = 'plan'"),
            {"id": desk.ours.shops["Kite"]},
        )
        (row,) = [r for r in list_lanes(desk.ours.scope(), session, q="kite sh").rows if r.api == "plan"]
        session.rollback()
    assert row.state == state
    assert trouble in row.trouble
    assert bool(row.working_since) == (state == "working")


def test_lanes_are_filtered_by_state_and_name_and_paged(desk: Desk) -> None:
    with desk.session() as session:
        scope = desk.ours.scope()
        assert {row.state for row in list_lanes(scope, session, "asleep").rows} == {"asleep"}
        assert {row.name for row in list_lanes(scope, session, q="EASTP").rows} == {"Eastport"}
        assert list_lanes(scope, session, q="%").rows == ()
        assert list_lanes(scope, session, page=2).rows == ()
        with pytest.raises(Invalid):
            list_lanes(scope, session, "broken")


def test_an_error_of_the_program_is_named_by_its_kind_only(desk: Desk) -> None:
    with desk.database.session(desk.ours.scope()) as session:
        session.execute(text("update lanes set problem = 'KeyError' where api = 'purchase'"))
        (row,) = [r for r in list_lanes(desk.ours.scope(), session).rows if r.api == "purchase"]
        session.rollback()
    assert row.problem == "An error of this program (KeyError); its log has the details."


def test_writes_in_doubt_say_what_whom_and_since_when(desk: Desk) -> None:
    with desk.session() as session:
        review, unknown = list_doubts(desk.ours.scope(), session)
    assert (review.kind, review.state, review.asked, review.next_at) == ("pay", "review", "Eastport", None)
    assert (unknown.kind, unknown.number, unknown.absent_count) == ("place", "577000000000009001", 1)
    assert unknown.next_at is not None
    assert unknown.next_at > machine_now()


def test_refused_webhooks_fold_by_sender_and_cause(desk: Desk) -> None:
    with desk.session() as session:
        (row,) = list_letters(desk.ours.scope(), session)
    assert (row.name, row.outcome, row.letters) == ("Eastport", "signature wrong", 2)


def test_the_side_bar_counts_lanes_doubts_and_senders(desk: Desk) -> None:
    with desk.session() as session:
        assert read_counts(desk.ours.scope(), session).troubles == 5
    with desk.session(desk.theirs.scope()) as session:
        assert read_counts(desk.theirs.scope(), session).troubles == 0


def test_the_side_bar_counts_nothing_that_the_page_leaves_out(desk: Desk) -> None:
    with desk.database.session(desk.ours.scope()) as session:
        session.execute(text("update clients set left_at = now()"))
        assert list_letters(desk.ours.scope(), session) == list_lanes(desk.ours.scope(), session).rows == ()
        assert read_counts(desk.ours.scope(), session).troubles == len(
            list_doubts(desk.ours.scope(), session)
        )
        session.rollback()


def test_others_see_nothing_of_it(desk: Desk) -> None:
    kite = desk.ours.scope(role="operator", client_ids=frozenset({desk.ours.clients["Kite"]}))
    for scope in (kite, desk.theirs.scope()):
        with desk.session(scope) as session:
            assert list_doubts(scope, session) == list_letters(scope, session) == ()
            assert read_queue(scope, session).trouble == 0
            assert "Eastport" not in {row.name for row in list_lanes(scope, session).rows}
            shops = tiktok_shops(scope, session)
        with desk.system() as system:
            assert list_strays(system, shops) == ()


def test_trying_again_wakes_the_lane_and_forgets_its_failures(desk: Desk) -> None:
    shop = desk.ours.public["Luma Shop"]
    with desk.database.session(desk.ours.scope()) as session:
        retry_lane(desk.ours.scope(), session, "shop", shop, "orders")
        row = session.execute(
            text("select failures, due_at <= now() as due from lanes where shop_id = :id and api = 'orders'"),
            {"id": desk.ours.shops["Luma"]},
        ).one()
        acts = session.execute(text("select action, object_id, details from audit_entries")).all()
        session.rollback()
    assert (row.failures, row.due) == (0, True)
    assert [(act.action, act.object_id, act.details) for act in acts] == [
        ("work.tried_again", shop, {"api": "orders"})
    ]


def test_a_turn_under_way_keeps_its_lease(desk: Desk) -> None:
    with desk.database.session(desk.ours.scope()) as session:
        session.execute(text("update lanes set lease_until = now() + interval '1 minute', fence = fence + 1"))
        retry_lane(desk.ours.scope(), session, "shop", desk.ours.public["Luma Shop"], "plan")
        row = session.execute(
            text(
                "select fence, lease_until > now() as held, due_at from lanes where api = 'plan' and shop_id = :id"
            ),
            {"id": desk.ours.shops["Luma"]},
        ).one()
        session.rollback()
    assert (row.fence, row.held) == (1, True)
    assert row.due_at is not None


def test_asking_again_clears_the_refused_webhooks_and_wakes_the_supplier(desk: Desk, supplier: str) -> None:
    with desk.database.session(desk.ours.scope()) as session:
        retry_letters(desk.ours.scope(), session, "supplier", supplier)
        assert list_letters(desk.ours.scope(), session) == ()
        due = session.scalar(text("select due_at <= now() from lanes where api = 'tracking'"))
        session.rollback()
    assert due


def test_who_may_not_and_what_is_not_theirs(desk: Desk, supplier: str) -> None:
    viewer = desk.ours.scope(role="viewer")
    kite = desk.ours.scope(role="operator", client_ids=frozenset({desk.ours.clients["Kite"]}))
    shop = desk.ours.public["Luma Shop"]
    with desk.database.session(desk.ours.scope()) as session:
        with pytest.raises(Forbidden):
            retry_lane(viewer, session, "shop", shop, "orders")
        with pytest.raises(Forbidden):
            retry_letters(viewer, session, "supplier", supplier)
        for kind, subject, api in (
            ("shop", shop, "orders"),
            ("shop", "no-id", "orders"),
            ("moon", shop, "orders"),
        ):
            with pytest.raises(NotFound):
                retry_lane(kite, session, kind, subject, api)
        with pytest.raises(NotFound):
            retry_lane(desk.ours.scope(), session, "shop", shop, "purchase")
        with pytest.raises(NotFound):
            retry_letters(kite, session, "supplier", supplier)
        session.rollback()
    with desk.database.session(desk.theirs.scope()) as session:
        with pytest.raises(NotFound):
            retry_lane(desk.theirs.scope(), session, "shop", shop, "orders")
        session.rollback()


def test_processes_and_mails_of_the_agencys_own_people(desk: Desk) -> None:
    with desk.owner() as owner:
        owner.execute(
            "insert into mails (recipient, subject, due_at, attempts, given_up_at) values "
            "('owner@example.test', 'a', now(), 0, null), ('operator@example.test', 'b', now(), 2, null), "
            "('viewer@example.test', 'c', now(), 9, now()), ('stranger@example.test', 'd', now(), 0, null)"
        )
    with desk.session() as session:
        shops = tiktok_shops(desk.ours.scope(), session)
    with desk.system() as system:
        dispatcher, worker, mailer, _watcher = list_processes(system)
        ours, theirs = (count_mails(side.scope(), system) for side in (desk.ours, desk.theirs))
        (stray,) = list_strays(system, shops)
    assert (dispatcher.missing, worker.alive, worker.missing, mailer.missing) == (True, 2, False, False)
    assert (ours.waiting, ours.failing, ours.given_up) == (2, 1, 1)
    assert (theirs.waiting, theirs.failing, theirs.given_up) == (1, 0, 0)
    assert (stray.shop_name, stray.notifications) == ("Luma Shop", 1)
