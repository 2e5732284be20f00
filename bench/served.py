"""What gunicorn serves during a measurement: our application and the plain one side by side, on small and large data.

/small, /large              Shopfleet on either database
/plain-small, /plain-large  the plain counterpart
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Flask
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from agency.app import create_app
from agency.config import Settings
from agency.extensions import Database
from bench.ground import MASTER_KEY, Ground, free_port, running, wait_for_port
from bench.plain import plain_app
from bench.seed import World

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

WORKERS, THREADS = 2, 8
# One caller asks all the time here, which no real one does; the counting itself is measured with the rest.
LOADED = dict.fromkeys(
    ("api.caller", "api.agency", "webhook.address", "webhook_shop.given"), "1000000 per minute"
)


@dataclass(frozen=True)
class Server:
    """A running gunicorn: its port and the process whose children do the work."""

    port: int
    pid: int


def application() -> DispatcherMiddleware:
    """Built in each gunicorn worker, so that no connection crosses the fork."""
    mounts: dict[str, WSGIApplication] = {}
    for size in ("small", "large"):
        url, agency_id = os.environ[f"BENCH_{size.upper()}"].split(" ")
        settings = Settings(
            data_dir=Path("unused"), master_key=MASTER_KEY, redis_url=os.environ["REDIS_URL"], limits=LOADED
        )
        mounts[f"/{size}"] = create_app(settings, Database(url, MASTER_KEY))
        mounts[f"/plain-{size}"] = plain_app(url, int(agency_id))
    return DispatcherMiddleware(Flask("nothing"), mounts)


@contextmanager
def serve(ground: Ground, small: World, large: World) -> Iterator[Server]:
    """gunicorn with threaded workers, as in production, on a free port."""
    port = free_port()
    environment = ground.environment(small.url) | {
        "BENCH_SMALL": f"{small.url} {small.agency_id}",
        "BENCH_LARGE": f"{large.url} {large.agency_id}",
    }
    words = (
        "-m",
        "gunicorn",
        "-k",
        "gthread",
        "-w",
        str(WORKERS),
        "--threads",
        str(THREADS),
        "--no-control-socket",
    )
    where = ("-b", f"127.0.0.1:{port}", "bench.served:application()")
    with running(ground, "web", (*words, *where), environment) as pid:
        wait_for_port(port)
        yield Server(port, pid)
