"""One agency at work per file of stories: orders of different stories live beside each other, as in life."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.databases import create_database, drop_database
from tests.stories.cast import open_agency
from tests.stories.journey import Journey
from tests.stories.set_back import Time


@contextmanager
def _opened(folder: Path, **settings: Any) -> Iterator[Journey]:
    made = create_database("story")
    journey = Journey(folder, made)
    try:
        open_agency(journey, **settings)
        yield journey
    finally:
        journey.close()
        drop_database(made)


@pytest.fixture(scope="module")
def journey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Journey]:
    with _opened(tmp_path_factory.mktemp("journey"), pace=0.5) as opened:
        yield opened


@pytest.fixture
def time(tmp_path: Path) -> Iterator[Time]:
    """An agency of one story alone, that can be set back to a backup."""
    opened = Time(tmp_path)
    try:
        open_agency(opened.journey, pace=0.5)
        yield opened
    finally:
        opened.close()
