"""For which site passkeys are made: the public address, or localhost in a practice run."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Response, request

from agency.domain.errors import Conflict
from agency.services.passkeys import Site
from agency.web import ground

_PRACTICE = "localhost"


def passkey_site() -> Site | None:
    """The site, or None where passkeys cannot work: browsers want a name with https, or localhost; no bare number.

    A public https address always wins, so that the Host header of a request decides nothing in production.
    """
    public = urlsplit(ground().settings.public_url)
    if public.scheme == "https" and public.hostname:
        port = "" if public.port in (None, 443) else f":{public.port}"  # as browsers write an origin
        return Site(public.hostname, f"https://{public.hostname}{port}")
    here = urlsplit(request.host_url)
    if here.hostname == _PRACTICE:
        return Site(_PRACTICE, f"{here.scheme}://{here.netloc}")
    return None


def needed_site() -> Site:
    """The site. Raises Conflict where passkeys cannot work."""
    site = passkey_site()
    if site is None:
        raise Conflict(
            "Passkeys do not work under this address. Use an authenticator app or a recovery code."
        )
    return site


def options_answer(options: str) -> Response:
    """What a browser needs for its passkeys, as JSON."""
    response = Response(options, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
