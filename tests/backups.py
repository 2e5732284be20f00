"""Backups as docs/production.md says: the very commands, with the bundled PostgreSQL's own programs."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy.engine import make_url

from agency.embedded.cluster import find_binaries

ROOT = Path(__file__).parents[1]


def documented(heading: str) -> list[str]:
    """The shell lines under a heading of docs/production.md, comments and continuation taken away."""
    text = (ROOT / "docs" / "production.md").read_text(encoding="utf-8")
    part = text.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = "\n".join(re.findall(r"```sh\n(.*?)```", part, re.DOTALL)).replace("\\\n", " ").splitlines()
    return [words for line in lines if (words := line.split("  #")[0].strip())]


def run_documented(
    line: str, folder: Path, owner_url: str, environment: Mapping[str, str] | None = None
) -> str:
    """Runs one documented line in `folder` as an administrator would; returns what it printed.

    The words are taken as they stand; only the placeholder database name `shopfleet` (and `$DATABASE_URL`) becomes the
    test's own, and the programs are found where the wheels have put them.
    """
    url = make_url(owner_url).set(drivername="postgresql")
    name = str(url.database)
    host, port = url.query.get("host", url.host or ""), url.query.get("port", url.port or 5432)
    server = {"PGHOST": str(host), "PGPORT": str(port)}
    server |= {"PGUSER": str(url.username or "postgres"), "PGPASSWORD": str(url.password or "")}
    path = f"{find_binaries()}:{ROOT / '.venv' / 'bin'}:{os.environ['PATH']}"
    words = [name if word == "shopfleet" and place else word for place, word in enumerate(shlex.split(line))]
    words = [f"--dbname={name}" if word == "--dbname=shopfleet" else word for word in words]
    done = subprocess.run(
        ["/bin/sh", "-c", _shell(words)],
        cwd=folder,
        env={**os.environ, **(environment or {}), **server, "PATH": path, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{line}: {done.stderr[-2000:]}"
    return done.stdout


def _shell(words: list[str]) -> str:
    """Quoted again, but for the redirection."""
    return " ".join(word if word in (">", "<") else shlex.quote(word) for word in words)
