"""What can stop the program before it starts, each as one sentence that names the remedy."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path

MIB = 1024 * 1024


class StartupProblem(RuntimeError):
    """The program cannot start; the text is one sentence for the person at the keyboard, remedy included."""


@dataclass
class FolderHold:
    """A folder that no other Shopfleet may use while this one lives; however we die, the kernel lets go."""

    path: Path
    descriptor: int

    def release(self) -> None:
        """Let another program have the folder; a second call does nothing."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1


def hold_folder(folder: Path) -> FolderHold:
    """Make the private folder and hold it; raise StartupProblem when it is taken or cannot be written."""
    marker = folder / ".held"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(marker, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise folder_problem(folder, error) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise StartupProblem(
            f"Another Shopfleet is using the data folder {folder}; stop it first, "
            "or set SHOPFLEET_DATA to another folder."
        ) from error
    return FolderHold(marker, descriptor)


def make_folder(folder: Path) -> None:
    """Make the data folder, private; raise StartupProblem when that is not possible."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise folder_problem(folder, error) from error


def folder_problem(folder: Path, error: OSError) -> StartupProblem:
    """Say what an operating system error on the data folder means for the person who started us."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return StartupProblem(
            f"The disk of {folder} is full; free some space, "
            "or set SHOPFLEET_DATA to a folder on another disk."
        )
    return StartupProblem(
        f"The data folder {folder} cannot be written ({error.strerror}); "
        "set SHOPFLEET_DATA to a folder that you may write."
    )


def require_space(folder: Path, needed: int) -> None:
    """Raise StartupProblem when the disk of the folder has fewer than `needed` bytes free."""
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise StartupProblem(
            f"The disk of {folder} has {free // MIB} MiB free and {needed // MIB} MiB are needed; "
            "free some space, or set SHOPFLEET_DATA to a folder on another disk."
        )


def require_free_port(port: int, host: str = "127.0.0.1", setting: str = "PORT") -> None:
    """Raise StartupProblem when nothing of ours could listen on the port; `setting` names what to change."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # The web server binds with this option too: a port that only waits out old connections is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError as error:
            raise StartupProblem(
                f"Port {port} is reserved for the system; set {setting} to one above 1023, "
                f"e.g. {setting}=8001 make run."
            ) from error
        except OSError as error:
            raise StartupProblem(
                f"Port {port} is in use; set {setting} to another one, e.g. {setting}={port + 1} make run."
            ) from error
