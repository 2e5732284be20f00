"""The bundled PostgreSQL 18: initdb once, then `postgres` as our child on a private Unix socket, no TCP."""

from __future__ import annotations

import signal
import subprocess
import time
from functools import partial
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from agency.children import Program, end, rotate_log, spawn
from agency.embedded.cluster import ENVIRONMENT, Cluster, explain, find_binaries, prepare_cluster
from agency.embedded.identity import choose_identity, hand_over
from agency.embedded.server import POLL_SECONDS, EmbeddedServer, end_leftovers, require_linux, socket_folder
from agency.startup import folder_problem, hold_folder

DATABASE = "shopfleet"
# SIGINT is a fast shutdown (clients are disconnected, all is written), SIGQUIT an immediate one (recovery at
# the next start): postgresql.org, documentation 18, section 18.5 "Shutting Down the Server".
STOP_SIGNALS = (signal.SIGINT, signal.SIGQUIT)
# Recovery after a crash replays the log since the last checkpoint, at most a few minutes' worth.
START_SECONDS = 180.0
READY_LINE = 7


def start_postgres(data_dir: Path, *, fast: bool = False) -> EmbeddedServer:
    """Start PostgreSQL in the data folder, make the database `shopfleet` if it is missing, return the server.

    `fast` gives up durability for speed and is for tests. Raises StartupProblem with the remedy.
    """
    require_linux()
    data_dir = data_dir.absolute()
    hold = hold_folder(data_dir)
    try:
        cluster, sockets = _open_cluster(data_dir, fast)
        program = _program(cluster, sockets)
        wait = partial(_wait_until_ready, cluster, sockets)
        process = spawn(program)
        wait(process)
    except OSError as error:
        hold.release()
        raise folder_problem(data_dir, error) from error
    except BaseException:
        hold.release()
        raise
    return EmbeddedServer("postgres", _url(sockets, DATABASE), program, process, STOP_SIGNALS, wait, hold)


def _open_cluster(data_dir: Path, fast: bool) -> tuple[Cluster, Path]:
    folder, log = data_dir / "postgres", data_dir / "logs" / "postgres.log"
    binaries = find_binaries()
    identity = choose_identity(binaries / "postgres", data_dir, folder)
    sockets = socket_folder(data_dir)
    hand_over([data_dir, sockets], identity)
    end_leftovers(folder, STOP_SIGNALS)
    rotate_log(log)
    cluster = Cluster(binaries, folder, log, identity, fast)
    prepare_cluster(cluster)
    return cluster, sockets


def _program(cluster: Cluster, sockets: Path) -> Program:
    durable = "off" if cluster.fast else "on"
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(sockets),
        "unix_socket_permissions": "0700",
        "port": "5432",
        "max_connections": "100",
        "shared_buffers": "128MB",
        "jit": "off",
        "fsync": durable,
        # On for tests too: with fsync off it costs little, and a killed server still has what it confirmed.
        "synchronous_commit": "on",
        "full_page_writes": durable,
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_line_prefix": "%m [%p] ",
        "lc_messages": "C",
    }
    words = (word for key, value in settings.items() for word in ("-c", f"{key}={value}"))
    return Program(
        (str(cluster.binaries / "postgres"), "-D", str(cluster.folder), *words),
        cluster.log,
        env=ENVIRONMENT,
        cwd=cluster.folder,
        death_signal=signal.SIGINT,
        identity=cluster.identity.launch_as,
    )


def _url(sockets: Path, database: str) -> str:
    return f"postgresql://postgres@/{database}?host={quote(str(sockets), safe='')}&port=5432"


def _wait_until_ready(cluster: Cluster, sockets: Path, process: subprocess.Popen[bytes]) -> None:
    # PostgreSQL writes its state into line 8 of the lock file, which is also what pg_ctl waits for.
    state = cluster.folder / "postmaster.pid"
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        lines = state.read_text(encoding="utf-8", errors="replace").splitlines() if state.exists() else []
        if len(lines) > READY_LINE and lines[READY_LINE].strip() == "ready" and lines[0] == str(process.pid):
            return _ensure_database(cluster, sockets, process)
        time.sleep(POLL_SECONDS)
    end(process, STOP_SIGNALS, 5.0)
    raise explain(cluster)


def _ensure_database(cluster: Cluster, sockets: Path, process: subprocess.Popen[bytes]) -> None:
    try:
        with psycopg.connect(_url(sockets, "postgres"), autocommit=True) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone()
            if found is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
    except psycopg.Error as error:
        end(process, STOP_SIGNALS, 5.0)
        raise explain(cluster) from error
