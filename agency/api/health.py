"""Two questions of whoever runs us: is the process alive, and can the installation do its work?"""

from __future__ import annotations

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from agency.services.readiness import read_readiness
from agency.web import route, system_session

blueprint = Blueprint("health", __name__)


@route(blueprint, "/healthz", permission="public")
def alive() -> ResponseReturnValue:
    """The process answers; asks nobody else, so that a database in trouble does not get web processes restarted."""
    return {"status": "alive"}


@route(blueprint, "/readyz", permission="public")
def ready() -> ResponseReturnValue:
    """200 when database, dispatcher and workers are alive and lanes are served, else 503 with the reasons."""
    readiness = read_readiness(system_session())
    body = {
        "status": "ready" if readiness.ready else "not ready",
        "reasons": list(readiness.reasons),
        "oldest_due_lane_seconds": round(readiness.oldest_lane_seconds, 1),
        "heartbeat_age_seconds": {kind: round(age, 1) for kind, age in readiness.heartbeat_seconds.items()},
    }
    return jsonify(body), 200 if readiness.ready else 503
