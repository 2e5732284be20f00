"""The servers of a measurement: PostgreSQL with fsync on and Redis, in a folder that is gone afterwards."""

from __future__ import annotations

import os
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from signal import SIGTERM
from urllib.parse import urlsplit

import psycopg

from agency.children import Program, end, last_words, spawn
from agency.embedded import start_postgres, start_redis
from migrations.run import upgrade

MASTER_KEY = "ZmFrZS1tYXN0ZXIta2V5LWZvci1iZW5jaC1vbmx5ISE="  # 32 obviously fake bytes
ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Ground:
    """Where everything runs. `postgres_pid` is the postmaster, whose children are the backends."""

    folder: Path
    postgres_url: str
    postgres_pid: int
    redis_url: str

    def make_database(self, name: str) -> str:
        """A migrated database; returns the superuser's URL."""
        with psycopg.connect(self.postgres_url, autocommit=True) as connection:
            connection.execute(f'create database "{name}"')
        url = urlsplit(self.postgres_url)._replace(path=f"/{name}").geturl()
        upgrade(url, MASTER_KEY)
        return url

    def environment(self, database_url: str) -> dict[str, str]:
        """What a process of ours needs to run on this ground; no setting of the caller's shell leaks in."""
        return {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "PYTHONPATH": str(ROOT),
            "DATABASE_URL": database_url,
            "REDIS_URL": self.redis_url,
            "SHOPFLEET_DATA": str(self.folder / "data"),
            "SHOPFLEET_KEY": MASTER_KEY,
        }


@contextmanager
def lay_ground() -> Iterator[Ground]:
    """Starts both servers and stops them at the end."""
    folder = Path(tempfile.mkdtemp(prefix="shopfleet-bench-"))
    try:
        postgres, redis = start_postgres(folder), start_redis(folder)
        try:
            yield Ground(folder, postgres.url, postgres.pid, redis.url)
        finally:
            postgres.stop()
            redis.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running(ground: Ground, name: str, words: tuple[str, ...], environment: dict[str, str]) -> Iterator[int]:
    """Runs `python ...` as our child while the block lasts; yields its process id."""
    program = Program((sys.executable, *words), ground.folder / f"{name}.log", env=environment, cwd=ROOT)
    process = spawn(program)
    try:
        yield process.pid
    except Exception:
        print(f"The end of the log of {name}:\n{last_words(program.log)}", file=sys.stderr)
        raise
    finally:
        end(process, (SIGTERM,), 5.0)


def free_port() -> int:
    """A TCP port of the loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_port(port: int, seconds: float = 60.0) -> None:
    """Returns when somebody accepts connections. Raises TimeoutError."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(f"nothing listens on port {port}; see the log beside the data")
