"""Runs the simulator as a process: threaded HTTP, a ticker for shop time, and a postman for webhooks."""

from __future__ import annotations

import logging
import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from types import FrameType

from agency.simulator.agenda import run_due
from agency.simulator.app import SimulatorApp, create_app
from agency.simulator.clock import ShopClock, read_clock
from agency.simulator.http_door import KeptServer
from agency.simulator.webhooks import deliver, due_posts
from agency.simulator.world import World

_TICK_SECONDS = 0.05
_POSTMEN = 6
# One tick holds the book for at most this many events, so that calls get their turn during a jump in time.
_EVENTS_PER_TICK = 100
log = logging.getLogger(__name__)


class RunningSimulator:
    """A simulator that serves in threads of this process until `stop`."""

    def __init__(self, app: SimulatorApp, host: str, port: int) -> None:
        self.app = app
        self._stopping = threading.Event()
        self._server = KeptServer(host, port, app)
        self.port = int(self._server.server_address[1])
        self.url = f"http://{host}:{self.port}"
        self._threads = [
            threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True),
            threading.Thread(target=self._tick, daemon=True),
            threading.Thread(target=self._post, daemon=True),
        ]

    def start(self) -> RunningSimulator:
        """Begin to serve."""
        for thread in self._threads:
            thread.start()
        return self

    def stop(self) -> None:
        """Stop serving and close the book."""
        self._stopping.set()
        self._server.shutdown()
        self._server.hang_up()
        for thread in self._threads:
            thread.join(timeout=5)
        self._server.server_close()
        self.app.world.book.close()

    def _tick(self) -> None:
        world = self.app.world
        while not self._stopping.is_set():
            done = 0
            try:
                with world.book.transaction():
                    done = run_due(world, _EVENTS_PER_TICK)
            except Exception:
                log.exception("an event on the agenda failed; it will be tried again in a second")
                self._stopping.wait(1)
            self._stopping.wait(0.001 if done == _EVENTS_PER_TICK else _TICK_SECONDS)

    def _post(self) -> None:
        world = self.app.world
        busy: set[int] = set()
        with ThreadPoolExecutor(_POSTMEN) as postmen:
            while not self._stopping.is_set():
                with world.book.transaction():
                    posts = (
                        due_posts(world, _POSTMEN * 2 - len(busy), busy) if len(busy) < _POSTMEN * 2 else []
                    )
                for post in posts:
                    busy.add(post[0])
                    postmen.submit(_deliver_one, world, post, busy)
                self._stopping.wait(0.002 if posts else _TICK_SECONDS)


def _deliver_one(world: World, post: tuple[int, int, dict[str, str]], busy: set[int]) -> None:
    try:
        deliver(world, *post)
    except Exception:
        log.exception("a webhook could not be written down; it will be tried again")
    finally:
        busy.discard(post[0])


def start(
    state: str,
    *,
    app_key: str,
    app_secret: str,
    port: int = 0,
    host: str = "127.0.0.1",
    clock: ShopClock | None = None,
) -> RunningSimulator:
    """Serve in threads of this process; port 0 takes a free one. Raises OSError when the port is taken."""
    app = create_app(state, app_key, app_secret, clock=clock, background=True)
    try:
        return RunningSimulator(app, host, port).start()
    except OSError:
        app.world.book.close()
        raise


def serve(port: int, state: str, *, app_key: str, app_secret: str, host: str = "127.0.0.1") -> None:
    """Serve until SIGTERM or SIGINT. The clock comes from CLOCK_ORIGIN, CLOCK_EPOCH and CLOCK_RATE.

    Raises ValueError for a clock setting or state file that cannot be read and OSError when the port is taken.
    """
    over = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        over.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    running = start(
        state, app_key=app_key, app_secret=app_secret, port=port, host=host, clock=read_clock(os.environ)
    )
    over.wait()
    running.stop()
