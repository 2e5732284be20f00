"""The roof: builds the web application out of settings and a database. A table of contents; the rest lives below."""

from __future__ import annotations

from flask import Flask

from agency.api.errors import problem
from agency.api.routes import register_api
from agency.config import Settings
from agency.extensions import Database
from agency.portal.errors import error_page
from agency.portal.routes import register_portal
from agency.web import (
    add_security_headers,
    answer_failures,
    believe_proxies,
    end_requests,
    end_spending,
    guard_requests,
    lay_budgets,
    require_permissions,
    trusted_hosts,
)
from agency.web.ground import lay_ground
from agency.web.sizes import MAX_BODY, MAX_FIELDS


def create_app(settings: Settings, database: Database) -> Flask:
    """The WSGI application.

    Raises ValueError for a bad master key or without a Redis, UndeclaredRoute for a route without permission.
    """
    app = Flask("agency", static_folder=None)
    app.config.update(MAX_CONTENT_LENGTH=MAX_BODY, MAX_FORM_MEMORY_SIZE=MAX_BODY, MAX_FORM_PARTS=MAX_FIELDS)
    app.config["TRUSTED_HOSTS"] = trusted_hosts(settings)
    believe_proxies(app, settings.proxies)
    lay_ground(app, settings, database)
    lay_budgets(app, settings)
    # What runs after a request runs in reverse: first the commit, then the headers, which therefore reach errors too.
    add_security_headers(app)
    end_spending(app)
    end_requests(app)
    guard_requests(app)
    register_api(app)
    register_portal(app)
    answer_failures(
        app,
        [
            ("/api/", problem),
            ("/webhooks/", problem),
            ("/readyz", problem),
            ("/metrics", problem),
            ("", error_page),
        ],
    )
    require_permissions(app)
    return app
