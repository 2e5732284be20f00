"""Every act that the code writes into the audit log has its words, so that a reader never sees a code."""

from __future__ import annotations

import ast
import re

from agency.services.audit_words import WORDS, details_text, list_areas, words_of
from tests.house.source import modules


def _actions() -> dict[str, str]:
    """Each literal first argument of Act(...) with its place."""
    found: dict[str, str] = {}
    for module in modules():
        constants = {
            target.id: node.value
            for node in module.tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(module.tree):
            if (
                isinstance(node, ast.Call)
                and getattr(node.func, "id", getattr(node.func, "attr", "")) == "Act"
            ):
                first = node.args[0] if node.args else None
                if isinstance(
                    first, ast.Name
                ):  # a constant of the module, for an action that is also looked up
                    first = constants.get(first.id)
                literal = isinstance(first, ast.Constant) and isinstance(first.value, str)
                found[first.value if literal else "not a literal"] = f"{module}:{node.lineno}"  # type: ignore[union-attr]
    return found


def test_every_act_of_the_code_has_its_words() -> None:
    missing = {action: place for action, place in _actions().items() if action not in WORDS}
    assert missing == {}, "add them to agency/services/audit_words.py"


def test_acts_are_found_at_all() -> None:
    assert {"session.opened", "order.approved", "supplier.key_replaced", "sign_in.locked"} <= set(_actions())


def test_no_words_are_left_of_acts_that_the_code_no_longer_writes() -> None:
    assert set(WORDS) - set(_actions()) == set()


def test_words_and_actions_have_one_form() -> None:
    for action, words in WORDS.items():
        assert re.fullmatch(r"[a-z_]+\.[a-z_]+", action), action
        assert not words.endswith("."), action
        assert "{" not in words_of(action, "order", "577"), action


def test_unknown_actions_and_details_are_shown_as_they_are() -> None:
    assert words_of("moon.landed", "", "") == "did moon.landed"
    assert words_of("buying.stopped", "agency", "x") == "stopped buying for the whole agency"
    assert details_text({"fields": ["daily_budget_minor"], "outcome": "not_bought"}) == (
        "fields: daily budget; outcome: not bought"
    )
    assert ("order.", "Order") in list_areas()
