"""What gunicorn serves during a measurement: our application and the plain one side by side, on data of each size.

/small, /large              Shopfleet on the database of that size
/plain-small, /plain-large  the plain counterpart

Each answer says in a header how long the application took for it, without the wire and without waiting for a thread.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Mapping
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
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

WORKERS, THREADS = 2, 8
# One caller asks all the time here, which no real one does; the counting itself is measured with the rest.
LOADED = dict.fromkeys(
    ("api.caller", "api.agency", "webhook.address", "webhook_shop.given"), "1000000 per minute"
)


TOOK = "X-Took-Ms"


@dataclass(frozen=True)
class Server:
    """A running gunicorn: its port and the process whose children do the work."""

    port: int
    pid: int


def application() -> WSGIApplication:
    """Built in each gunicorn worker, so that no connection crosses the fork."""
    mounts: dict[str, WSGIApplication] = {}
    for world in os.environ["BENCH_WORLDS"].split(";"):
        name, url, agency_id = world.split(" ")
        settings = Settings(
            data_dir=Path("unused"), master_key=MASTER_KEY, redis_url=os.environ["REDIS_URL"], limits=LOADED
        )
        mounts[f"/{name}"] = create_app(settings, Database(url, MASTER_KEY))
        mounts[f"/plain-{name}"] = plain_app(url, int(agency_id))
    return _timed(DispatcherMiddleware(Flask("nothing"), mounts))


def _timed(application: WSGIApplication) -> WSGIApplication:
    """The whole body is made before the headers go out, so that the time covers it."""

    def timed(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        began = time.perf_counter()
        kept: list[tuple[str, list[tuple[str, str]]]] = []

        def keep(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> object:
            kept[:] = [(status, headers)]
            return lambda data: None

        body = b"".join(application(environ, keep))  # type: ignore[arg-type]
        ((status, headers),) = kept
        start_response(status, [*headers, (TOOK, f"{1000 * (time.perf_counter() - began):.3f}")])
        return [body]

    return timed


@contextmanager
def serve(ground: Ground, worlds: Mapping[str, World]) -> Iterator[Server]:
    """gunicorn with threaded workers, as in production, on a free port."""
    port = free_port()
    told = ";".join(f"{name} {world.url} {world.agency_id}" for name, world in worlds.items())
    environment = ground.environment(next(iter(worlds.values())).url) | {"BENCH_WORLDS": told}
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
