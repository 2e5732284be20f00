"""The web process on a real socket: limits hold before a body is sent, and its log holds no query."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from agency.startup import require_free_port
from tests.databases import MASTER_KEY
from tests.desk import Desk, open_desk
from tests.servers import redis_url

ROOT = Path(__file__).parents[2]


@dataclass
class Served:
    """A running web process and its log."""

    port: int
    log: Path

    def say(self, head: str, body: bytes = b"") -> bytes:
        """Sends bytes, leaves the connection open, and returns the answer as far as it comes."""
        with socket.create_connection(("127.0.0.1", self.port), 10) as peer:
            peer.sendall(head.replace("\n", "\r\n").encode() + body)
            answer = b""
            while b"\r\n\r\n" not in answer or not answer.rstrip().endswith((b"}", b">")):
                chunk = peer.recv(65_536)
                if not chunk:
                    break
                answer += chunk
            return answer


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with open_desk() as desk:
        yield from _serve(desk, tmp_path_factory.mktemp("web"))


def _serve(desk: Desk, folder: Path) -> Iterator[Served]:
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        port = int(probe.getsockname()[1])
    require_free_port(port)
    environment = {
        "PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(ROOT), "DATABASE_URL": desk.owner_url,
        "REDIS_URL": redis_url(), "SHOPFLEET_KEY": MASTER_KEY, "SHOPFLEET_DATA": str(folder), "WEB_WORKERS": "1",
        "LOG_LEVEL": "DEBUG",
    }  # fmt: skip
    log = folder / "web.log"
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "agency.cli", "web", "--port", str(port)],
            env=environment, cwd=ROOT, stdout=stream, stderr=stream,
        )  # fmt: skip
    try:
        _wait_for(port, process)
        yield Served(port, log)
    finally:
        process.terminate()
        process.wait(10)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Until it accepts; the kernel refuses at once before that, so each try is cheap."""
    deadline = time.monotonic() + 30
    while process.poll() is None and time.monotonic() < deadline:
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        try:
            process.wait(0.05)
        except subprocess.TimeoutExpired:
            continue
    raise AssertionError("the web process did not start")


HOST = "Host: 127.0.0.1\n"


def test_the_webhook_door_answers_413_while_the_body_is_still_to_come(served: Served) -> None:
    answer = served.say(f"POST /webhooks/tiktok HTTP/1.1\n{HOST}Content-Length: 50000000\n\n", b"x" * 1000)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"application/problem+json" in answer
    assert b"Content-Security-Policy" in answer


def test_chunks_without_an_end_are_refused_at_the_limit(served: Served) -> None:
    chunk = b"1000\r\n" + b"x" * 4096 + b"\r\n"
    head = f"POST /webhooks/tiktok HTTP/1.1\n{HOST}Transfer-Encoding: chunked\n\n"
    assert served.say(head, chunk * 40).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (f"GET /api/v1/orders?q={'x' * 5_000} HTTP/1.1\n{HOST}\n", 414),
        (f"GET /api/v1/orders?q={'x' * 9_000} HTTP/1.1\n{HOST}\n", 414),
        (f"GET /api/v1/orders HTTP/1.1\n{HOST}" + f"X-Fake: {'x' * 6_000}\n" * 3 + "\n", 431),
        (f"GET /api/v1/orders HTTP/1.1\n{HOST}X-Fake: {'x' * 17_000}\n\n", 431),
        (f"GET /api/v1/orders HTTP/1.1\n{HOST}" + "X-Fake: 1\n" * 150 + "\n", 431),
        ("GET /api/v1/orders HTTP/1.1\nHost: evil.example.test\n\n", 400),
        ("GET /login HTTP/1.1\nHost: evil.example.test\n\n", 400),
    ],
)
def test_too_much_or_a_foreign_name_has_its_status_on_the_wire(
    served: Served, head: str, status: int
) -> None:
    assert served.say(head).startswith(f"HTTP/1.1 {status} ".encode())


def test_neither_a_code_nor_a_state_is_in_the_processs_log(served: Served) -> None:
    query = "code=TTP_fake-wire-code&state=fake-wire-state"
    assert b" 303 " in served.say(f"GET /connect/callback?{query} HTTP/1.1\n{HOST}Connection: close\n\n")
    served.say(f"GET /connect/callback?{query}\n\n")
    served.say(f"GET /connect/callback?{query} HTTP/9.9\n{HOST}\n")
    served.say(f"GET /connect/callback?{query} HTTP/1.1\n{HOST}bad header line\n\n")
    log = served.log.read_text()
    assert "Booting worker" in log, "the log is where we look"
    assert "fake-wire" not in log
