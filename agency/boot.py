"""Bringing a process up: settings, the master key, the database and Redis it was told to use."""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass, field
from pathlib import Path

from agency.config import BadSetting, Settings, load_settings, read_key_file
from agency.extensions import Database


@dataclass(frozen=True)
class Booted:
    """What every process of ours stands on."""

    settings: Settings
    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    master_key: str = field(repr=False)
    database: Database


def boot() -> Booted:
    """Reads the environment. Raises BadSetting with one sentence when something is missing."""
    settings = load_settings()
    if not settings.database_url or not settings.redis_url:
        raise BadSetting(
            "DATABASE_URL and REDIS_URL are not set. Use `shopfleet run`, which brings its own servers, or set both."
        )
    key = read_master_key(settings)
    return Booted(
        settings, settings.database_url, settings.redis_url, key, Database(settings.database_url, key)
    )


def read_master_key(settings: Settings) -> str:
    """The keys that wrap every client's data key, newest first, with commas; for a trial run from a file of our own.

    Raises BadSetting when a real installation has none: losing the key loses every sealed value.
    """
    if settings.master_key:
        return settings.master_key
    if not settings.simulator:
        raise BadSetting(
            "Neither SHOPFLEET_KEY nor SHOPFLEET_KEY_FILE is set. Make a key with `openssl rand -base64 32`, "
            "keep it safe, and set it everywhere."
        )
    return _key_file(settings.data_dir / "master.key")


def _key_file(path: Path) -> str:
    """Made private at the first start."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(base64.b64encode(os.urandom(32)).decode())
    return read_key_file(path, "The practice world's master key")
