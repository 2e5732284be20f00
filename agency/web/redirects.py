"""Where a redirect may lead that somebody asked for in an address: a page of ours or nowhere."""

from __future__ import annotations

from urllib.parse import unquote


def own_page(wanted: str) -> str:
    """`wanted` if it is a path on this site, else an empty text.

    Browsers drop tabs and line ends inside an address, read a backslash as a slash, and take what follows two slashes
    as another host (WHATWG URL standard); so one slash begins it, no second sign like one follows, also not encoded,
    and nothing invisible is in it.
    """
    if not wanted.startswith("/") or not wanted.isprintable():
        return ""
    path = wanted
    for _ in range(3):  # a proxy or a framework may decode once more than we do
        if "\\" in path or path.partition("?")[0].startswith("//") or not path.isprintable():
            return ""
        path = unquote(path)
    return wanted
