"""What the doctor says about buyers' contacts: how many are kept, how many are due, and when nobody erases."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from agency.boot import Booted
from agency.config import Settings
from agency.doctor import examine
from agency.models.orders import OrderContact
from tests.databases import MASTER_KEY
from tests.desk import NOW, Desk, open_desk
from tests.desk_rows import add_order, add_row, keys_of
from tests.servers import redis_url


def _words(desk: Desk, now: datetime, capsys: pytest.CaptureFixture[str]) -> str:
    settings = Settings(
        data_dir=Path("unused"), master_key=MASTER_KEY, clock_origin=now, clock_epoch=datetime.now(NOW.tzinfo)
    )
    booted = Booted(
        replace(settings, clock_rate=0.001), desk.owner_url, redis_url(), MASTER_KEY, desk.database
    )
    assert examine(booted) == 1  # nobody works in a test
    return capsys.readouterr().out


def test_contacts_that_nobody_erases_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    with open_desk() as desk:
        with desk.session() as session:
            order = add_order(session, desk.ours, stage="settled", status="COMPLETED", settled_at=NOW)
            add_row(session, OrderContact(**keys_of(order), order_id=order.id, sealed_address=b"fake", masked=False,
                                          seen_at=NOW))  # fmt: skip
        young = _words(desk, NOW, capsys)
        due = _words(desk, NOW + timedelta(days=30, hours=2), capsys)
        forgotten = _words(desk, NOW + timedelta(days=32), capsys)
    assert "Buyer contacts: 1 kept, 0 due to be erased\n" in young
    assert "Buyer contacts: 1 kept, 1 due to be erased; the oldest order ended 30 days ago\n" in due
    assert "behind" not in due
    assert "The sweep lanes erase contacts after 30 days and are behind." in forgotten
