"""`shopfleet keys rotate`: new keys under everything that is sealed, while web and workers go on.

    mark all agencies -> values of no client -> data keys wrapped anew under the newest master key
    -> for each marked agency: a new data key per client -> every value sealed again, batch by batch
    -> wait for older transactions
    -> for each marked agency: delete the old data keys under which nothing is left -> take the mark away

Each arrow is a commit. A run that is cut off anywhere leaves marks, and the next run goes on from there. Clients' rows
are worked on by the staff login in the scope of their agency, so that row-level security holds for us as for a turn.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from agency.boot import Booted
from agency.domain.errors import Conflict
from agency.domain.scope import Scope, worker_scope
from agency.extensions import Database
from agency.services.data_keys import add_version, rewrap_batch
from agency.services.resealing import (
    Batch,
    count_system_left,
    delete_unused_keys,
    list_clients_to_reseal,
    reseal_client_batch,
    reseal_system_batch,
)
from agency.services.rotations import (
    begin_rotation,
    count_older_transactions,
    finish_rotation,
    list_agencies,
    list_clients_to_rotate,
    moment_of_server,
)
from agency.services.sealed_columns import CLIENT_COLUMNS, SYSTEM_COLUMNS, SealedColumn
from agency.services.sealing import Keyring
from agency.transaction import system_transaction, transaction

ACTOR = "rule:keys"
PASSES = 5  # over values that other writers hold, before they are left to the next run
POLL = 0.05  # seconds

Opening = Callable[[], AbstractContextManager[Session]]


def rotate_keys(booted: Booted, batch: int = 200, pause: float = 0.0, patience: float = 60.0) -> int:
    """Runs or finishes a rotation: at most `batch` values in one transaction, `pause` seconds after each.

    `patience` is how many seconds to wait for older transactions. Exit code 1 when something is left to do.
    """
    rotation = _Rotation(booted.database, Keyring(booted.master_key), batch, pause, patience)
    with system_transaction(booted.database) as session:
        every, (marked, going_on) = list_agencies(session), begin_rotation(session)
    if going_on:
        sys.stdout.write("Going on with a rotation that was not finished.\n")
    rotation.reseal_system("system", partial(system_transaction, booted.database))
    for agency_id in every:
        rotation.wrap_anew(worker_scope(agency_id, ACTOR))
    for agency_id in marked:
        rotation.reseal_agency(worker_scope(agency_id, ACTOR))
    for agency_id in marked[:1]:
        rotation.wait_for_older(worker_scope(agency_id, ACTOR))
    for agency_id in marked:
        rotation.retire_agency(worker_scope(agency_id, ACTOR))
    for sentence in _report(rotation.done):
        sys.stdout.write(f"{sentence}\n")
    return 1 if any(rotation.done[name] for name in ("not_wrapped", "unopened", "busy")) else 0


class _Rotation:
    """One run, and what it has done so far."""

    def __init__(
        self, database: Database, keyring: Keyring, batch: int, pause: float, patience: float
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._batch, self._pause, self._patience = batch, pause, patience
        self._blocked = False
        self.done: Counter[str] = Counter()

    def reseal_agency(self, scope: Scope) -> None:
        """New data keys for one agency's clients, and everything sealed again under them."""
        opening = self._opening(scope)
        self._add_versions(scope, opening)
        for client_id in self._clients(opening):
            self._reseal_client(scope, opening, client_id)

    def retire_agency(self, scope: Scope) -> None:
        """Deletes the agency's old data keys; its mark stays when that could not be finished."""
        opening = self._opening(scope)
        done = [self._retire(scope, opening, client_id) for client_id in self._clients(opening)]
        if all(done) and self.reseal_system("staff", opening):
            with opening() as session:
                finish_rotation(scope, session)

    def wait_for_older(self, scope: Scope) -> None:
        """Waits for transactions that may have read a value under an old key; they run on the same login."""
        self._wait(self._opening(scope))

    def _opening(self, scope: Scope) -> Opening:
        return partial(transaction, self._database, scope)

    def _clients(self, opening: Opening) -> list[int]:
        with opening() as session:
            return list_clients_to_reseal(session)

    def reseal_system(self, login: str, opening: Opening) -> bool:
        """Values of no client that this login may touch. Returns whether nothing is left to another run."""
        mine = [sealed for sealed in SYSTEM_COLUMNS if sealed.login == login]
        return not [sealed for sealed in mine if not self._reseal_column(sealed, opening)]

    def _reseal_column(self, sealed: SealedColumn, opening: Opening) -> bool:
        for _attempt in range(PASSES):
            found = self._pass(
                opening,
                lambda session, after: reseal_system_batch(
                    session, self._keyring, sealed, after, self._batch
                ),
            )
            with opening() as session:
                left = count_system_left(session, self._keyring, sealed)
            if left == found["unopened"]:
                self.done["unopened"] += left
                return True
            time.sleep(POLL)  # somebody is writing the others
        self.done["busy"] += 1
        return False

    def wrap_anew(self, scope: Scope) -> None:
        """The agency's data keys under the newest master key."""
        opening = self._opening(scope)
        after: tuple[int, int] | None = (0, 0)
        while after is not None:
            with opening() as session:
                wrapped, failed, after = rewrap_batch(session, self._keyring.masters, after, self._batch)
            self.done["wrapped"] += wrapped
            self.done["not_wrapped"] += failed
            time.sleep(self._pause)

    def _add_versions(self, scope: Scope, opening: Opening) -> None:
        with opening() as session:
            clients = list_clients_to_rotate(scope, session)
        for client_id in clients:
            try:
                with opening() as session:
                    add_version(scope, session, self._keyring.masters[0], client_id)
            except Conflict:  # its keys were destroyed since we looked
                continue
            self.done["added"] += 1

    def _reseal_client(self, scope: Scope, opening: Opening, client_id: int) -> Counter[str]:
        found: Counter[str] = Counter()
        for sealed in CLIENT_COLUMNS:
            found += self._pass(opening, self._client_step(scope, sealed, client_id))
        return found

    def _client_step(
        self, scope: Scope, sealed: SealedColumn, client_id: int
    ) -> Callable[[Session, Any], Batch]:
        return lambda session, after: reseal_client_batch(
            scope, session, self._keyring, sealed, client_id, after, self._batch
        )

    def _pass(self, opening: Opening, step: Callable[[Session, Any], Batch]) -> Counter[str]:
        """Every batch once, in order of the primary key."""
        found: Counter[str] = Counter()
        after: Any = None
        while True:
            with opening() as session:
                batch = step(session, after)
            if batch.last is None:
                return found
            self.done["resealed"] += batch.resealed
            found.update(resealed=batch.resealed, unopened=batch.unopened)
            after = batch.last
            time.sleep(self._pause)

    def _retire(self, scope: Scope, opening: Opening, client_id: int) -> bool:
        """Deletes a client's old data keys; first seals what arrived under them meanwhile."""
        unopened = 0
        for _attempt in range(PASSES):
            if self._blocked:
                break
            with opening() as session:
                deleted, left = delete_unused_keys(session, client_id)
            self.done["deleted"] += deleted
            if not left:
                return True
            found = self._reseal_client(scope, opening, client_id)
            unopened = 0 if found["resealed"] else found["unopened"]
            self._wait(opening)
        self.done["unopened" if unopened else "busy"] += unopened or 1
        # What nobody can open will not get better by another run.
        return bool(unopened)

    def _wait(self, opening: Opening) -> None:
        with opening() as session:
            moment = moment_of_server(session)
        self._blocked = False
        for _attempt in range(int(self._patience / POLL) + 1):
            with opening() as session:
                if not count_older_transactions(session, moment):
                    return
            time.sleep(POLL)
        self._blocked = True


def _report(done: Counter[str]) -> Iterator[str]:
    yield f"{done['wrapped']} data keys wrapped anew under the newest master key."
    yield f"{done['added']} new data keys made, {done['deleted']} old ones deleted."
    yield f"{done['resealed']} values sealed again."
    if done["not_wrapped"]:
        yield (
            f"{done['not_wrapped']} data keys need a master key that is not configured; "
            "`shopfleet keys status` names it. Add it to SHOPFLEET_OLD_KEYS and run this again."
        )
    if done["unopened"]:
        yield f"{done['unopened']} values do not open with any key; they stay as they are, and their data keys too."
    if done["busy"]:
        yield f"{done['busy']} times something else held what is left. Run this again."
