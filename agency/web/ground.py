"""What a running web application stands on: settings, database, clock and keyring."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import cast

from flask import Flask, current_app

from agency.clock import Clock
from agency.config import Settings
from agency.extensions import Database
from agency.services.sealing import Keyring

_NAME = "shopfleet"


@dataclass(frozen=True)
class Ground:
    """One per application; everything in it may be used by many threads at once."""

    settings: Settings
    database: Database
    clock: Clock
    keyring: Keyring


def lay_ground(app: Flask, settings: Settings, database: Database) -> None:
    """Gives the application its ground. Raises ValueError when the master key cannot be used."""
    clock = Clock(settings.clock_origin, settings.clock_epoch, settings.clock_rate)
    app.extensions[_NAME] = Ground(settings, database, clock, Keyring(settings.master_key))


def ground() -> Ground:
    """The ground of the application that answers this request."""
    return cast(Ground, current_app.extensions[_NAME])


def shop_now() -> datetime:
    """Shop time now: what deadlines and order times are compared with."""
    return ground().clock.now()
