"""What holds a secret or a buyer's data does not print it: an error text or a log line may quote any value."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
from typing import Any

import agency
import workers

# Names under which secrets and personal data go through the house.
HIDDEN = {
    "access_token", "refresh_token", "api_key", "app_secret", "tiktok_app_secret", "master_key", "credentials",
    "cipher", "password", "secret", "token", "raw", "postal_code", "phone", "database_url", "redis_url", "environment",
    "env", "payload", "headers", "wrapped_key",
}  # fmt: skip
# `Address` has a repr of its own; the simulator is the outside world; the counts below are numbers.
EXCUSED = {"agency.domain.addresses.Address"}


def _dataclasses() -> set[type[Any]]:
    found = set()
    for package in (agency, workers):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".simulator" in module.name or module.name.endswith("__main__"):
                continue
            for value in vars(importlib.import_module(module.name)).values():
                if isinstance(value, type) and dataclasses.is_dataclass(value):
                    found.add(value)
    return {made for made in found if made.__module__.startswith(("agency", "workers"))}


def _printed(made: type[Any]) -> list[str]:
    return [part.name for part in dataclasses.fields(made) if part.repr and part.name in HIDDEN]


def test_no_dataclass_prints_a_secret_or_a_buyer() -> None:
    found = _dataclasses()
    assert len(found) > 100
    names = {made: f"{made.__module__}.{made.__qualname__}" for made in found}
    told = {name: _printed(made) for made, name in names.items() if _printed(made) and name not in EXCUSED}
    assert told == {}


def test_a_field_that_is_printed_is_found() -> None:
    @dataclasses.dataclass
    class Careless:
        api_key: str

    assert _printed(Careless) == ["api_key"]
