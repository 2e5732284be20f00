"""Files and functions stay small enough to be read in one go."""

from __future__ import annotations

import ast

from tests.house.source import ROOT, modules, written_tests

FILE_LINES, FUNCTION_LINES = 300, 50


def test_no_file_is_longer_than_300_lines() -> None:
    every = [*modules(), *written_tests()]
    assert [f"{module}: {module.lines}" for module in every if module.lines > FILE_LINES] == []


def test_no_function_is_longer_than_50_lines() -> None:
    # A migration's table list is data; splitting it would only hide the table.
    long = [
        f"{module}:{function.lineno} {function.name}: {_length(function)}"
        for module in [*modules(), *written_tests()]
        for function in module.functions
        if _length(function) > FUNCTION_LINES
        and not (module.name.startswith("migrations.versions.") and function.name == "create_tables")
    ]
    assert long == []


def test_every_module_opens_with_a_sentence() -> None:
    named = [module for module in modules() if not (module.path.name == "__init__.py" and module.lines == 0)]
    assert [str(module) for module in named if not ast.get_docstring(module.tree)] == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    empty = {"utils", "util", "helpers", "helper", "manager", "managers", "misc", "common", "base_utils"}
    assert [str(module) for module in modules() if module.path.stem in empty] == []
    assert [
        f"{module}:{function.lineno} {function.name}"
        for module in modules()
        for function in module.functions
        if function.name.startswith("process_")
    ] == []


def test_no_file_promises_to_be_finished_later() -> None:
    words = ("TO" + "DO", "FIX" + "ME", "NotImplemented" + "Error")
    found = [
        f"{path.relative_to(ROOT)}: {word}"
        for folder in ("agency", "workers", "migrations", "tests")
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in (".py", ".html", ".css", ".js")
        for word in words
        if word in path.read_text(encoding="utf-8")
    ]
    assert found == []


def _length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1
