"""Headers of every answer: what a page may load, and that signed-in answers are kept nowhere."""

from __future__ import annotations

from flask import Flask, Response, g

from agency.web.ground import ground

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)


def add_security_headers(app: Flask) -> None:
    """Adds the headers to every answer of the application, errors included."""
    app.after_request(_add)


def _add(response: Response) -> Response:
    headers = response.headers
    headers["Content-Security-Policy"] = POLICY
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "no-referrer"
    headers["X-Frame-Options"] = "DENY"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    if ground().settings.secure_cookies:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    if g.get("caller") is not None:
        headers["Cache-Control"] = "no-store"
    return response
