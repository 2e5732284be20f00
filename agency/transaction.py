"""`with transaction(...)`: the only commit in the code besides the end of a web request."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from agency.domain.scope import Scope
from agency.extensions import Database
from agency.fault_points import reach


@contextmanager
def transaction(database: Database, scope: Scope) -> Iterator[Session]:
    """Opens a session in `scope`, commits when the block ends, rolls back when it raises."""
    with database.session(scope) as session:
        with session.begin():
            yield session
            reach("before_commit")
        reach("after_commit")


@contextmanager
def system_transaction(database: Database) -> Iterator[Session]:
    """The same on the system login, which has no tenant scope."""
    with database.system_session() as session:
        with session.begin():
            yield session
            reach("before_commit")
        reach("after_commit")
