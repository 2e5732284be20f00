"""Headers of every answer: what a page may load, what a browser may do, and that answers are kept nowhere."""

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

# Nothing of the device is used; passkeys are asked for by our own pages only. Features that every Chromium knows: an
# unknown one is a complaint in the browser's console.
_UNUSED = (
    "accelerometer", "autoplay", "camera", "display-capture", "geolocation", "gyroscope", "hid", "idle-detection",
    "magnetometer", "microphone", "midi", "payment", "screen-wake-lock", "serial", "usb", "xr-spatial-tracking",
)  # fmt: skip
_OURS_ONLY = ("publickey-credentials-create", "publickey-credentials-get")
PERMISSIONS = ", ".join([f"{name}=()" for name in _UNUSED] + [f"{name}=(self)" for name in _OURS_ONLY])


def add_security_headers(app: Flask) -> None:
    """Adds the headers to every answer of the application, errors included."""
    app.after_request(_add)


def _add(response: Response) -> Response:
    headers = response.headers
    headers["Content-Security-Policy"] = POLICY
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "no-referrer"
    headers["X-Frame-Options"] = "DENY"
    headers["Permissions-Policy"] = PERMISSIONS
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    if ground().settings.secure_cookies:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    # What says nothing of its own (assets do) is kept nowhere, signed in or about to be.
    if g.get("caller") is not None or "Cache-Control" not in headers:
        headers["Cache-Control"] = "no-store"
    return response
