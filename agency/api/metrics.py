"""`/metrics`: the installation in figures for an outside monitor, in the text format that Prometheus reads.

Off until the operator sets METRICS_TOKEN. Counts and ages only: no agency, client, shop, person or order is named.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator

from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue

from agency.services.figures import Figures, read_figures
from agency.services.readiness import Readiness, read_readiness
from agency.web import ground, route, system_session

blueprint = Blueprint("metrics", __name__)

TYPE = "text/plain; version=0.0.4; charset=utf-8"
# name -> (what it means, the label's name).
HELP: dict[str, tuple[str, str]] = {
    "ready": ("1 when /readyz answers 200.", ""),
    "oldest_due_lane_seconds": ("How long the oldest due lane has waited.", ""),
    "heartbeat_age_seconds": ("Seconds since the newest heartbeat of a kind of process.", "kind"),
    "figures_age_seconds": ("Seconds since the watcher added the figures below up.", ""),
    "orders": ("Orders by stage; they add up to all orders.", "stage"),
    "effects_open": ("Writes to the outside that are not settled, by state.", "state"),
    "decisions_open": ("Open decisions by kind.", "kind"),
    "announced_orders": ("Orders that TikTok announced and does not show.", ""),
    "shops": ("Shops: all, and those unread, paused or without access.", "state"),
    "shop_gaps": ("Shops by what their last cycle of reading found missing.", "gap"),
    "counted_orders": ("Orders of the last 30 days at their last count, on both sides.", "side"),
    "oldest_read_seconds": ("Age of the oldest complete read of a shop that should be read.", ""),
}


@route(blueprint, "/metrics", permission="public")
def metrics() -> ResponseReturnValue:
    """All figures for who shows the token; without a token in the settings there is no such page."""
    token = ground().settings.metrics_token
    if not token:
        abort(404)
    shown = request.headers.get("Authorization", "").encode()
    if not hmac.compare_digest(shown, f"Bearer {token}".encode()):
        return Response(
            "Send the token of METRICS_TOKEN.\n", 401, {"WWW-Authenticate": "Bearer"}, mimetype="text/plain"
        )
    readiness = read_readiness(system_session())
    lines = _lines(readiness, read_figures(system_session()))
    return Response("".join(lines), content_type=TYPE)


def _lines(readiness: Readiness, figures: Figures) -> Iterator[str]:
    yield from _group("ready", [("", float(readiness.ready))])
    yield from _group("oldest_due_lane_seconds", [("", readiness.oldest_lane_seconds)])
    yield from _group("heartbeat_age_seconds", sorted(readiness.heartbeat_seconds.items()))
    if figures.age is None:
        return
    yield from _group("figures_age_seconds", [("", figures.age)])
    for name in HELP:
        found = [(label, value) for (group, label), value in sorted(figures.values.items()) if group == name]
        if found:
            yield from _group(name, found)


def _group(name: str, values: Iterable[tuple[str, float]]) -> Iterator[str]:
    words, label_name = HELP[name]
    yield f"# HELP shopfleet_{name} {words}\n# TYPE shopfleet_{name} gauge\n"
    for label, value in values:
        labels = f'{{{label_name}="{_escaped(label)}"}}' if label else ""
        yield f"shopfleet_{name}{labels} {value:.12g}\n"


def _escaped(label: str) -> str:
    return label.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
