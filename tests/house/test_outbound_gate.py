"""Nobody opens a connection past the guard: what can open one is imported by named modules only."""

from __future__ import annotations

import ast
from collections.abc import Iterable

import pytest

from tests.house.source import ROOT, Module, layer_of, modules

# Libraries that can open a connection. `urllib.parse` only reads addresses, `http.HTTPStatus` is a table of numbers.
OPENERS = (
    "aiohttp", "asyncio", "ftplib", "http.client", "httpcore", "httpx", "imaplib", "poplib", "requests", "smtplib",
    "socket", "socketserver", "telnetlib", "urllib.request", "urllib3", "websocket", "websockets", "xmlrpc",
)  # fmt: skip
# Who may hold one, and why.
MAY_OPEN = {
    "agency.integrations.outbound": "is the guard",
    "agency.integrations.http": "reads, on sockets that the guard gives",
    "agency.integrations.one_shot": "writes, on a socket that the guard gives",
    "agency.integrations.notify.smtp": "hands mails to the one server that the operator names in SMTP_URL",
    "agency.startup": "binds a port to see whether it is free",
    "agency.embedded.redis": "looks at the bundled server on this machine",
    "agency.demo.cast": "binds a port for the simulator",
    "agency.demo.runner": "binds a port for the web",
    "agency.demo.stage": "directs the simulator of a practice run on this machine",
}


def _opens(module: Module) -> Iterable[str]:
    if layer_of(module.name) == "simulator":
        return  # plays the outside; a real installation does not start it
    for found in module.imports:
        if found.module in OPENERS or found.module.startswith(tuple(f"{name}." for name in OPENERS)):
            yield found.module


def test_only_named_modules_hold_what_opens_a_connection() -> None:
    holding = {module.name: sorted(set(_opens(module))) for module in modules()}
    holding = {name: found for name, found in holding.items() if found}
    assert sorted(set(holding) - set(MAY_OPEN)) == []
    assert sorted(set(MAY_OPEN) - set(holding)) == [], "a name that is not needed any more"


def test_integrations_make_sockets_in_the_guard_only() -> None:
    makers = {"create_connection", "socket", "getaddrinfo", "HTTPTransport", "ConnectionPool", "SyncBackend"}
    used: dict[str, set[str]] = {}
    for module in modules():
        if layer_of(module.name) != "integrations":
            continue
        for node in ast.walk(module.tree):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in makers
            ):
                used.setdefault(module.name, set()).add(node.func.attr)
    assert used == {
        "agency.integrations.outbound": {"create_connection", "getaddrinfo", "SyncBackend"},
        "agency.integrations.http": {"ConnectionPool"},
    }


@pytest.mark.parametrize(
    "line",
    [
        "import httpx",
        "import http.client",
        "import urllib.request",
        "from socket import *",
    ],
)
def test_a_connection_past_the_guard_would_be_found(line: str) -> None:
    module = Module("agency.services.example", ROOT / "agency/services/example.py")
    module.__dict__["tree"] = ast.parse(line)
    assert list(_opens(module))


def test_a_client_module_taken_out_of_its_package_would_be_found_too() -> None:
    """`from http import client` names the package only, so it is looked for by itself."""
    lines = [
        f"{module}:{node.lineno}"
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ImportFrom)
        and node.module in ("http", "urllib")
        and {alias.name for alias in node.names} & {"client", "request"}
    ]
    assert lines == []
