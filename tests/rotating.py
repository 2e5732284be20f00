"""What tests of `shopfleet keys` share: a world full of sealed values, and the command in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agency.boot import Booted
from agency.config import Settings
from agency.services.sealing import Keyring
from tests.desk import Desk, open_desk
from tests.house.source import ROOT
from tests.sealed_rows import BOTH, NEW_KEY, OLD_KEY, fill_sealed


@contextmanager
def open_sealed_desk() -> Iterator[Desk]:
    """A world full of values that the old master key protects."""
    with open_desk() as made:
        with made.owner() as connection:
            # Should two of our transactions ever wait for each other, the test says so instead of hanging.
            (name,) = connection.execute("select quote_ident(current_database())").fetchone() or ("",)
            connection.execute(f"alter database {name} set lock_timeout = '10s'")
        made.database.dispose()
        fill_sealed(made, Keyring(OLD_KEY))
        yield made


def booted(desk: Desk, keys: str = BOTH) -> Booted:
    """What the command stands on, in this process."""
    return Booted(Settings(Path("unused"), master_key=keys), desk.owner_url, "unused", keys, desk.database)


def command(desk: Desk, folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """`shopfleet keys ...` with both master keys, in a process of its own."""
    environment = os.environ | {
        "DATABASE_URL": desk.owner_url,
        "REDIS_URL": "redis://unused",
        "SHOPFLEET_DATA": str(folder),
        "SHOPFLEET_KEY": NEW_KEY,
        "SHOPFLEET_OLD_KEYS": OLD_KEY,
        "LOG_LEVEL": "DEBUG",
    }
    argv = [sys.executable, "-m", "agency.cli", "keys", *arguments]
    out = subprocess.PIPE
    return subprocess.Popen(argv, cwd=ROOT, env=environment, stdout=out, stderr=out, text=True)
