"""The import table of the house: who may know whom. A line that breaks it is named with its place."""

from __future__ import annotations

import ast
from collections.abc import Iterable

import pytest

from tests.house.source import ROOT, Module, is_ours, is_standard, layer_of, modules, written_tests

# Ground beside domain: files of the package root that the storeys above stand on.
CLOCKS_AND_SETTINGS = ("clock", "config")
PROCESS_GROUND = ("startup", "children", "child_launcher", "supervisor", "supervisor_summary", "embedded")
# Doors: they start something and may know what they start. Nobody below may know them.
DOORS = (
    "cli", "app", "serving", "people", "doctor", "key_rotation", "key_status", "running", "running_summary", "demo",
    "wsgi", "audit_command", "replay_command",
)  # fmt: skip

MAY_IMPORT: dict[str, tuple[str, ...]] = {
    "agency": (),
    "domain": (),
    "clock": (),
    "fault_points": (),
    "config": ("domain",),
    "logs": ("config",),
    "extensions": ("domain",),
    "transaction": ("domain", "extensions", "fault_points"),
    "lanes": (),
    "speech": ("domain",),
    "verify_pack": (),  # alone on another machine: nothing of ours, nothing but the standard library
    "boot": ("config", "extensions"),
    "models": ("domain", "extensions"),
    "services": ("models", "domain", "lanes", "clock"),
    "integrations": ("domain", "fault_points"),
    "web": ("services", "domain", "clock", "config", "extensions", "transaction", "fault_points"),
    "api": ("services", "domain", "clock", "web"),
    "portal": ("services", "domain", "clock", "web", "speech"),
    "workers": (
        "services", "integrations", "models", "domain", "lanes", "transaction", "extensions", "boot",
        "speech", "fault_points", *CLOCKS_AND_SETTINGS,
    ),
    "migrations": ("models", "extensions", "domain"),
    "simulator": (),
    **dict.fromkeys(PROCESS_GROUND, PROCESS_GROUND),
    "app": ("api", "portal", "web", "config", "extensions"),
}  # fmt: skip

OUTSIDE_LIBRARIES: dict[str, tuple[str, ...]] = {
    "domain": (),
    "clock": (),
    "config": (),
    "fault_points": (),
    "extensions": ("sqlalchemy", "redis"),
    "transaction": ("sqlalchemy",),
    "lanes": ("sqlalchemy",),
    "speech": ("babel",),
    "verify_pack": (),
    "boot": (),
    "models": ("sqlalchemy",),
    "services": ("sqlalchemy", "argon2", "cryptography", "orjson", "pyotp", "webauthn", "segno", "zxcvbn"),
    "integrations": ("httpx", "httpcore"),
    "web": ("flask", "werkzeug", "sqlalchemy", "flask_limiter", "limits"),
    "api": ("flask", "flask_smorest", "marshmallow", "markupsafe", "orjson", "werkzeug"),
    "portal": (
        "flask",
        "flask_babel",
        "babel",
        "itsdangerous",
        "marshmallow",
        "markupsafe",
        "jinja2",
        "werkzeug",
    ),
    "workers": ("rq", "redis", "sqlalchemy"),
    "migrations": ("alembic", "sqlalchemy"),
    "simulator": ("flask", "werkzeug"),
    **dict.fromkeys(PROCESS_GROUND, ("psycopg", "redis")),
    "app": ("flask",),
}

# Single exceptions, each with its reason.
ALLOWED = {
    (
        "agency.api.webhooks",
        "agency.integrations.tiktok.signing",
    ),  # the door checks the signature over raw bytes
    ("agency.api.webhooks", "agency.integrations.tiktok.webhooks"),  # and reads whose notification it is
}
# Both doors take the same input, so that a form and a JSON body are refused with the same words.
SHARED_BY_DOORS = "agency.api.schemas"


def _breaks(module: Module) -> Iterable[str]:
    layer = layer_of(module.name)
    if layer not in MAY_IMPORT:
        yield f"{module} stands on no storey of the table above"
        return
    for found in module.imports:
        if is_standard(found.module) or (module.name, found.module) in ALLOWED:
            continue
        if layer == "portal" and found.module.startswith(SHARED_BY_DOORS):
            continue
        target = layer_of(found.module) if is_ours(found.module) else found.module.split(".")[0]
        may = MAY_IMPORT[layer] if is_ours(found.module) else OUTSIDE_LIBRARIES.get(layer, ())
        if target != layer and target not in may:
            yield f"{module}:{found.line} {layer} must not import {found.module}"


def test_every_module_imports_only_what_its_storey_may_know() -> None:
    below = [
        module for module in modules() if layer_of(module.name) not in DOORS or layer_of(module.name) == "app"
    ]
    assert [line for module in below for line in _breaks(module)] == []


def test_nobody_imports_a_door_except_another_door() -> None:
    offenders = [
        f"{module}:{found.line} imports {found.module}"
        for module in modules()
        if layer_of(module.name) not in DOORS
        for found in module.imports
        if is_ours(found.module) and layer_of(found.module) in DOORS
    ]
    assert offenders == []


def test_the_simulator_is_known_to_the_command_line_only() -> None:
    knowing = {
        module.name
        for module in modules()
        for found in module.imports
        if found.module.startswith("agency.simulator") and layer_of(module.name) != "simulator"
    }
    assert knowing <= {"agency.cli"}


def test_no_adapter_knows_another_adapter() -> None:
    def adapter(name: str) -> str:
        parts = name.split(".")[2:]
        return "/".join(parts[:2] if parts[:1] == ["suppliers"] else parts[:1])

    folders = {
        f"{path.parent.relative_to(ROOT / 'agency/integrations')}"
        for path in (ROOT / "agency/integrations").rglob("adapter.py")
    }
    assert folders >= {"tiktok", "suppliers/rest", "suppliers/cj"}
    offenders = [
        f"{module}:{found.line} imports {found.module}"
        for module in modules()
        if module.name.startswith("agency.integrations.") and adapter(module.name) in folders
        for found in module.imports
        if adapter(found.module) in folders - {adapter(module.name)}
    ]
    assert offenders == []


def test_workers_build_no_queries_of_their_own() -> None:
    """They load a row by its key; everything that selects, joins or updates has its home in a service."""
    offenders = []
    for module in modules():
        if layer_of(module.name) != "workers":
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "sqlalchemy":
                names = {alias.name for alias in node.names} - {
                    "Session",
                    "OperationalError",
                    "configure_mappers",
                }
                offenders += [f"{module}:{node.lineno} imports {name}" for name in sorted(names)]
    assert offenders == []


def test_imports_stand_at_the_top_except_in_the_roof_and_the_command_line() -> None:
    late = [
        f"{module}:{found.line} {found.module}"
        for module in modules()
        if module.name not in ("agency.app", "agency.cli")
        for found in module.imports
        if found.inside_function
    ]
    assert late == []


def test_imports_are_absolute() -> None:
    every = [*modules(), *written_tests()]
    assert [f"{m}:{found.line}" for m in every for found in m.imports if found.relative] == []


def test_the_package_root_exports_nothing() -> None:
    (root,) = [module for module in modules() if module.name == "agency"]
    assert all(isinstance(node, ast.Expr) for node in root.tree.body), (
        "agency/__init__.py holds a docstring only"
    )


def test_there_are_no_import_circles() -> None:
    graph = {module.name: {f.module for f in module.imports if is_ours(f.module)} for module in modules()}
    assert _circles(graph) == []


def test_a_circle_would_be_found() -> None:
    assert _circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [["a", "b", "c"]]


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("agency/domain/example.py", "import sqlalchemy"),
        ("agency/services/example.py", "from agency.integrations.tiktok import adapter"),
        ("agency/api/example.py", "from agency.models.orders import Order"),
        ("agency/portal/example.py", "from agency.api.encoding import encode"),
        ("agency/integrations/example.py", "from agency.models.orders import Order"),
        ("agency/simulator/example.py", "from agency.domain.money import Money"),
        ("workers/example.py", "from agency.api.orders import blueprint"),
    ],
)
def test_a_forbidden_line_would_be_found(place: str, line: str) -> None:
    module = Module(place.removesuffix(".py").replace("/", "."), ROOT / place)
    module.__dict__["tree"] = ast.parse(line)
    assert len(list(_breaks(module))) == 1


def _circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Every module that reaches itself, by circle: what is left when modules without open imports are taken away."""
    left = {name: {target for target in targets if target in graph} for name, targets in graph.items()}
    while True:
        free = {name for name, targets in left.items() if not targets & set(left)}
        used = {target for targets in left.values() for target in targets}
        free |= {name for name in left if name not in used}
        if not free:
            break
        left = {name: targets - free for name, targets in left.items() if name not in free}
    return [sorted(left)] if left else []
