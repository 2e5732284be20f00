"""Serving the web application with gunicorn's threaded workers."""

from __future__ import annotations

import logging
import re
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

from agency.app import create_app
from agency.boot import Booted
from agency.extensions import Database

_QUERY = re.compile(r"[?][^\s'\"]*")


class _WithoutQueries(logging.Filter):
    """gunicorn writes the address of a request that failed; what follows the question mark is nobody's business."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = _QUERY.sub("?...", record.getMessage()), ()
        return True


class _Server(BaseApplication):  # type: ignore[misc]
    """Gunicorn without a command line. The database pools are made in each worker, so no socket crosses the fork."""

    def __init__(self, booted: Booted, port: int) -> None:
        self._booted, self._port = booted, port
        super().__init__()

    def load_config(self) -> None:
        options: dict[str, Any] = {
            "bind": f"{self._booted.settings.host}:{self._port}",
            "worker_class": "gthread",
            "workers": self._booted.settings.web_workers,
            "threads": 8,
            "timeout": 30,
            "graceful_timeout": 5,
            # Above what the application answers in its own shape (`agency/web/sizes.py`).
            "limit_request_line": 8190,
            "limit_request_fields": 100,
            "limit_request_field_size": 16_380,
            # No access log: addresses carry TikTok's one-time codes. A proxy's log should leave queries out too.
            "accesslog": None,
            "control_socket_disable": True,
        }
        for name, value in options.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

        logging.getLogger("gunicorn.error").addFilter(_WithoutQueries())

    def load(self) -> Flask:
        return create_app(self._booted.settings, Database(self._booted.database_url, self._booted.master_key))


def serve_web(booted: Booted, port: int) -> int:
    """Serves until told to stop."""
    _Server(booted, port).run()
    return 0
