"""A CJ that answers by script, for what the simulator never says."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from agency.integrations.suppliers.port import SupplierConnection, SupplierPort
from agency.integrations.suppliers.registry import open_supplier
from tests.integrations.local import HERE
from tests.integrations.outside import CJ_OPEN_ID
from tests.integrations.raw_server import RawServer, Script, reply

Peer = Callable[[Script], RawServer]


def cj_at(server: RawServer, **credentials: str) -> SupplierPort:
    secrets = credentials or {"access_token": "fake-at", "open_id": CJ_OPEN_ID}
    return open_supplier(SupplierConnection("cj", server.url + "/v1", "USD", {}, secrets, 2.0, HERE))


def envelope(data: Any, code: int = 200) -> bytes:
    return reply(
        "200 OK", json.dumps({"code": code, "result": code == 200, "message": "m", "data": data}).encode()
    )


def scripted(server_box: list[RawServer], answers: dict[str, bytes]) -> Script:
    """Answers by the last word of the path."""

    def script(sock: Any, _n: int) -> None:
        target = server_box[0].requests[-1].split(b" ")[1].decode()
        sock.sendall(answers[target.split("?")[0].rsplit("/", 1)[-1]])

    return script


def cj_peer(peer: Peer, answers: dict[str, bytes]) -> RawServer:
    box: list[RawServer] = []
    box.append(peer(scripted(box, answers)))
    return box[0]
