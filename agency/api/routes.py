"""All blueprints of the JSON door."""

from __future__ import annotations

from flask import Flask

from agency.api import (
    approvals,
    audit,
    auth,
    catalog,
    documentation,
    health,
    metrics,
    orders,
    own,
    shops,
    switches,
    team,
    tokens,
    webhooks,
    worklist,
)

_DOCUMENTED = (
    auth,
    worklist,
    orders,
    approvals,
    shops,
    catalog,
    switches,
    team,
    audit,
    tokens,
    own,
    documentation,
)


def register_api(app: Flask) -> None:
    """Registers webhooks, health and every documented operation."""
    app.register_blueprint(webhooks.blueprint)
    app.register_blueprint(health.blueprint)
    app.register_blueprint(metrics.blueprint)
    api = documentation.describe(app)
    for module in _DOCUMENTED:
        api.register_blueprint(module.blueprint)
