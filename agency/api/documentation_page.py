"""The operations of the API as one plain HTML page; no style sheet, no script, so that it works everywhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from markupsafe import Markup, escape

_METHODS = ("get", "post", "put", "patch", "delete")
_ROW = Markup("<tr><td><code>{}</code></td><td><code>{}</code></td><td>{}</td><td><code>{}</code></td></tr>")


def operations_page(document: Mapping[str, Any]) -> str:
    """The page for an OpenAPI document."""
    found = _operations(document)
    rows = Markup("").join(_ROW.format(method.upper(), *rest) for method, *rest in found)
    title = escape(f"{document['info']['title']} API, version {document['info']['version']}")
    return Markup(
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{0}</title>'
        '<meta name="viewport" content="width=device-width"></head><body><h1>{0}</h1><p>{1}</p>'
        '<p><a href="/api/docs/openapi.json">OpenAPI 3.1 document</a></p>'
        "<table><thead><tr><th>Method</th><th>Path</th><th>What it does</th><th>Area</th></tr></thead>"
        "<tbody>{2}</tbody></table></body></html>"
    ).format(title, document["info"]["description"], rows)


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                yield method, path, item[method].get("summary", ""), item[method].get("x-area", "")
