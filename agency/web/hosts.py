"""Under which name we answer, and how many proxies may say who calls."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from agency.config import Settings

LOOPBACK = ("127.0.0.1", "localhost")


def trusted_hosts(settings: Settings) -> list[str]:
    """PUBLIC_URL's host; loopback too in a practice run, and alone when there is no PUBLIC_URL."""
    public = urlsplit(settings.public_url).hostname
    loopback = LOOPBACK if settings.simulator or not public else ()
    return [*([public] if public else []), *loopback]


def believe_proxies(app: Flask, proxies: int) -> None:
    """Takes the caller's address and scheme from the last `proxies` entries of X-Forwarded-For and -Proto.

    With 0 nothing that a caller writes there counts, so that nobody escapes a limit under a made-up address. The host
    is the Host header in any case: a proxy passes it on.
    """
    if proxies:
        fixed = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=0, x_port=0, x_prefix=0)
        app.wsgi_app = fixed  # type: ignore[method-assign]
