"""As whom PostgreSQL runs, since it refuses to run as root and initdb wants an account with a name."""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from agency.children import SAME_IDENTITY, launcher_argv
from agency.startup import StartupProblem

# Debian's policy manual, section 9.2.2: 65534 is `nobody`, owner of no files of the system.
NOBODY = 65534


@dataclass(frozen=True)
class Identity:
    """How the launcher says it, and the user whom the files must belong to."""

    launch_as: str
    owner: int


def choose_identity(binary: Path, data_dir: Path, cluster: Path) -> Identity:
    """Return as whom to run the binary on the cluster folder; raise StartupProblem when there is no way.

    Root enters a user namespace in which it has another number, so that the files stay root's and no folder
    opens to others; where the kernel refuses, `nobody` runs it. An existing cluster is run by its owner.
    """
    me = os.geteuid()
    owner = cluster.stat().st_uid if cluster.exists() else me
    if me not in {0, owner}:
        raise StartupProblem(
            f"The data folder {data_dir} belongs to another user (number {owner}); "
            "start Shopfleet as that user, or set SHOPFLEET_DATA to another folder."
        )
    if owner != me:
        return unprivileged_identity(binary, data_dir, owner)
    if me != 0 and _has_a_name(me):
        return Identity(SAME_IDENTITY, me)
    namespace = Identity(f"namespace:{_some_named_user()}", me)
    if _can_run(binary, namespace):
        return namespace
    if me != 0:
        raise StartupProblem(
            f"The user number {me} has no name on this machine and PostgreSQL needs one; "
            "add it to /etc/passwd, or set DATABASE_URL to a PostgreSQL that runs elsewhere."
        )
    return unprivileged_identity(binary, data_dir, NOBODY)


def unprivileged_identity(binary: Path, data_dir: Path, uid: int) -> Identity:
    """Return an ordinary user's identity for root to take, or raise StartupProblem when it cannot get there."""
    identity = Identity(f"user:{uid}:{uid}", uid)
    closed = _first_closed_folder(data_dir.absolute().parent, uid)
    if closed is None and not _can_run(binary, identity):
        closed = _first_closed_folder(binary.parent, uid) or binary.parent
    if closed is not None:
        raise StartupProblem(
            "PostgreSQL refuses to run as root, "
            f"and the ordinary user it would run as cannot enter {closed}; "
            "start Shopfleet as an ordinary user, or move the project to a folder that everybody may enter."
        )
    return identity


def hand_over(folders: list[Path], identity: Identity) -> None:
    """Give our own private folders to the user who runs PostgreSQL; root can still enter them."""
    if identity.owner != os.geteuid():
        for folder in folders:
            os.chown(folder, identity.owner, -1)


def _can_run(binary: Path, identity: Identity) -> bool:
    command = launcher_argv((str(binary), "--version"), signal.SIGKILL, identity.launch_as)
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 0


def _first_closed_folder(folder: Path, uid: int) -> Path | None:
    for parent in reversed((folder, *folder.parents)):
        if parent.exists():
            found = parent.stat()
            if not found.st_mode & (0o100 if found.st_uid == uid else 0o001):
                return parent
    return None


def _has_a_name(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _some_named_user() -> int:
    return next((entry.pw_uid for entry in pwd.getpwall() if entry.pw_uid not in {0, NOBODY}), NOBODY)
