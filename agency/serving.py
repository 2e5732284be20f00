"""Serving the web application with gunicorn's threaded workers."""

from __future__ import annotations

from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

from agency.app import create_app
from agency.boot import Booted
from agency.extensions import Database


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
            "limit_request_line": 4094,
            "limit_request_fields": 60,
            "limit_request_field_size": 8190,
            "control_socket_disable": True,
        }
        for name, value in options.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Flask:
        return create_app(self._booted.settings, Database(self._booted.database_url, self._booted.master_key))


def serve_web(booted: Booted, port: int) -> int:
    """Serves until told to stop."""
    _Server(booted, port).run()
    return 0
