"""The processes of a run on one machine, and the environment that they share."""

from __future__ import annotations

import json
import os
import socket
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

from agency.boot import read_master_key
from agency.clock import Clock, machine_now
from agency.config import Settings
from agency.demo.practice import OUTSIDE_HERE
from agency.embedded import EmbeddedServer, start_postgres, start_redis
from agency.supervisor import Child, our_command
from migrations.run import upgrade

# Quick answers for a practice run, and as many calls to each shop as the simulator allows.
_UNLESS_SET = {
    "TIKTOK_CALLS_PER_SECOND": "50",
    "OUTSIDE_TIMEOUT": "2.5",
    "LANE_LEASE": "15",
    "DISPATCHER_TICK": "0.1",
    "WEB_WORKERS": "1",
}
FIRST_SHOP_DAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Cast:
    """Everything that a run is made of, before its processes start."""

    settings: Settings
    servers: tuple[EmbeddedServer, ...]
    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    master_key: str = field(repr=False)
    simulator_url: str
    web_url: str
    clock: Clock
    environment: dict[str, str] = field(repr=False)  # with every secret that the children need

    def children(self, workers: int) -> list[Child]:
        """Simulator first, then the doors, then who decides and who works."""
        env, port = self.environment, str(self.settings.port)
        simulator = our_command(
            "simulator", "--port", self.simulator_url.rsplit(":", 1)[1], "--state",
            str(self.settings.data_dir / "simulator.sqlite"),
        )  # fmt: skip
        children = [
            Child("simulator", tuple(simulator), env),
            Child("web", tuple(our_command("web", "--port", port)), env),
            Child("dispatcher", tuple(our_command("dispatcher")), env),
            Child("mailer", tuple(our_command("mailer")), env),
        ]
        names = [f"worker-{number}" for number in range(1, workers + 1)]
        return children + [Child(name, tuple(our_command("worker", "--name", name)), env) for name in names]


def assemble(settings: Settings, rate: float, *, fast: bool = False) -> Cast:
    """Starts the servers that are not configured, brings the schema to its head, and sets both clocks."""
    servers: list[EmbeddedServer] = []
    try:
        database_url, redis_url = settings.database_url, settings.redis_url
        if not database_url:
            servers.append(start_postgres(settings.data_dir, fast=fast))
            database_url = _own_database(servers[-1].url)
        if not redis_url:
            servers.append(start_redis(settings.data_dir))
            redis_url = servers[-1].url
        key = read_master_key(settings)
        upgrade(database_url, key)
    except BaseException:
        for server in reversed(servers):
            server.stop()
        raise
    simulator_url = f"http://127.0.0.1:{_simulator_port(settings)}"
    web_url = f"http://127.0.0.1:{settings.port}"
    clock = Clock(_shop_time(settings.data_dir), machine_now(), rate)
    newest, _comma, older = key.partition(",")
    environment = (
        _UNLESS_SET
        | os.environ
        | {
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "SHOPFLEET_KEY": newest,
            "SHOPFLEET_KEY_FILE": "",
            "SHOPFLEET_OLD_KEYS": older,
            "SHOPFLEET_DATA": str(settings.data_dir),
            "PORT": str(settings.port),
            "SIMULATOR": "on",
            "TIKTOK_API_URL": simulator_url,
            "TIKTOK_AUTH_URL": simulator_url,
            "TIKTOK_AUTHORIZE_URL": f"{simulator_url}/open/authorize",
            "TIKTOK_SERVICE_ID": settings.tiktok_service_id
            or "practice",  # its consent page asks for one, as TikTok's
            "CLOCK_ORIGIN": (clock.origin or machine_now()).isoformat(),
            "CLOCK_EPOCH": (clock.epoch or machine_now()).isoformat(),
            "CLOCK_RATE": str(rate),
            "PUBLIC_URL": settings.public_url or web_url,
            "OUTBOUND_ALLOW": ",".join(filter(None, (os.environ.get("OUTBOUND_ALLOW"), OUTSIDE_HERE))),
        }
    )
    return Cast(
        settings, tuple(servers), database_url, redis_url, key, simulator_url, web_url, clock, environment
    )


def keep_shop_time(cast: Cast) -> None:
    """Writes down the shop time, so that the next start goes on from here and not from the wall clock."""
    path = cast.settings.data_dir / "clock.json"
    written = path.with_suffix(".new")
    written.write_text(json.dumps({"shop_time": cast.clock.now().isoformat()}))
    written.replace(path)


def _shop_time(data_dir: Path) -> datetime:
    path = data_dir / "clock.json"
    if not path.exists():
        return FIRST_SHOP_DAY
    return datetime.fromisoformat(json.loads(path.read_text())["shop_time"]) + timedelta(seconds=1)


def _simulator_port(settings: Settings) -> int:
    """The same port at every start, so that stored addresses stay right; another one when it is taken."""
    path = settings.data_dir / "simulator.port"
    wanted = int(path.read_text()) if path.exists() else 0
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            found: int = probe.getsockname()[1]
            path.write_text(str(found))
            return found
    raise OSError("no free port on 127.0.0.1")


def _own_database(url: str) -> str:
    """Waits for the server; the bundled one brings its `shopfleet` database along."""
    deadline = time.monotonic() + 30
    while True:
        try:
            psycopg.connect(url).close()
            return url
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
