"""Builds the simulator's Flask app: one transaction per request, vendors at their paths, the director under /_sim."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, request

from agency.simulator import (
    cj_catalog,
    cj_orders,
    cj_payment,
    control,
    rest_supplier,
    rush,
    tiktok_aftersales,
    tiktok_auth,
    tiktok_finance,
    tiktok_fulfillment,
    tiktok_logistics,
    tiktok_orders,
    tiktok_products,
)
from agency.simulator.agenda import run_due
from agency.simulator.book import Book
from agency.simulator.clock import ShopClock
from agency.simulator.gate import envelope
from agency.simulator.wire import FaultyWire
from agency.simulator.world import World

_PARTS = (
    tiktok_auth, tiktok_orders, tiktok_fulfillment, tiktok_logistics, tiktok_finance, tiktok_aftersales,
    tiktok_products, rest_supplier, cj_catalog, cj_orders, cj_payment, control, rush,
)  # fmt: skip
_MOST_BYTES = 2_000_000


class SimulatorApp(Flask):
    """A Flask app whose every request holds the book: what it does is kept whole or not at all."""

    world: World

    def dispatch_request(self) -> Any:
        """Run the view inside one transaction; without a ticker thread, first do what has fallen due."""
        self.world.book.tally("requests")
        with self.world.book.transaction():
            if not self.world.background:
                run_due(self.world)
            return super().dispatch_request()


def create_app(
    state: str, app_key: str, app_secret: str, *, clock: ShopClock | None = None, background: bool = False
) -> SimulatorApp:
    """Make the app on a state file.

    Without `background` nothing runs by itself: due events happen at the next request, and webhooks are
    delivered by POST /_sim/tick. `clock` defaults to the wall clock.
    """
    world = World(Book(state), clock or ShopClock(), app_key, app_secret, background)
    with world.book.transaction():
        world.load_settings()
    app = SimulatorApp(__name__)
    app.world = world
    app.extensions["world"] = world
    app.config["MAX_CONTENT_LENGTH"] = _MOST_BYTES
    for part in _PARTS:
        app.register_blueprint(part.blueprint)
    app.register_error_handler(404, _no_such_path)
    app.register_error_handler(405, _no_such_method)
    app.register_error_handler(413, _too_big)
    app.wsgi_app = FaultyWire(app.wsgi_app, world)  # type: ignore[method-assign]
    return app


def _no_such_path(_: Exception) -> Response:
    return envelope(36009009, f"Invalid path: {request.path}", None, 404)


def _no_such_method(_: Exception) -> Response:
    return envelope(36009010, f"Invalid method: {request.method}", None, 405)


def _too_big(_: Exception) -> Response:
    return envelope(36009021, "The request is too large", None, 413)
