"""Over a real socket: dropped connections, half answers, errors before and after the deed, kills, webhooks."""

import hashlib
import hmac
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from agency.simulator.server import RunningSimulator, start
from tests.simulator.conftest import KEY, SECRET, SETUP, SHOP, purchase


def ask(url: str, method: str, path: str, body: Any = None, key: str = "") -> tuple[int, Any]:
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=5)
    headers = {
        "Authorization": "Bearer fake-rest-key-a",
        "Content-Type": "application/json",
        "Idempotency-Key": key,
    }
    try:
        connection.request(method, path, body=json.dumps(body) if body is not None else None, headers=headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


class Mailbox:
    """A real webhook receiver that answers with the statuses it was given, then 200."""

    def __init__(self) -> None:
        self.letters: list[tuple[dict[str, str], bytes]] = []
        self.statuses: list[int] = []
        self.arrived = threading.Condition()
        box = self

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                with box.arrived:
                    status = box.statuses.pop(0) if box.statuses else 200
                    box.letters.append(({key.lower(): value for key, value in self.headers.items()}, raw))
                    box.arrived.notify_all()
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def wait_for(self, count: int) -> list[tuple[dict[str, str], Any]]:
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.letters) >= count, timeout=8), self.letters
            return [(headers, json.loads(raw)) for headers, raw in self.letters]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def running(state: str) -> Iterator[RunningSimulator]:
    made = start(state, app_key=KEY, app_secret=SECRET)
    ask(made.url, "POST", "/_sim/setup", SETUP)
    yield made
    made.stop()


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    made = Mailbox()
    yield made
    made.close()


def place(url: str, **more: Any) -> Any:
    lines = [{"sku_id": "2001", "quantity": 2}]
    return ask(url, "POST", "/_sim/orders/one", {"shop_id": SHOP, "lines": lines, **more})[1]


def purchases(url: str) -> list[Any]:
    return list(ask(url, "GET", "/_sim/books")[1]["supplier_orders"])


@pytest.mark.parametrize(("dial", "kept"), [("timeout_before", 0), ("timeout_after", 1)])
def test_a_dropped_connection_leaves_no_answer_and_acts_only_when_it_says_so(
    running: RunningSimulator, dial: str, kept: int
) -> None:
    placed = place(running.url)
    ask(running.url, "POST", "/_sim/setup", {"hang_seconds": 0.1})
    ask(
        running.url,
        "POST",
        "/_sim/faults",
        {dial: {"next": 1, "path": "/suppliers/rest/orders", "method": "POST"}},
    )
    assert ask(running.url, "GET", "/suppliers/rest/items/MUG")[0] == 200
    with pytest.raises((ConnectionError, http.client.RemoteDisconnected)):
        ask(running.url, "POST", "/suppliers/rest/orders", purchase(placed), "TS-1")
    assert len(purchases(running.url)) == kept
    status, order = ask(running.url, "POST", "/suppliers/rest/orders", purchase(placed), "TS-1")
    assert (status, order["reference"]) == ((200, "TS-1") if kept else (201, "TS-1"))
    assert len(purchases(running.url)) == 1


@pytest.mark.parametrize(("dial", "kept"), [("http_500_before", 0), ("http_500_after", 1), ("http_429", 0)])
def test_an_error_answer_may_hide_a_deed(running: RunningSimulator, dial: str, kept: int) -> None:
    placed = place(running.url)
    ask(running.url, "POST", "/_sim/faults", {dial: {"next": 1}})
    status, body = ask(running.url, "POST", "/suppliers/rest/orders", purchase(placed), "TS-1")
    assert status == (429 if dial == "http_429" else 500)
    assert "error" in body
    assert len(purchases(running.url)) == kept


def test_a_cut_answer_ends_in_the_middle(running: RunningSimulator) -> None:
    ask(running.url, "POST", "/_sim/faults", {"cut_answer": {"next": 1}})
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        ask(running.url, "POST", "/suppliers/rest/orders", purchase(place(running.url)), "TS-1")
    assert len(purchases(running.url)) == 1


def test_a_supplier_may_answer_nonsense_with_200(running: RunningSimulator) -> None:
    ask(running.url, "POST", "/_sim/faults", {"supplier_nonsense": {"next": 1}})
    connection = http.client.HTTPConnection(running.url.removeprefix("http://"), timeout=5)
    connection.request(
        "GET", "/suppliers/rest/items/MUG", headers={"Authorization": "Bearer fake-rest-key-a"}
    )
    answer = connection.getresponse()
    raw = answer.read()
    connection.close()
    assert answer.status == 200
    assert raw.startswith(b"<html>") or b'"error"' in raw


def test_a_taken_port_and_a_foreign_file_are_refused_with_a_sentence(
    running: RunningSimulator, tmp_path: Path
) -> None:
    with pytest.raises(OSError, match="in use"):
        start(str(tmp_path / "other.sqlite"), app_key=KEY, app_secret=SECRET, port=running.port)
    foreign = tmp_path / "letter.txt"
    foreign.write_text("dear reader, " * 100)
    with pytest.raises(ValueError, match=r"letter\.txt"):
        start(str(foreign), app_key=KEY, app_secret=SECRET)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/suppliers/rest/orders", {"reference": "TS-1", "lines": 5}),
        ("/suppliers/rest/orders", {"reference": "TS-1", "lines": [7], "ship_to": 3}),
        ("/suppliers/rest/orders", [1, 2]),
        ("/_sim/orders/one", {"shop_id": SHOP, "lines": 4}),
        ("/_sim/advance", {"order_id": "none", "status": "DELIVERED"}),
    ],
)
def test_bodies_of_the_wrong_shape_are_refused_and_buy_nothing(
    running: RunningSimulator, path: str, body: Any
) -> None:
    status, answer = ask(running.url, "POST", path, body, "TS-1")
    assert status in (400, 422)
    assert answer["error"]
    assert purchases(running.url) == []


def test_a_kept_connection_serves_many_calls(running: RunningSimulator) -> None:
    connection = http.client.HTTPConnection(running.url.removeprefix("http://"), timeout=5)
    for _ in range(3):
        connection.request("GET", "/_sim/health")
        assert json.loads(connection.getresponse().read())["ok"]
        assert connection.sock is not None
    connection.close()


def test_unknown_dials_and_presets_are_named(running: RunningSimulator) -> None:
    status, body = ask(running.url, "POST", "/_sim/faults", {"gremlins": 1})
    assert status == 400
    assert "gremlins" in body["error"]
    assert ask(running.url, "POST", "/_sim/faults", {"preset": "odd"})[0] == 400
    assert ask(running.url, "POST", "/_sim/faults", {"slow": 7})[0] == 400


def test_tiktok_tells_each_status_with_a_signature_over_the_raw_body(
    running: RunningSimulator, mailbox: Mailbox
) -> None:
    ask(running.url, "POST", "/_sim/setup", {"webhook_url": mailbox.url})
    order_id = place(running.url)["order_id"]
    mailbox.wait_for(1)
    ask(running.url, "POST", "/_sim/cancel", {"order_id": order_id})
    letters = mailbox.wait_for(3)
    told = {(body["type"], body["data"].get("order_status")) for _, body in letters}
    assert told == {(1, "ON_HOLD"), (11, None), (1, "CANCEL")}
    for headers, raw in mailbox.letters:
        expected = hmac.new(SECRET.encode(), KEY.encode() + raw, hashlib.sha256).hexdigest()
        assert headers["authorization"] == expected
    assert len({body["tts_notification_id"] for _, body in letters}) == 3


def test_a_refused_webhook_is_sent_again_with_the_same_notification(
    running: RunningSimulator, mailbox: Mailbox
) -> None:
    ask(running.url, "POST", "/_sim/setup", {"webhook_url": mailbox.url})
    ask(running.url, "POST", "/_sim/clock", {"rate": 1000})
    mailbox.statuses = [500]
    place(running.url)
    first, second = mailbox.wait_for(2)[:2]
    notes = [body["tts_notification_id"] for _, body in mailbox.wait_for(2)]
    assert len(set(notes)) == 1
    assert first[1]["shop_id"] == second[1]["shop_id"] == SHOP
    assert ask(running.url, "GET", "/_sim/books")[1]["webhooks"]["retried"] >= 1


def test_webhook_dials_lose_and_double_events(running: RunningSimulator, mailbox: Mailbox) -> None:
    ask(running.url, "POST", "/_sim/setup", {"webhook_url": mailbox.url})
    ask(running.url, "POST", "/_sim/faults", {"webhook_lost": {"next": 1}, "webhook_duplicate": {"next": 1}})
    place(running.url)
    second = place(running.url)["order_id"]
    letters = mailbox.wait_for(2)
    assert [body["data"]["order_id"] for _, body in letters] == [second, second]
    counts = ask(running.url, "GET", "/_sim/books")[1]["webhooks"]
    assert (counts["lost"], counts["duplicated"]) == (1, 1)


def test_a_rest_supplier_signs_time_and_body(running: RunningSimulator, mailbox: Mailbox) -> None:
    account = {**SETUP["rest_accounts"][0], "webhook_url": mailbox.url, "webhook_secret": "fake-hook-secret"}
    ask(running.url, "POST", "/_sim/setup", {"rest_accounts": [account]})
    ask(running.url, "POST", "/suppliers/rest/orders", purchase(place(running.url)), "TS-1")
    ask(running.url, "POST", "/_sim/clock", {"advance_seconds": 90_000})
    headers, body = mailbox.wait_for(1)[0]
    assert (body["event"], body["reference"]) == ("order.shipped", "TS-1")
    text = headers["x-supplier-timestamp"].encode() + b"." + mailbox.letters[0][1]
    expected = hmac.new(b"fake-hook-secret", text, hashlib.sha256).hexdigest()
    assert headers["x-supplier-signature"] == expected


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def launch(port: int, state: str) -> subprocess.Popen[bytes]:
    code = (
        "from agency.simulator.server import serve;"
        f"print('up', flush=True); serve({port}, {state!r}, app_key={KEY!r}, app_secret={SECRET!r})"
    )
    clock = {
        "CLOCK_ORIGIN": "2026-11-02T08:00:00+00:00",
        "CLOCK_EPOCH": "2026-11-01T00:00:00+00:00",
        "CLOCK_RATE": "2",
    }
    made = subprocess.Popen([sys.executable, "-c", code], env={**os.environ, **clock})
    for _ in range(400):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=0.2).close()
            return made
        except OSError:
            threading.Event().wait(0.02)
    raise AssertionError("the simulator did not come up")


def test_what_was_bought_survives_a_kill(tmp_path: Path) -> None:
    state, port = str(tmp_path / "world.sqlite"), free_port()
    url = f"http://127.0.0.1:{port}"
    process = launch(port, state)
    try:
        ask(url, "POST", "/_sim/setup", SETUP)
        placed = place(url)
        ask(url, "POST", "/suppliers/rest/orders", purchase(placed), "TS-1")
        shop_time = ask(url, "GET", "/_sim/health")[1]["shop_time"]
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    process = launch(port, state)
    try:
        books = ask(url, "GET", "/_sim/books")[1]
        assert [row["reference"] for row in books["supplier_orders"]] == ["TS-1"]
        assert placed["order_id"] in books["orders"]
        assert ask(url, "POST", "/suppliers/rest/orders", purchase(placed), "TS-1")[0] == 200
        assert ask(url, "GET", "/_sim/health")[1]["shop_time"] > shop_time
    finally:
        process.terminate()
        assert process.wait(timeout=10) == 0
