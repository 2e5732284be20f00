"""A vendor hangs up on a connection that says nothing; the settings say after how long."""

import socket
from pathlib import Path

from agency.simulator.server import start
from tests.simulator.conftest import KEY, SECRET


def test_a_connection_that_says_nothing_is_hung_up(tmp_path: Path) -> None:
    running = start(str(tmp_path / "world.sqlite"), app_key=KEY, app_secret=SECRET)
    try:
        running.app.world.settings["idle_seconds"] = 0.2
        with socket.create_connection(("127.0.0.1", running.port), timeout=10) as silent:
            assert silent.recv(1) == b""
    finally:
        running.stop()
