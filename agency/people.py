"""Creating an agency from the command line; the password is typed, never passed as an argument."""

from __future__ import annotations

import getpass
import sys

from agency.boot import Booted
from agency.domain.errors import ShopfleetError
from agency.services.memberships import Person, create_agency_with_owner
from agency.transaction import system_transaction


def create_owner(booted: Booted, agency_name: str, email: str, name: str) -> int:
    """Asks for a password (or reads one line when no terminal is there) and creates agency and owner."""
    password = (
        getpass.getpass("Password (12 characters or more): ") if sys.stdin.isatty() else sys.stdin.readline()
    )
    try:
        with system_transaction(booted.database) as session:
            create_agency_with_owner(
                session, agency_name, Person(email, name, password.rstrip("\n")), "#1b1f28"
            )
    except ShopfleetError as problem:
        sys.stderr.write(f"shopfleet: {problem}\n")
        return 2
    sys.stdout.write(f"{agency_name} was created. {email} can sign in now.\n")
    return 0
