"""`shopfleet doctor --replay`: one line for all agencies, and what differs by name."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from agency.boot import boot
from agency.replay_command import tell_replay
from tests.databases import MASTER_KEY
from tests.desk import Desk, open_desk
from tests.desk_rows import add_order, add_purchase
from tests.servers import redis_url

SECOND = "577800000000000002"


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """Two orders of ours and one of another agency, in the environment of a process."""
    with open_desk() as made:
        with made.session() as session:
            add_purchase(session, made.ours, add_order(session, made.ours))
            add_order(session, made.ours, number=SECOND)
        with made.session(made.theirs.scope()) as session:
            add_order(session, made.theirs)
            session.execute(text("update orders set stage = 'bought'"))
        monkeypatch.setenv("DATABASE_URL", made.owner_url)
        monkeypatch.setenv("REDIS_URL", redis_url())
        monkeypatch.setenv("SHOPFLEET_KEY", MASTER_KEY)
        yield made


def _tell(capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    booted = boot()
    try:
        return tell_replay(booted), capsys.readouterr().out
    finally:
        booted.database.dispose()


def test_it_counts_the_orders_of_all_agencies_and_names_what_differs(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _tell(capsys) == (0, "Replay: 3 of 3 orders rebuild from their changes to exactly their rows\n")
    desk.rewrite("update orders set stage = 'cancelled' where tiktok_order_id = %(number)s", number=SECOND)
    code, said = _tell(capsys)
    assert code == 1
    assert said.splitlines() == [
        "Replay: 2 of 3 orders rebuild from their changes to exactly their rows",
        f"  order {SECOND}: order.stage rebuilds as 'to_buy' and is stored as 'cancelled'",
    ]
