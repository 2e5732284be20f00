"""When a rotation of the data keys began, for which agencies it is not finished, and when an old key may go."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from agency.domain.scope import Scope
from agency.models.accounts import Agency
from agency.models.clients import ClientKey

_NO_SYNC = {"synchronize_session": False}


def list_agencies(session: Session) -> list[int]:
    """Every agency; system login."""
    return list(session.scalars(select(Agency.id).order_by(Agency.id)))


def begin_rotation(session: Session) -> tuple[list[int], bool]:
    """Marks every agency in one step, or finds a rotation that was cut off. System login.

    Returns the marked agencies, and whether they were marked before.
    """
    marked = select(Agency.id).where(Agency.keys_rotating_since.is_not(None)).order_by(Agency.id)
    unfinished = list(session.scalars(marked))
    if unfinished:
        return unfinished, True
    session.execute(update(Agency).values(keys_rotating_since=func.now()), execution_options=_NO_SYNC)
    return list(session.scalars(marked)), False


def finish_rotation(scope: Scope, session: Session) -> None:
    """Takes the mark from the scope's agency."""
    mark = update(Agency).where(Agency.id == scope.agency_id).values(keys_rotating_since=None)
    session.execute(mark, execution_options=_NO_SYNC)


def is_rotating(session: Session) -> bool:
    """Whether a rotation was begun and not finished."""
    query = select(Agency.id).where(Agency.keys_rotating_since.is_not(None)).limit(1)
    return session.scalar(query) is not None


def list_clients_to_rotate(scope: Scope, session: Session) -> list[int]:
    """Clients of the agency whose newest data key is older than the rotation."""
    since = select(Agency.keys_rotating_since).where(Agency.id == scope.agency_id).scalar_subquery()
    query = select(ClientKey.client_id).group_by(ClientKey.client_id)
    return list(
        session.scalars(query.having(func.max(ClientKey.created_at) < since).order_by(ClientKey.client_id))
    )


def moment_of_server(session: Session) -> datetime:
    """The database's clock now, also within a transaction."""
    now: datetime = session.execute(text("select clock_timestamp()")).scalar_one()
    return now


def count_older_transactions(session: Session, moment: datetime) -> int:
    """Transactions of this login that began before `moment` and still run.

    Such a one may have read a value under a key that we are about to delete, and open it in a moment.
    """
    query = text(
        "select count(*) from pg_stat_activity where datname = current_database() and usename = current_user"
        " and pid <> pg_backend_pid() and xact_start < :moment"
    )
    return int(session.execute(query, {"moment": moment}).scalar_one())
