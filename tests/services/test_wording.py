"""Every word that the code writes has words for the reader."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from agency.domain.clocks import DeadlineKind
from agency.domain.effects import EffectState
from agency.domain.orders import Stage
from agency.domain.parcels import ParcelState
from agency.domain.purchasing import PurchaseState
from agency.models.catalog import SUPPLIER_KINDS as KINDS_OF_SUPPLIERS
from agency.services import wording
from agency.services.event_wording import _TITLES

SOURCES = [path.read_text(encoding="utf-8") for path in Path(wording.__file__).parent.glob("*.py")]


def _written(*patterns: str) -> set[str]:
    return {word for source in SOURCES for pattern in patterns for word in re.findall(pattern, source)}


@pytest.mark.parametrize(
    ("words", "table"),
    [
        (Stage.ALL, wording.STAGES),
        (PurchaseState.ALL, wording.PURCHASES),
        (ParcelState.ALL, wording.PARCELS),
        (EffectState.ALL, wording.EFFECTS),
        (tuple(DeadlineKind), wording.DEADLINES),
        (KINDS_OF_SUPPLIERS, wording.SUPPLIER_KINDS),
    ],
)  # fmt: skip
def test_every_state_has_its_words(words: tuple[str, ...], table: dict[str, object]) -> None:
    assert set(table) == set(words)


def test_every_kind_of_decision_has_its_words() -> None:
    kinds = _written(r'Cause\(\s*[^)]*?kind="([a-z_]+)"', r'_cause\([^)]*?, "([a-z_]+)", why')
    assert len(kinds) > 10
    assert kinds - set(wording.KINDS) == set()


def test_every_default_action_has_its_label() -> None:
    actions = _written(r'action="([a-z_]+)"', r'_cause\([^)]*?, why, "([a-z_]+)"')
    assert len(actions) > 5
    assert actions - set(wording.ACTIONS) == set()


def test_every_event_has_its_title() -> None:
    kinds = _written(r'record_event\(scope, session, \w+, "([a-z_]+)"', r'Happening\(\w+, "([a-z_]+)"')
    assert len(kinds) > 15
    assert kinds - set(_TITLES) == set()
