"""A journey that can be set back to a backup of itself, while its outside world goes on."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psycopg

from agency.boot import Booted
from agency.domain.purchasing import SupplierOrder
from agency.extensions import Database
from agency.integrations.port import Prepared
from agency.lanes import Turn
from agency.recovery import recover
from agency.services.purchase_facts import read_purchase
from tests.backups import run_documented
from tests.databases import MASTER_KEY, create_database, database_url, drop_database
from tests.stories.journey import Journey
from workers.supplier_desk import open_desk

DUMP = "pg_dump --format=custom shopfleet > shopfleet.dump"
RESTORE = ("createdb shopfleet", "pg_restore --exit-on-error --dbname=shopfleet shopfleet.dump")


class Time:
    """A journey that can be set back to a backup."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.made = create_database("restore")
        self.journey = Journey(folder, self.made)
        self._names: list[str] = []

    def dump(self) -> None:
        """As documented."""
        run_documented(DUMP, self.folder, self.made.owner_url)

    def set_back(self) -> None:
        """Restores the dump into a database that did not exist, and goes on with that one."""
        name = f"{self.made.name}_back{len(self._names)}"
        url = database_url(self.made.owner_url, name)
        for line in RESTORE:
            run_documented(line, self.folder, url)
        self._names.append(name)
        self.journey.database.dispose()
        self.journey.database = Database(url, MASTER_KEY)
        self.journey.owner_url = url.replace("postgresql+psycopg", "postgresql")
        self.journey.context = replace(self.journey.context, database=self.journey.database)

    def recover(self) -> None:
        """The command, with the journey's clock."""
        clock = self.journey.context.clock
        settings = replace(
            self.journey.settings, clock_origin=clock.origin, clock_epoch=clock.epoch, clock_rate=clock.rate
        )
        booted = Booted(settings, self.journey.owner_url, "", MASTER_KEY, self.journey.database)
        assert recover(booted, None, False) == 0

    def close(self) -> None:
        """Leaves nothing behind."""
        self.journey.close()
        self.journey.database.dispose()
        base = self.made.owner_url.replace("postgresql+psycopg", "postgresql")
        with psycopg.connect(base, autocommit=True) as owner:
            for name in self._names:
                owner.execute(f'drop database "{name}" with (force)')
        drop_database(self.made)


def catch_up(journey: Journey) -> None:
    """Works until every doubt had its second look-up."""
    for _ in range(6):
        journey.work()
        journey.pass_time(timedelta(minutes=16))
    journey.work()


def prepare_by_hand(journey: Journey, number: str) -> Prepared[SupplierOrder]:
    """The request for the one purchase of an order, ready to be sent, as a turn has it in its hand."""
    (purchase,) = journey.purchases(number)
    turn = Turn(0, 0, journey.agency_id, purchase.client_id, None, purchase.supplier_id, None, "purchase", 0)
    desk = open_desk(journey.context, turn, purchase.supplier_id)
    with journey.session() as session:
        request = read_purchase(session, journey.context.keyring, purchase.id).request
    assert desk is not None
    assert request is not None
    return desk.port.prepare_place(request)
