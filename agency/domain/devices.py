"""Which device signed in, in words: browser and system, as far as the User-Agent says it honestly."""

from __future__ import annotations

from agency.domain.said import said

UNKNOWN = said("Unknown device")
PROGRAM = "API"  # what the JSON door keeps in place of a User-Agent

# The first word that fits wins. Browsers name those that they descend from, so the descendants stand first.
_BROWSERS = (
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Version/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
)


def device_label(user_agent: str) -> str:
    """ "Firefox on Windows", or "Unknown device" for whatever does not look like a browser.

    A User-Agent is the device's own word: good enough to recognise one's own devices, never a proof. iPads call
    themselves Macintosh by default, and are named as what they say.
    """
    if user_agent == PROGRAM:
        return said("A program, by the API")
    browser = _first(_BROWSERS, user_agent)
    system = _first(_SYSTEMS, user_agent)
    if not browser or not user_agent.startswith("Mozilla/"):
        return UNKNOWN
    if browser == "Safari" and "Safari/" not in user_agent:
        return UNKNOWN
    return f"{browser} on {system}" if system else browser


def _first(words: tuple[tuple[str, str], ...], text: str) -> str:
    return next((name for word, name in words if word in text), "")
