"""One PostgreSQL and one Redis per test run: those of TEST_DATABASE_URL and TEST_REDIS_URL, else bundled."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

from agency.embedded import EmbeddedServer, start_postgres, start_redis
from agency.web.limits import LIMITS


@cache
def _scratch_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="shopfleet-test-"))
    # Registered before the servers, so that it runs after they have stopped.
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def embedded_postgres() -> EmbeddedServer:
    """Start the run's bundled PostgreSQL, without fsync, and stop it when the process ends."""
    server = start_postgres(_scratch_folder(), fast=True)
    atexit.register(server.stop, 3.0)
    return server


@cache
def embedded_redis() -> EmbeddedServer:
    """Start the run's bundled Redis and stop it when the process ends."""
    server = start_redis(_scratch_folder())
    atexit.register(server.stop, 3.0)
    return server


def postgres_url() -> str:
    """Return the address of a PostgreSQL where tests may create and drop databases."""
    return os.environ.get("TEST_DATABASE_URL") or embedded_postgres().url


def redis_url() -> str:
    """Return the address of a Redis that tests may flush."""
    return os.environ.get("TEST_REDIS_URL") or embedded_redis().url


def start_test_servers() -> tuple[str, str]:
    """Return the addresses of PostgreSQL and Redis, starting what does not run yet; calling it again is free."""
    return postgres_url(), redis_url()


def generous_limits() -> dict[str, str]:
    """Amounts for every budget of the web that no test uses up by signing in often."""
    return {
        f"{word}.{budget.by}": "1000000 per minute"
        for word, limit in LIMITS.items()
        for budget in limit.budgets
    }
