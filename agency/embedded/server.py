"""One bundled server as our child: its address, its process, its end, and the folder it keeps to itself."""

from __future__ import annotations

import contextlib
import hashlib
import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from agency.children import Program, end, spawn
from agency.startup import FolderHold, StartupProblem

# A Unix socket's path has 107 usable bytes on Linux (unix(7)); the socket's own name takes up to 16 of them.
LONGEST_SOCKET_FOLDER = 90
POLL_SECONDS = 0.02
SERVER_NAMES = frozenset({"postgres", "redis-server", "valkey-server"})


@dataclass
class EmbeddedServer:
    """A running server; `url` is where clients reach it, `pid` its process."""

    name: str
    url: str
    program: Program
    process: subprocess.Popen[bytes]
    stop_signals: tuple[signal.Signals, ...]
    wait_until_ready: Callable[[subprocess.Popen[bytes]], None]
    hold: FolderHold

    @property
    def pid(self) -> int:
        """Return the process id of the server."""
        return self.process.pid

    def is_running(self) -> bool:
        """Tell whether the process is still there."""
        return self.process.poll() is None

    def stop(self, timeout: float = 3.0) -> None:
        """End the server cleanly, by force after `timeout` seconds, and let go of its folder; twice is fine."""
        end(self.process, self.stop_signals, timeout)
        self.hold.release()

    def kill(self) -> None:
        """End the server at once as a crash would (kill -9); the folder stays ours."""
        self.process.kill()
        self.process.wait()

    def start_again(self) -> None:
        """Start the server anew at the same address after it ended; raise StartupProblem when it stays down."""
        if not self.is_running():
            end_leftovers(self.program.cwd, self.stop_signals)
            self.process = spawn(self.program)
            self.wait_until_ready(self.process)


def bundled_file(package: str, *parts: str) -> Path | None:
    """Return a file inside an installed package without importing the package, or None when it is missing."""
    spec = find_spec(package)
    for root in (spec.submodule_search_locations or []) if spec else []:
        candidate = Path(root, *parts)
        if candidate.is_file():
            return candidate
    return None


def require_linux() -> None:
    """Raise StartupProblem where the bundled servers do not run."""
    if not sys.platform.startswith("linux"):
        raise StartupProblem(
            "The bundled PostgreSQL and Redis run on Linux only; "
            "install both and set DATABASE_URL and REDIS_URL."
        )


def socket_folder(data_dir: Path) -> Path:
    """Return a private folder for sockets: in the data folder, or among temporary files when its path is long."""
    folder = data_dir / "run"
    path = str(folder)
    if len(os.fsencode(path)) <= LONGEST_SOCKET_FOLDER and path.isascii() and not set(path) & set(",'\"\\ "):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder
    # The same data folder finds the same place again, so that killed runs leave no trail of folders.
    mark = hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
    folder = Path(tempfile.gettempdir(), f"shopfleet-{os.geteuid()}-{mark}")
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
        return Path(tempfile.mkdtemp(prefix="shopfleet-"))
    return folder


def processes_in(folder: Path) -> list[int]:
    """Return the server processes whose working folder is `folder`; a person's shell there is none of ours."""
    wanted, found = str(folder.resolve()), []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                name = (entry / "comm").read_text(encoding="utf-8", errors="replace").strip()
                if name in SERVER_NAMES and str((entry / "cwd").readlink()) == wanted:
                    found.append(int(entry.name))
    return found


def end_leftovers(folder: Path | None, signals: tuple[signal.Signals, ...], patience: float = 10.0) -> None:
    """End what a killed run left in the folder: ask with each signal in turn, wait, at last SIGKILL.

    The caller holds the folder, so these processes have no living owner; usually the kernel told them to stop.
    """
    if folder is None:
        return
    for number in (*signals, signal.SIGKILL):
        for pid in processes_in(folder):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        deadline = time.monotonic() + patience
        while processes_in(folder) and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
