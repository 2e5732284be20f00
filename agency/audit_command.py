"""`shopfleet audit verify`: follows the chains of the database, or of an exported file, which needs no database."""

from __future__ import annotations

import sys
from pathlib import Path

from sqlalchemy import text

from agency.boot import Booted
from agency.domain.audit_chain import ChainCheck, check_chain
from agency.domain.errors import Invalid
from agency.domain.scope import worker_scope
from agency.services.audit_export import read_json_lines
from agency.services.audit_reading import verify_chain
from agency.startup import StartupProblem
from agency.transaction import system_transaction, transaction


def verify_file(path: Path) -> int:
    """Checks an export (JSON lines). Exit code 1 when it is broken; raises StartupProblem for what is no export."""
    try:
        with path.open(encoding="utf-8") as lines:
            return _tell(path.name, check_chain(read_json_lines(lines)))
    except (OSError, UnicodeDecodeError) as error:
        raise StartupProblem(f"{path} cannot be read: {error}") from error
    except Invalid as error:
        raise StartupProblem(f"{path}: {error}") from error


def verify_agencies(booted: Booted, public_id: str) -> int:
    """Checks one agency's log, or all. Exit code 1 when one is broken; raises StartupProblem for an unknown agency."""
    try:
        found = _list_agencies(booted, public_id)
        if public_id and not found:
            raise StartupProblem(
                f"There is no agency {public_id}. `shopfleet audit verify` alone lists their ids."
            )
        return max((_verify(booted, agency_id, name) for agency_id, name in found), default=0)
    finally:
        booted.database.dispose()


def _verify(booted: Booted, agency_id: int, name: str) -> int:
    with transaction(booted.database, worker_scope(agency_id, "rule:audit_verify")) as session:
        return _tell(name, verify_chain(session, agency_id))


def _list_agencies(booted: Booted, public_id: str) -> list[tuple[int, str]]:
    query = text(
        "select id, public_id, name from agencies where :wanted in ('', cast(public_id as text)) order by id"
    )
    with system_transaction(booted.database) as session:
        rows = session.execute(query, {"wanted": public_id})
        return [(row.id, f"{row.name} ({row.public_id})") for row in rows]


def _tell(name: str, check: ChainCheck) -> int:
    if check.broken is not None:
        sys.stdout.write(f"{name}: broken at number {check.broken}: {check.reason}.\n")
        return 1
    sys.stdout.write(
        f"{name}: whole up to number {check.number}, hash {check.hash.hex() or 'none'}. "
        "Compare with the last number and hash that you noted: a tail that was cut off leaves a whole chain.\n"
    )
    return 0
