"""Our own source code as data: modules, what they import, and what they are made of."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("agency", "workers", "migrations")


@dataclass(frozen=True)
class Import:
    """One import: the module that it names (a sub-module when `from package import module`), and where."""

    module: str
    line: int
    inside_function: bool
    relative: bool


@dataclass(frozen=True)
class Module:
    """One file of ours."""

    name: str
    path: Path

    def __str__(self) -> str:
        return str(self.path.relative_to(ROOT))

    @cached_property
    def lines(self) -> int:
        return len(self.path.read_text(encoding="utf-8").splitlines())

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.path.read_text(encoding="utf-8"))

    @cached_property
    def imports(self) -> tuple[Import, ...]:
        return tuple(_imports(self.tree, inside=False))

    @cached_property
    def functions(self) -> tuple[ast.FunctionDef | ast.AsyncFunctionDef, ...]:
        return tuple(
            node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        )


def _imports(node: ast.AST, *, inside: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            for alias in child.names:
                yield Import(alias.name, child.lineno, inside, relative=False)
        elif isinstance(child, ast.ImportFrom):
            for alias in child.names:
                yield Import(_named(child, alias), child.lineno, inside, relative=bool(child.level))
        else:
            yield from _imports(
                child, inside=inside or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
            )


def _named(node: ast.ImportFrom, alias: ast.alias) -> str:
    whole = f"{node.module}.{alias.name}"
    return whole if is_module(whole) else str(node.module)


def is_module(name: str) -> bool:
    """Whether the dotted name is a file or a package of ours."""
    path = ROOT.joinpath(*name.split("."))
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


@cache
def modules() -> tuple[Module, ...]:
    """Every module of the program, without tests and bench."""
    files = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    return tuple(Module(_name(path), path) for path in [*files, ROOT / "wsgi.py"])


@cache
def written_tests() -> tuple[Module, ...]:
    """Every test file."""
    return tuple(Module(_name(path), path) for path in sorted((ROOT / "tests").rglob("*.py")))


def _name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def layer_of(name: str) -> str:
    """The storey of a module: "domain" ... for a folder of agency, "config" ... for a ground file, else its package."""
    parts = name.split(".")
    return parts[1] if parts[0] == "agency" and len(parts) > 1 else parts[0]


def is_ours(name: str) -> bool:
    """Whether a module belongs to the program or its tests."""
    return name.split(".", maxsplit=1)[0] in (*PACKAGES, "wsgi", "tests", "bench")


def is_standard(name: str) -> bool:
    """Whether a module comes with Python."""
    return name.split(".", maxsplit=1)[0] in sys.stdlib_module_names
