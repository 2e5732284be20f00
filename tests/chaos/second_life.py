"""A town that is set back to its backup: dumped and restored, as documented, into a server that never saw it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from redis import Redis
from sqlalchemy.engine import make_url

from agency.embedded import start_postgres
from agency.extensions import Database
from agency.models.clients import Client
from agency.services.connecting import accept_connection, request_connection
from agency.supervisor import Child
from agency.transaction import transaction
from tests.backups import documented, run_documented
from tests.chaos.people import House
from tests.chaos.processes import Hands
from tests.chaos.town import Town
from tests.databases import MASTER_KEY

OURS = ("web", "dispatcher", "worker")


def back_up(town: Town, folder: Path) -> None:
    """The documented commands, while everything goes on."""
    for line in documented("Backups"):
        run_documented(line, folder, town.owner_url)


def kill_all(town: Town) -> None:
    """Every process of ours and both servers; the vendors go on."""
    town.hands.hold(*(name for name in town.hands.names() if name.startswith(OURS)))
    town.database.dispose()
    town.server("postgres").kill()


@dataclass
class SecondLife:
    """The restored installation, not yet started."""

    town: Town
    folder: Path
    environment: dict[str, str]
    lines: Sequence[str]

    def command(self, line: str) -> str:
        """One documented line, with the settings of the new place."""
        return run_documented(line, self.folder, self.town.owner_url, self.environment)

    def restore(self) -> None:
        """Everything up to `recover`."""
        for line in self.lines:
            if line != "shopfleet recover":
                self.command(line)

    def start(self) -> None:
        """Web, dispatcher and workers."""
        self.town.hands.start()

    def stop(self) -> None:
        """Kills them again."""
        self.town.hands.hold(*self.town.hands.names())


@contextmanager
def second_life(town: Town, folder: Path) -> Iterator[SecondLife]:
    """A new server, an empty Redis, and processes that were told of them; `town` must be dead."""
    place = folder / "new"
    server = start_postgres(place)
    url = make_url(server.url).set(database="restored").render_as_string(hide_password=False)
    Redis.from_url(town.cast.redis_url).flushall()
    environment = {**town.cast.environment, "DATABASE_URL": url}
    cast = replace(town.cast, database_url=url, environment=environment)
    hands = Hands(place / "logs")
    for name in town.hands.names():
        if name.startswith(OURS):
            child = next(child for child in cast.children(9) if child.name == name)
            hands.add(Child(name, child.argv, environment))
    database = Database(url, MASTER_KEY)
    town.people.database = database
    try:
        yield SecondLife(
            replace(town, cast=cast, hands=hands, database=database, restored=True),
            folder, environment, documented("After a restore"),
        )  # fmt: skip
    finally:
        hands.close()
        database.dispose()
        server.stop()


def connect_again(town: Town, house: House) -> None:
    """The client says yes once more, as Today asks."""
    people = town.people
    with transaction(people.database, people.scope()) as session:
        client = session.get_one(Client, people.clients[house.number])
        state = request_connection(people.scope(), session, str(client.public_id))
    code = town.stage.authorize(f"seller-{house.number}", state)
    with transaction(people.database, people.scope()) as session:
        accept_connection(people.scope(), session, people.keyring, state, code)
